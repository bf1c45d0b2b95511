"""Formats as a person looks for one: by maker, and by a part of a model's name however it is spelt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tollbook.dialects.layout.layout import Layout
from tollbook.model.pbx import Pbx

LONGEST_QUESTION = 60
"""Letters of what somebody looks for that are looked at."""


class FoundFormat(msgspec.Struct, frozen=True, kw_only=True):
    """One format, and the words by which it is found: letters and digits alone, small ones."""

    slug: str
    layout: Layout
    words: str
    users: tuple[str, ...] = ()
    """The PBXs that write it."""


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """A maker's formats, by their titles."""

    name: str
    formats: list[FoundFormat]


def plain(text: str) -> str:
    """Return the letters and digits of a text, small ones, so that spelling does not matter.

    >>> plain("KX-NCP 500")
    'kxncp500'
    """
    return "".join(filter(str.isalnum, text.casefold()))


def makers(layouts: Mapping[str, Layout], pbxs: Iterable[Pbx], asked: str = "") -> list[Maker]:
    """Return the formats in which every word asked for occurs, grouped by maker, both in the order of the alphabet."""
    words = [plain(word) for word in asked.split()]
    found = [each for each in _all(layouts, list(pbxs)) if all(word in each.words for word in words)]
    found.sort(key=lambda each: (each.layout.vendor.casefold(), each.layout.title.casefold()))
    names = dict.fromkeys(each.layout.vendor for each in found)
    return [Maker(name=name, formats=[each for each in found if each.layout.vendor == name]) for name in names]


def _all(layouts: Mapping[str, Layout], pbxs: list[Pbx]) -> Iterable[FoundFormat]:
    for slug, layout in layouts.items():
        words = " ".join(map(plain, (layout.vendor, layout.title, *layout.models, slug)))
        users = tuple(pbx.name for pbx in pbxs if pbx.dialect == slug)
        yield FoundFormat(slug=slug, layout=layout, words=words, users=users)
