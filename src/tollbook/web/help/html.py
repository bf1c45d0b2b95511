"""Makes HTML of a page of the manual. Nothing of a page is taken as HTML, and no style stands in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tollbook.manual import Page


def html_of(page: Page, address: Callable[[str], str]) -> str:
    """Return a page as HTML; `address` says where the page of a name is. Links that leave the manual are mere text."""
    tokens = _reader().parse(page.text)
    headings: Counter[str] = Counter()
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "heading_open" and following:
            token.attrSet("id", _anchor(following.content, headings))
        elif token.type == "fence":
            token.info = ""
        _without_style(token)
        token.children = list(_linked(token.children or (), page, address)) if token.children else token.children
    return str(_reader().renderer.render(tokens, _reader().options, {}))


@cache
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table"])


def _anchor(heading: str, seen: Counter[str]) -> str:
    """Return what a heading is called in a link, as forges make it: `a-format-of-your-own`; the second `…-1`."""
    name = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    seen[name] += 1
    return name if seen[name] == 1 else f"{name}-{seen[name] - 1}"


def _without_style(token: Token) -> None:
    """Say by a class that figures stand at the right, since the pages allow no style in an element."""
    if token.attrs.pop("style", "") == "text-align:right":
        token.attrSet("class", "number")


def _linked(tokens: Iterable[Token], page: Page, address: Callable[[str], str]) -> Iterable[Token]:
    """Give links the addresses of pages; leave out those that lead to what is not here, and pictures."""
    dropped = 0
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrs.get("href", ""))
            name = page.link(target)
            if name:
                found, mark, part = name.partition("#")
                token.attrSet("href", address(found) + mark + part)
            elif "://" not in target:
                dropped += 1
                continue
        elif token.type == "link_close" and dropped:
            dropped -= 1
            continue
        if token.type != "image":
            yield token
