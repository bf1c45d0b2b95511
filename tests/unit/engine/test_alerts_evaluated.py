"""Which hits there are follows from the calls alone, however they come, and a hit is kept and told of once."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.calls import Made
from tests.unit.store.test_pricing import BERLIN, called, put
from tollbook.engine.alerts.evaluating import scoped
from tollbook.engine.alerts.past import tried
from tollbook.model.access import EVERYTHING_ALLOWED, Access
from tollbook.model.actor import TOLLBOOK
from tollbook.model.alert import AlertFound, AlertRule, OwnedRule
from tollbook.store.alert_calls import ChangesAsked
from tollbook.store.ledger import Ledger
from tollbook.store.scoping import scope_of
from tollbook.store.store import Store

BEGUN = datetime(2026, 1, 5, 9, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001 - as the store has instants
BURST = {"measure": "calls", "per": "extension", "within": "10m", "warning": "3", "critical": "5"}


def a_rule(kind: str, number: int = 1, **other: object) -> AlertRule:
    values = {"id": number, "name": f"rule-{number}", "since": datetime(2020, 1, 1, tzinfo=UTC), "owner": TOLLBOOK}
    return AlertRule(kind=kind, **{**values, **other})  # type: ignore[arg-type] # fields by their names


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        opened.renumber("hts", BERLIN)
        yield opened


def found(store: Store, *rules: AlertRule, after: int = 0, access: Access = EVERYTHING_ALLOWED) -> list[AlertFound]:
    owned = [OwnedRule(rule, access) for rule in rules]
    asked = ChangesAsked(after, store.position().last, LONG_AGO)
    known = scoped(owned, lambda access: Ledger(store, scope_of(access)))
    return [hit for _, some in known for hit in some.found(asked)]


def at(minutes: float, number: str = "0089230025", **other: object) -> Made:
    return called(number, begun=BEGUN + timedelta(minutes=minutes), **{"talk_s": 30, "extension": "101", **other})  # type: ignore[arg-type]


def texts(hits: Sequence[AlertFound]) -> list[tuple[str, str]]:
    return [(hit.level, hit.text) for hit in hits]


def test_a_missed_call_is_told_of_by_its_number(store: Store) -> None:
    missed = {"direction": "incoming", "outcome": "unanswered", "caller": "030 5550101", "extension": "101"}
    put(store, {**missed, "started_at": int(BEGUN.timestamp()), "total_s": 20}, at(1))

    (hit,) = found(store, a_rule("missed_call"))
    assert hit.text == "extension 101 missed a call from {number} (Germany) after 0:20"
    assert hit.parts["number"] == "+49305550101"


def test_an_emergency_call_is_critical_and_a_premium_one_is_not(store: Store) -> None:
    put(store, at(0, "112"), at(1, "009001123456"))

    hits = found(store, a_rule("emergency_call"), a_rule("premium_call", 2))
    assert [(hit.rule, hit.level) for hit in hits] == [(1, "critical"), (2, "warning")]


def test_calls_abroad_are_told_of_outside_office_hours_alone(store: Store) -> None:
    put(store, at(0, "000442079460135"), at(12 * 60, "000442079460136"), at(12 * 60, "0089230025"))
    rule = a_rule("international_call", hours="mon-fri 08:00-18:00", when="outside")

    (hit,) = found(store, rule)
    assert "abroad" in hit.text
    assert "(United Kingdom)" in hit.text


def test_a_holiday_lies_outside_of_office_hours(store: Store) -> None:
    on_epiphany = {"begun": datetime(2026, 1, 6, 9, tzinfo=UTC)}
    put(store, called("000442079460135", **on_epiphany))  # type: ignore[arg-type]
    rule = a_rule("international_call", hours="mon-fri 00:00-24:00", when="outside")

    assert found(store, rule) == []
    assert len(found(store, a_rule("international_call", hours=rule.hours, when="outside", holidays="DE-BY"))) == 1


def test_a_long_call_becomes_critical(store: Store) -> None:
    put(store, at(0, talk_s=1800), at(60, talk_s=3600), at(240, talk_s=10_800))

    assert [hit.level for hit in found(store, a_rule("long_call"))] == ["warning", "critical"]


def test_a_burst_of_an_extension_is_told_of_once_with_the_most_it_came_to(store: Store) -> None:
    put(store, *(at(minute) for minute in range(4)), at(2, extension="102"))

    (hit,) = found(store, a_rule("usage", settings=BURST))
    assert (hit.level, hit.text, hit.amount) == ("warning", "extension 101: 4 outgoing calls in 10 minutes", 4)
    assert len(hit.calls) == 4


def test_words_narrow_a_rule_and_the_ledger_understands_those_that_it_alone_knows(store: Store) -> None:
    put(store, *(at(minute) for minute in range(6)), *(at(minute, extension="102") for minute in range(6)))

    assert {hit.key[:30] for hit in found(store, a_rule("usage", settings=BURST, words={"extension": "102"}))} == {
        "pbx=hts|extension=102@2026-01-"
    }
    assert found(store, a_rule("usage", settings=BURST, words={"number": "555"})) == []
    assert len(found(store, a_rule("usage", settings=BURST, words={"number": "89230025"}))) == 2


def test_the_same_number_again_and_again(store: Store) -> None:
    put(store, *(at(minute / 2, extension=str(100 + minute)) for minute in range(12)), at(3, "0089230026"))

    (hit,) = found(store, a_rule("same_number"))
    assert hit.text == "12 calls to {number} in 10 minutes"


def test_all_lines_of_a_trunk_group_in_use(store: Store) -> None:
    put(
        store, *(at(number, talk_s=600, trunk_group="1", offset=number) for number in range(3)), at(30, trunk_group="1")
    )

    (hit,) = found(store, a_rule("lines_busy", settings={"lines": "3", "warning": "2"}))
    assert (hit.level, hit.text) == ("critical", "trunk group 1: 3 of 3 lines in use at once")


def test_use_that_is_unusual_says_what_was_usual(store: Store) -> None:
    put(store, *(at(-week * 7 * 1440 + number) for week in range(1, 12) for number in range(2)))
    last = store.position().last
    put(store, *(at(minute, "00037126555010") for minute in range(17)), body=2)

    hits = found(store, a_rule("unusual_use", settings={"by": "country"}), a_rule("unusual_use", number=2), after=last)
    assert texts(hits) == [
        ("critical", "extension 101: 17 calls to Latvia in an hour; in 11 weeks there were none"),
        ("critical", "extension 101: 17 calls in an hour; at this hour of the week it had 2 at most in 11 weeks"),
    ]


def test_unusual_use_is_quiet_before_there_is_enough_history(store: Store) -> None:
    put(store, *(at(-10 * 1440 - number) for number in range(2)), *(at(minute) for minute in range(30)))

    assert found(store, a_rule("unusual_use")) == []


def test_a_rule_that_waits_for_history_is_quiet_until_then(store: Store) -> None:
    put(store, at(0, "112"), at(15 * 1440, "112"))

    (hit,) = found(store, a_rule("emergency_call", history_days=14))
    assert hit.at == BEGUN + timedelta(days=15, seconds=30)


def test_a_rule_finds_what_its_owner_may_see_and_tells_no_more(store: Store) -> None:
    put(store, at(0, "000442079460135"), at(1, "000442079460136", extension="102"))
    sees_one = Access(role="x", permissions=frozenset(("calls.see",)), scope=({"extension": "102"},))

    (hit,) = found(store, a_rule("international_call"), access=sees_one)
    assert hit.parts["number"] == "+442079460•••"


def test_a_rule_is_tried_on_the_past(store: Store) -> None:
    put(store, *(at(minute) for minute in range(6)), at(0, "112"), *(at(1440 + minute) for minute in range(3)))
    now = BEGUN + timedelta(days=2)

    burst = tried(Ledger(store), a_rule("usage", settings=BURST), now, 30)
    assert (burst.count, burst.critical) == (2, 1)
    assert [hit.amount for hit in burst.found] == [3, 7]
    assert tried(Ledger(store), a_rule("emergency_call"), now, 30).count == 1


MADE = st.lists(
    st.tuples(st.integers(0, 180), st.sampled_from(("101", "102")), st.sampled_from(("112", "0089230025"))),
    min_size=1,
    max_size=30,
)


@settings(max_examples=40)
@given(MADE, st.randoms(use_true_random=False), st.integers(1, 8))
def test_neither_order_nor_cuts_change_which_hits_there_are(
    made: list[tuple[int, str, str]], chance: random.Random, size: int
) -> None:
    calls = [at(minute, number, extension=who, offset=place) for place, (minute, who, number) in enumerate(made)]
    rules = (
        a_rule("usage", settings=BURST),
        a_rule("same_number", 2, settings={"calls": "4", "critical": "6", "within": "30m"}),
        a_rule("emergency_call", 3),
        a_rule("usage", 4, settings={"measure": "minutes", "per": "all", "within": "2h", "warning": "2"}),
        a_rule("lines_busy", 5, settings={"lines": "2"}),
    )
    kept = []
    for order in (calls, chance.sample(calls, len(calls))):
        known: dict[tuple[int, str], tuple[str, int]] = {}
        with closing(Store(Path(":memory:"))) as store:
            store.renumber("hts", BERLIN)
            for first in range(0, len(order), size if order is not calls else len(calls)):
                last = store.position().last
                part = order[first : first + (size if order is not calls else len(calls))]
                put(store, *part, body=first + 1)
                for hit in found(store, *rules, after=last):
                    level, amount = known.get((hit.rule, _subject(hit)), ("warning", 0))
                    level = "critical" if "critical" in (level, hit.level) else "warning"
                    known[hit.rule, _subject(hit)] = (level, max(amount, hit.amount))
        kept.append(known)
    assert kept[0] == kept[1]


def _subject(hit: AlertFound) -> str:
    """A call has an id by the body that it is in, so calls are told apart by their moment here."""
    return f"{hit.at} {hit.text}" if hit.rule == 3 else hit.key
