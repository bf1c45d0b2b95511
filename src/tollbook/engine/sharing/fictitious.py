"""Puts fictitious numbers in the place of others throughout a format's folder, so that its cases still read alike.

A number keeps its length and all but its last seven digits: by these a layout tells an outside line, a country or an
area. Numbers that end alike are replaced alike, so that one with an access code and one without stay the same number.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from tollbook.dialects.authoring.cases import Case, Cutters, Dialect, Outcome, written
from tollbook.dialects.authoring.privacy import Masker
from tollbook.dialects.layout.layout import Layout
from tollbook.engine.sharing.parcel import Parcel
from tollbook.model.problem import Misconfigured, Problem

_DIGITS = re.compile(r"\d")
_TEXTS = re.compile(r"README\.md|cases/.*\.(txt|settings\.toml)")


class Fictitious(msgspec.Struct, frozen=True):
    """A format with fictitious numbers, and how many others they stand for."""

    parcel: Parcel
    replaced: int


def fictitious(parcel: Parcel, layout: Layout, cutters: Cutters) -> Fictitious:
    """Return a format with fictitious numbers; raises `Misconfigured` where its cases would come to something else."""
    masker, files = Masker(keeping=True), dict(parcel.files)
    for name in sorted(files):
        if _TEXTS.fullmatch(name):
            files[name] = masker.masked(files[name].decode("latin-1")).encode("latin-1")
    changed = Parcel(parcel.slug, files)
    with tempfile.TemporaryDirectory() as place:
        before = laid(parcel, layout, Path(place, "before"))
        after = laid(changed, layout, Path(place, "after"))
        for one, two in zip(before.cases(cutters), after.cases(cutters), strict=True):
            _check_alike(one, two)
            files[f"cases/{two.expected_path.name}"] = written(two.outcomes)
    return Fictitious(Parcel(parcel.slug, files), masker.given)


def laid(parcel: Parcel, layout: Layout, folder: Path) -> Dialect:
    """Write a format's files into a folder of its own, and return it as a dialect."""
    lay(parcel, folder)
    return Dialect(parcel.slug, layout, folder)


def lay(parcel: Parcel, folder: Path) -> None:
    """Write a format's files into a folder of its own."""
    for name, data in parcel.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.write_bytes(data)


def _check_alike(one: Case, two: Case) -> None:
    for number, (before, after) in enumerate(zip(one.outcomes, two.outcomes, strict=False), 1):
        if _without_digits(before) == _without_digits(after):
            continue
        reason = f"outcome {number} of cases/{two.path.name} would no longer be the same"
        hint = "the layout looks at whole numbers there: replace them by hand, then `tollbook dialect generate --force`"
        raise Misconfigured(Problem("the numbers cannot be replaced by fictitious ones", reason, two.slug, hint))


def _without_digits(outcome: Outcome) -> dict[str, Any]:
    return {name: _DIGITS.sub("0", value) if isinstance(value, str) else value for name, value in outcome.items()}
