"""How PBXs are set as they are delivered: settings that their sources know."""

from __future__ import annotations

from tollbook.dialects.known import layouts
from tollbook.site.pbxs.delivered import delivered_problems


def test_a_dialect_says_how_a_pbx_is_delivered_in_settings_of_its_source() -> None:
    told = {slug: layout for slug, layout in layouts().items() if layout.delivered}

    assert [problem for slug, layout in told.items() for problem in delivered_problems(layout, slug)] == []
    assert told
