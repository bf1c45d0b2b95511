"""What can be chosen for a PBX, in words: the dialects and sources, with the options of each."""

from __future__ import annotations

from collections.abc import Iterator

from tollbook.dialects.known import layouts
from tollbook.plugins import Declared, declared
from tollbook.sources import known


def described() -> Iterator[str]:
    """Yield the lines of the whole catalogue."""
    yield "dialects (--dialect):"
    for slug, layout in layouts().items():
        yield f"  {slug}: {layout.title}"
        for name, option in layout.option.items():
            yield f"      {name}: {option.help}; for example {option.example}"
    yield "sources (--source):"
    for kind in known.kinds():
        yield f"  {kind.replace('_', '-')}: {known.title_of(kind)}"
        yield from map(_option, declared(known.options_of(kind)))


def _option(option: Declared) -> str:
    setting = option.setting
    notes = [
        f"formerly {', '.join(option.former_names)}" if option.former_names else "",
        "required" if setting.required else "",
        f"default {setting.default}" if setting.default else "",
        f"for example {setting.example}" if setting.example else "",
    ]
    noted = "; ".join(filter(None, notes))
    return f"      {option.name}: {setting.help}" + (f" ({noted})" if noted else "")
