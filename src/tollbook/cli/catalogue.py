"""What can be chosen for a PBX, in words: the dialects and sources, with the options of each."""

from __future__ import annotations

from collections.abc import Iterator

from tollbook.dialects.known import layouts
from tollbook.plugins import Declared, declared
from tollbook.sources import known


def described(words: str = "") -> Iterator[str]:
    """Yield the lines of the whole catalogue, or of what has some words in its name or title."""
    yield from _part("dialects (--dialect):", _dialects(), words)
    yield from _part("sources (--source):", _sources(), words)


def _part(heading: str, entries: Iterator[tuple[str, list[str]]], words: str) -> Iterator[str]:
    wanted = words.casefold().split()
    found = [entry for entry in entries if all(word in entry[0].casefold() for word in wanted)]
    if found:
        yield heading
    for title, lines in found:
        yield title
        yield from lines


def _dialects() -> Iterator[tuple[str, list[str]]]:
    for slug, layout in layouts().items():
        options = layout.option.items()
        told = [f"      {name}: {option.help}; for example {option.example}" for name, option in options]
        yield f"  {slug}: {layout.title}", told


def _sources() -> Iterator[tuple[str, list[str]]]:
    for kind in known.kinds():
        told = list(map(_option, declared(known.options_of(kind))))
        yield f"  {kind.replace('_', '-')}: {known.title_of(kind)}", told


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
