"""The dialects there are: the catalogue's folders, read once."""

from __future__ import annotations

from functools import cache

from tollbook.dialects.layout import Layout, read_layout
from tollbook.dialects.reader import Reader
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import folders, read_toml

CATALOGUE = "tollbook.dialects.catalogue"


@cache
def layouts() -> dict[str, Layout]:
    """Return every layout of the catalogue by slug: its folder's name with hyphens."""
    found = {name.replace("_", "-"): folder for name, folder in folders(CATALOGUE).items()}
    return {slug: read_layout(slug, read_toml(folder, "dialect.toml")) for slug, folder in found.items()}


def layout_of(slug: str) -> Layout:
    """Return one layout; raises `Misconfigured` for a slug that there is not."""
    found = layouts().get(slug)
    if found:
        return found
    reason = f"the catalogue has: {', '.join(layouts())}"
    raise Misconfigured(Problem(f"no dialect is called {slug!r}", reason, help="a dialect is named as its folder is"))


def reader_for(pbx: Pbx) -> Reader:
    """Return the reader of a PBX's records."""
    return Reader(layout_of(pbx.dialect), pbx)
