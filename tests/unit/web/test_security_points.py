"""The page that walks through ASVS names tests that there are, and each point once."""

from __future__ import annotations

import re

import pytest

from tests.fakes.shell import ROOT

PAGE = ROOT / "docs/develop/security.md"
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_POINT = re.compile(r"^\| (\d\.\d\.\d+) \|", re.MULTILINE)
POINTS = {"6.1": 3, "6.2": 11, "6.3": 3, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4}
POINTS |= {"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1}
"""How many points of levels 1 and 2 each section has."""


@pytest.mark.parametrize(("path", "name"), sorted(set(_TEST.findall(PAGE.read_text("utf-8")))))
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / path).read_text("utf-8")


def test_each_point_of_levels_one_and_two_stands_there_once() -> None:
    wanted = [f"{section}.{number}" for section, count in POINTS.items() for number in range(1, count + 1)]

    assert _POINT.findall(PAGE.read_text("utf-8")) == wanted
