"""How PBXs are set as they are delivered: settings that their sources know."""

from __future__ import annotations

from tollbook.dialects.known import layouts
from tollbook.site.pbxs.checks import source_options


def test_a_dialect_says_how_a_pbx_is_delivered_in_settings_of_its_source() -> None:
    told = [(slug, kind, settings) for slug, layout in layouts().items() for kind, settings in layout.delivered.items()]
    known = {kind: {each.name: each.setting for each in source_options(kind)} for _, kind, _ in told}

    wrong = [
        (slug, kind, name)
        for slug, kind, settings in told
        for name, text in settings.items()
        if name not in known[kind] or (known[kind][name].kind.choices and text not in known[kind][name].kind.choices)
    ]

    assert wrong == []
    assert told
