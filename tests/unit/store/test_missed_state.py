"""One lost caller is one entry, open until somebody has called back or the caller got through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.fakes.calls import Made
from tests.fakes.missed import ALWAYS, CALLER, LONDON, Told, dialled, found, lost, put_each, taken, told
from tollbook.store.store import Store

HOTEL = {"pbx": "hotel"}
FRONT_ONE = ((1, "open"),)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


def became(store: Store, *made: Made) -> Told:
    put_each(store, *made)
    return told(found(store))


CASES: dict[str, tuple[tuple[Made, ...], Told]] = {
    "three tries are one entry": ((lost(9), lost(10), lost(11)), [(3, "open")]),
    "called back by any extension": ((lost(9), lost(9.5), dialled(10, extension="230")), [(2, "called back")]),
    "called back from another PBX": ((lost(9), dialled(10, **HOTEL)), [(1, "called back")]),
    "got through later": ((lost(9), taken(10)), [(1, "got through")]),
    "got through on another trunk": ((lost(9), taken(10, trunk="7")), [(1, "got through")]),
    "got through at another PBX": ((lost(9), taken(10, **HOTEL)), [(1, "got through")]),
    "a try after it is another entry": ((lost(9), dialled(10), lost(11)), [(1, "called back"), (1, "open")]),
    "a call before it does not count": ((dialled(8), taken(8.5), lost(9)), [(1, "open")]),
    "a call back that nobody took does not count": ((lost(9), dialled(10, outcome="unanswered")), [(1, "open")]),
    "a call to somebody else does not count": ((lost(9), dialled(10, "02079460136")), [(1, "open")]),
    "an internal call does not count": ((lost(9), dialled(10, direction="internal")), [(1, "open")]),
    "two callers are two entries": ((lost(9), lost(9, "02079460136")), [(1, "open"), (1, "open")]),
    "withheld callers are each for themselves": ((lost(9, ""), lost(10, "")), [(1, "open"), (1, "open")]),
    "withheld in words, too": ((lost(9, "Anonymous"), lost(10, "anonymous")), [(1, "open"), (1, "open")]),
    "numbers of which digits are hidden, too": (
        (lost(9, "212555XXXX"), lost(10, "212555xxxx")),
        [(1, "open"), (1, "open")],
    ),
    "stars in place of digits, too": ((lost(9, "212555****"), taken(10, "212555****")), [(1, "open")]),
    "an address is compared whole": (
        (lost(9, "anna@example.org"), taken(10, "hanna@example.org"), taken(11, "ANNA@example.org")),
        [(1, "got through")],
    ),
    "two addresses with one end are two": (
        (lost(9, "anna@example.org"), taken(10, "otto@example.org")),
        [(1, "open")],
    ),
    "a short number is compared whole": ((lost(9, "12345"), taken(10, "9912345")), [(1, "open")]),
    "busy is missed, whatever it rang": ((lost(9, outcome="busy", ring_s=0),), [(1, "open")]),
    "short ones are left out": ((lost(9, ring_s=4), lost(10, "02079460136", ring_s=5)), [(1, "open")]),
    "one without a ring time stays": ((lost(9, ring_s=0),), [(1, "open")]),
    "unknown is honest": ((lost(9, outcome="unknown"),), [(1, "open")]),
    "a colleague of a hunt took it": ((lost(9), taken(9 + 20 / 3600)), []),
    "a colleague of a ring group took it": ((lost(9), lost(9, extension="104"), taken(9)), []),
    "a ring group that nobody took is one try": (
        (lost(9), lost(9, extension="102"), lost(9, extension="103")),
        [(1, "open")],
    ),
    "a hunt that nobody took is one try": ((lost(9), lost(9 + 20 / 3600, extension="102")), [(1, "open")]),
    "short rings of a hunt are a long wait": (
        (lost(9, ring_s=4), lost(9 + 4 / 3600, extension="102", ring_s=4)),
        [(1, "open")],
    ),
    "a line that is written twice is one try": ((lost(9), lost(9)), [(1, "open")]),
    "voice mail is missed": ((taken(9, feature="Voicemail", ring_s=20),), [(1, "open")]),
    "voice mail as the status, too": ((lost(9, status="VOICEMAIL", feature="VoiceMail"),), [(1, "open")]),
    "voice mail is no getting through": ((lost(9), taken(10, feature="Voicemail")), [(2, "open")]),
    "hearing messages is not missed": ((taken(9, feature="VoiceMailMain"),), []),
    "a transfer that was taken is not missed": ((taken(9, third_party="104", feature="transfer"),), []),
    "a transit call is not missed": ((lost(9, direction="transit"),), []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_a_missed_call(store: Store, case: str) -> None:
    calls, expected = CASES[case]

    assert became(store, *calls) == expected


@pytest.mark.parametrize(
    "spelt",
    ["+442079460135", "00442079460135", "9,00442079460135", "02079460135", "9 020 7946 0135", "+44 (20) 7946-0135"],
)
@pytest.mark.parametrize("has_plan", [False, True])
def test_spellings_of_a_number_are_one_number(store: Store, spelt: str, has_plan: bool) -> None:  # noqa: FBT001 - a case
    if has_plan:
        store.renumber("front", LONDON)
        store.renumber("hotel", LONDON)

    assert became(store, lost(9), dialled(10, spelt, **HOTEL)) == [(1, "called back")]


def test_callers_are_told_apart_by_e164_where_it_is_known(store: Store) -> None:
    store.renumber("front", LONDON)

    calls = (lost(9, "+442079460135"), dialled(10, "00912079460135"))

    assert became(store, *calls) == [(1, "open")]
    assert store.rows("SELECT count(DISTINCT number_e164) FROM call") == [(2,)]


def test_spellings_of_one_caller_are_one_entry(store: Store) -> None:
    assert became(store, lost(9, "+442079460135"), lost(10, "02079460135"), lost(11, "79460135")) == [(3, "open")]


def test_an_entry_says_when_how_often_how_long_and_where_it_rang(store: Store) -> None:
    put_each(store, lost(9, ring_s=12), lost(10, extension="102", ring_s=40), dialled(10.5))

    (entry,) = found(store).entries

    assert (entry.tries, entry.waited_s, entry.extensions) == (2, 40, ["101", "102"])
    assert (entry.first_at.hour, entry.last_at.hour) == (9, 10)
    assert entry.closed_at
    assert (entry.closed_at - entry.first_at).total_seconds() == 5400
    assert entry.calls[0] == entry.id


def test_an_entry_says_what_the_pbx_does_not_tell_and_what_went_to_voice_mail(store: Store) -> None:
    put_each(store, lost(9, outcome="unknown"), taken(10, feature="Voicemail"))

    assert found(store).entries[0].outcomes == ["unknown", "voicemail"]


def test_calls_of_before_the_span_are_not_listed(store: Store) -> None:
    put_each(store, lost(9), lost(9 - 24 * 40, "02079460136"))

    assert told(found(store)) == [(1, "open")]
    assert told(found(store, msgspec.structs.replace(ALWAYS, span_days=60))) == [(1, "open"), (1, "open")]


def test_a_dial_plan_set_later_brings_spellings_together(store: Store) -> None:
    assert became(store, lost(9, "79460135"), lost(10, "+4479460135")) == [(2, "open")]

    store.renumber("front", LONDON)

    assert told(found(store)) == [(1, "open"), (1, "open")]
    assert CALLER.endswith("79460135")
