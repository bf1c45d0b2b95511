"""What the cases of PBXs that hand calls on come to: a case's bytes in, calls out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.catalogue.found import DIALECTS, cases_of
from tests.fakes.calls import Made, shown
from tollbook.assembly.assemble import assemble
from tollbook.assembly.legs import Legs
from tollbook.model.rules import Rules
from tollbook.model.texts import texts_of

TRANSFERS: dict[str, list[list[object]]] = {
    "panasonic-kx-ta": [
        ["incoming", "answered", "103", "101", 571],
        ["incoming", "answered", "103", None, 30],
        ["incoming", "unknown", None, None, None],
        ["incoming", "answered", "108", None, 168],
    ],
    "panasonic-dbs": [
        ["outgoing", "answered", "104", "106", 360],
        ["incoming", "answered", "106", None, 180],
    ],
    "panasonic-dbs-uk": [
        ["outgoing", "answered", "104", None, 60],
        ["outgoing", "answered", "104", "105", 180],
        ["incoming", "answered", "104", None, 60],
    ],
    "panasonic-dbs-576": [
        ["incoming", "answered", "101", None, 60],
        ["incoming", "answered", "101", "102", 180],
        ["incoming", "unanswered", "101", None, None],
    ],
    "esi-ivx": [
        ["incoming", "answered", "101", "102", 120],
        ["outgoing", "answered", "102", None, 60],
    ],
}
"""Direction, outcome, extension, third party and talk time of the calls in each case called transfers."""


def calls(slug: str, name: str) -> list[Made]:
    """Return the calls that the records of a case make."""
    (case,) = (each for each in cases_of(DIALECTS[slug]) if each.name == name)
    records = case.reading.calls
    legs = Legs(
        calls=records,
        pbx=texts_of(["pbx"] * len(records)),
        body=np.zeros(len(records), np.int64),
        member=np.zeros(len(records), np.int64),
    )
    return shown(assemble(legs, rules_of(slug)).calls)


def rules_of(slug: str) -> Rules:
    rules = DIALECTS[slug].layout.assembly
    assert rules is not None
    return rules


def told(found: list[Made], *names: str) -> list[list[object]]:
    return [[call.get(name) for name in names] for call in found]


def test_a_kx_tda_announces_answers_and_ends_one_call() -> None:
    found = calls("panasonic-kx-tda", "legs")

    assert told(found, "outcome", "extension", "third_party", "ring_s", "talk_s") == [
        ["answered", "2101", "2104", 20, 335],
        ["answered", "2101", None, 14, 51],
        ["unanswered", "2101", None, 45, None],
        ["answered", "2101", None, 2, None],
        ["answered", "2101", "2104", None, 420],
    ]
    assert [call["direction"] for call in found] == [*["incoming"] * 4, "outgoing"]


@pytest.mark.parametrize("slug", TRANSFERS)
def test_a_transferred_call_is_one_and_its_neighbours_on_the_line_are_others(slug: str) -> None:
    assert (
        told(calls(slug, "transfers"), "direction", "outcome", "extension", "third_party", "talk_s") == TRANSFERS[slug]
    )
