"""The state of missed calls follows from the calls alone: whatever the order in which they came, and however often."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.calls import Made
from tests.fakes.missed import (
    ALWAYS,
    CALLER,
    LONDON,
    MONDAY,
    NOW,
    dialled,
    found,
    lost,
    put,
    put_each,
    rows_of,
    taken,
    told,
)
from tollbook.model.missed import MissedSettings
from tollbook.store import changes, missed_keeping
from tollbook.store.missed_keeping import MissedState
from tollbook.store.store import Store

_NUMBERS = (CALLER, "+442079460135", "79460135", "02079460136", "00912079460135", "", "Anonymous", "anna@example.org")
_KINDS = (lost, lost, lost, taken, dialled)


@pytest.fixture
def store() -> Iterator[Store]:
    with closing(Store(Path(":memory:"))) as opened:
        yield opened


def bring_up(state: MissedState, most: int | None = None) -> int:
    kept = state.bring_up(ALWAYS, NOW, most)
    assert kept
    return kept.upto


@st.composite
def calls(draw: st.DrawFn) -> list[Made]:
    """Return calls of a few callers close together, no two alike."""
    count = draw(st.integers(1, 10))
    return [
        draw(st.sampled_from(_KINDS))(
            9 + draw(st.integers(0, 90)) / 360,
            draw(st.sampled_from(_NUMBERS)),
            pbx=draw(st.sampled_from(("front", "hotel"))),
            ring_s=draw(st.sampled_from((0, 3, 20))),
            call_id=str(number),
        )
        for number in range(count)
    ]


def change(store: Store, kept: list[bool], turned: list[bool]) -> None:
    """Take out calls, and let others turn out to be answered, as a late record has it."""
    ids = [key for (key,) in store.rows("SELECT id FROM call ORDER BY call_id")]

    answered = [key for key, turns in zip(ids, turned, strict=False) if turns]
    with store.cursor() as cursor:
        cursor.execute("BEGIN")
        changes.take_out(cursor, [key for key, stays in zip(ids, kept, strict=False) if not stays])
        number = changes.next_changes(cursor, 1)
        cursor.execute(
            "UPDATE call SET outcome = 'answered', answered_at = started_at + INTERVAL 5 SECOND, change = ?, "
            "meaning = ? WHERE id IN (SELECT unnest(?::UUID[]))",
            [number, number, answered],
        )
        cursor.execute("COMMIT")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls(), st.data())
def test_the_order_of_arrival_does_not_matter_and_neither_does_beginning_again(
    made: list[Made],
    data: st.DataObject,
) -> None:
    shuffled = data.draw(st.permutations(made))
    kept, turned = (data.draw(st.lists(st.booleans(), min_size=len(made), max_size=len(made))) for _ in range(2))
    with closing(Store(Path(":memory:"))) as step_by_step, closing(Store(Path(":memory:"))) as at_once:
        state = MissedState(step_by_step.cursor)
        for body, each in enumerate(shuffled, 1):
            put(step_by_step, each, pbx=str(each["pbx"]), body=body)
            bring_up(state)
        put_each(at_once, *made)
        bring_up(MissedState(at_once.cursor))
        assert rows_of(step_by_step) == rows_of(at_once)

        change(step_by_step, kept, turned)
        bring_up(state)
        after = rows_of(step_by_step)
        step_by_step.begin_epoch()
        bring_up(state)
        assert rows_of(step_by_step) == after


def test_a_call_that_a_late_record_shows_as_answered_leaves_the_list(store: Store) -> None:
    put_each(store, lost(9), lost(11))
    assert told(found(store)) == [(2, "open")]

    change(store, [True, True], [True, False])

    assert told(found(store)) == [(1, "open")]


def test_nothing_is_done_where_nothing_has_changed_and_little_where_little_has(store: Store) -> None:
    state = MissedState(store.cursor)
    put(store, lost(9))
    first = bring_up(state)

    assert bring_up(state) == first
    put(store, lost(10), body=2)
    assert bring_up(state, most=0) == first
    assert bring_up(state, most=10) > first


def test_whoever_only_looks_does_not_wait_long_while_the_state_is_brought_up(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed_keeping, "_SHORT_WAIT_S", 0.01)
    state = MissedState(store.cursor)
    put(store, lost(9))
    first = bring_up(state)
    put(store, lost(10), body=2)

    with state.lock:
        assert bring_up(state, most=10) == first

    assert bring_up(state, most=10) > first


def test_the_state_says_how_many_changes_it_does_not_have(store: Store) -> None:
    state = MissedState(store.cursor)
    put(store, lost(9))
    bring_up(state)
    put(store, lost(10), lost(11), body=2)

    def left(settings: MissedSettings = ALWAYS) -> int:
        kept = state.kept(settings)
        assert kept
        return kept.left

    assert left() == 2
    assert left(msgspec.structs.replace(ALWAYS, span_days=60)) == 3
    bring_up(state)
    assert left() == 0
    store.begin_epoch()
    assert left() == 3


def test_a_store_that_was_opened_again_has_its_state_made_again(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "calls.duckdb")) as store:
        put(store, lost(9))
        bring_up(MissedState(store.cursor))
        before = rows_of(store)

    with closing(Store(tmp_path / "calls.duckdb")) as again:
        bring_up(MissedState(again.cursor))
        assert rows_of(again) == before


def test_a_backup_of_the_ledger_holds_nothing_of_the_state(store: Store, tmp_path: Path) -> None:
    put(store, lost(9))
    bring_up(MissedState(store.cursor))

    assert store.copy_to(tmp_path / "copy.duckdb") == 1


def test_other_settings_and_another_plan_have_the_state_made_again(store: Store) -> None:
    put_each(store, lost(9, ring_s=10))
    state = MissedState(store.cursor)
    bring_up(state)

    state.bring_up(msgspec.structs.replace(ALWAYS, shortest_s=15), NOW)
    assert [entry for (entry,) in store.rows("SELECT entry FROM missed.tries")] == [None]
    bring_up(state)
    store.renumber("front", LONDON)
    bring_up(state)
    assert store.rows("SELECT number, is_e164 FROM missed.tries") == [("+442079460135", True)]


def test_who_is_lost_before_or_on_a_holiday_is_due_on_the_next_day_that_is_open(store: Store) -> None:
    good_friday = (date(2026, 4, 3) - MONDAY.date()).days * 24
    put_each(store, *(lost(good_friday + hour, f"0207946{number:04}") for number, hour in enumerate((-31, -7.5, 10))))
    settings = MissedSettings(open="mon-fri 09:00-17:00", target_minutes=60, shortest_s=5, holidays="GB-ENG")

    def due() -> list[str]:
        MissedState(store.cursor).bring_up(settings, MONDAY + timedelta(days=35))
        told = store.rows("SELECT due FROM missed.tries ORDER BY began")
        return [f"{each:%a %d %b %H:%M}" for (each,) in told]

    assert due() == ["Thu 02 Apr 10:00", "Tue 07 Apr 09:30", "Tue 07 Apr 10:00"]


def test_who_withholds_their_number_is_never_due(store: Store) -> None:
    put_each(store, lost(9, ""), lost(10), lost(11, "Anonymous"))
    MissedState(store.cursor).bring_up(MissedSettings(), MONDAY + timedelta(days=2))

    assert [due is None for (due,) in store.rows("SELECT due FROM missed.tries ORDER BY began")] == [True, False, True]
