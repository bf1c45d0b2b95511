"""The manual: guide, reference and glossary, which the program carries with it and shows without a network.

A page is a Markdown file of this folder, or what a dialect says of its PBX; the pages link to one another by path.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath

import msgspec

_PACKAGE = Path(__file__).parents[1]
_MANUAL, _DIALECTS = PurePosixPath("manual"), PurePosixPath("dialects/catalogue")
FIRST = "README"
"""The name of the page that lists the others."""


class Page(msgspec.Struct, frozen=True):
    """One page: `name` is what addresses and `tollbook guide` call it, `path` its file within the package."""

    name: str
    path: PurePosixPath
    title: str
    text: str

    def link(self, target: str) -> str:
        """Return the name of the page that a link of this one leads to; nothing where that is not in the manual."""
        file, mark, part = target.partition("#")
        path = PurePosixPath(_normal(self.path.parent / file)) if file else self.path
        found = next((page.name for page in pages().values() if page.path == path), "")
        return found + mark + part if found else ""


@cache
def pages() -> dict[str, Page]:
    """Return every page by its name."""
    files = [*sorted((_PACKAGE / _MANUAL).rglob("*.md")), *sorted((_PACKAGE / _DIALECTS).glob("*/README.md"))]
    found = [_page(PurePosixPath(file.relative_to(_PACKAGE).as_posix()), file.read_text("utf-8")) for file in files]
    return {page.name: page for page in found}


def holding(words: str) -> list[tuple[Page, str]]:
    """Return the pages that hold all of some words, each with the first line that holds one of them.

    Those with such a word in their title come first.
    """
    wanted = words.casefold().split()
    found = [page for page in pages().values() if wanted and all(word in page.text.casefold() for word in wanted)]
    found.sort(key=lambda page: (not any(word in page.title.casefold() for word in wanted), page.name))
    return [(page, _line(page.text, wanted)) for page in found]


def _page(path: PurePosixPath, text: str) -> Page:
    told = re.sub(r"^<!--.*?-->\s*", "", text, flags=re.DOTALL)
    title = told.partition("\n")[0].removeprefix("# ").replace("`", "").strip()
    of_dialect = path.is_relative_to(_DIALECTS)
    name = f"pbx/{path.parent.name}" if of_dialect else str(path.relative_to(_MANUAL).with_suffix(""))
    return Page(name=name, path=path, title=title, text=told)


def _line(text: str, words: list[str]) -> str:
    """Return the first line that holds one of some words, without the marks of Markdown."""
    lines = (line.strip("|#-* ") for line in text.splitlines()[1:])
    found = next((line for line in lines if any(word in line.casefold() for word in words)), "")
    return re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", found)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
