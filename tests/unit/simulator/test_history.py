"""A generated past looks like one, and the same past comes back for the same seed."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tollbook.simulator.history import Switchboard, file_bytes, rows
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow, Dates, Quoting, Style, UniqueId, WallClock, moved, write

START = datetime(2025, 10, 13, tzinfo=UTC)
END = START + timedelta(days=28)


def past(office: Office, calls: int = 5000) -> list[CallRow]:
    return list(rows(office, start=START, end=END, calls=calls))


@pytest.fixture(scope="module")
def month() -> list[CallRow]:
    return past(Office())


def test_as_many_rows_come_as_were_asked_for(month: list[CallRow]) -> None:
    assert len(month) == 5000


def test_rows_come_in_the_order_in_which_the_calls_ended(month: list[CallRow]) -> None:
    ends = [row.meant.ended_at for row in month]
    assert ends == sorted(ends)
    assert ends[0] >= START
    assert ends[-1] < END


def test_the_same_seed_gives_the_same_rows(month: list[CallRow]) -> None:
    assert past(Office()) == month


def test_another_seed_gives_other_rows(month: list[CallRow]) -> None:
    assert not set(past(Office(seed=2))) & set(month)


def test_half_as_many_calls_still_span_the_whole_time() -> None:
    few = past(Office(), 28)
    assert few[0].meant.ended_at < START + timedelta(days=4)
    assert few[-1].meant.ended_at > END - timedelta(days=4)


@pytest.mark.parametrize("unique_id", list(UniqueId))
@pytest.mark.parametrize("quoting", list(Quoting))
def test_no_two_lines_are_alike(
    month: list[CallRow], quoting: Quoting, unique_id: UniqueId,
) -> None:  # fmt: skip
    style = Style(quoting=quoting, unique_id=unique_id)
    assert len({write(row, style) for row in month}) == len(month)


def test_no_two_lines_are_alike_when_many_calls_end_in_one_second() -> None:
    crowd = list(rows(Office(), start=START, end=START + timedelta(seconds=2), calls=2000))
    style = Style(unique_id=UniqueId.BARE)
    assert len({write(row, style) for row in crowd}) == 2000


def test_twins_are_truly_identical_neighbours() -> None:
    twins = past(Office(twins=0.1), 2000)
    pairs = sum(a == b for a, b in pairwise(twins))
    assert len(twins) == 2000
    assert 100 < pairs < 300


def test_every_kind_of_call_and_outcome_occurs(month: list[CallRow]) -> None:
    assert {row.meant.direction for row in month} == {
        "incoming", "outgoing", "internal", "transit",
    }  # fmt: skip
    assert {row.meant.outcome for row in month} == {"answered", "unanswered", "busy", "failed"}
    assert {row.feature for row in month} == {"", "Voicemail", "Paging", "MeetMe"}
    assert {row.source_channel for row in month} >= {"DAHDI/33-1", "DAHDI/9-1", "DAHDI/4-1"}
    assert any(row.account_code for row in month)
    assert any(not row.destination_channel for row in month)


def test_a_blind_transfer_carries_the_unique_id_and_channel_of_the_call_it_continues(
    month: list[CallRow],
) -> None:
    first = {row.unique_id: row for row in month if row.caller != "*"}
    transfers = [row for row in month if row.caller == "*"]
    assert transfers
    assert all(first[row.unique_id].source_channel == row.source_channel for row in transfers)


def test_the_unique_id_is_the_epoch_of_the_start_except_after_a_transfer(
    month: list[CallRow],
) -> None:
    plain = [row for row in month if row.caller != "*"]
    assert all(int(row.unique_id.partition(".")[0]) == row.started_s for row in plain)


def test_durations_agree_with_the_times(month: list[CallRow]) -> None:
    meant = [row.meant for row in month]
    assert all((m.ended_at - m.started_at).total_seconds() == m.total_s for m in meant)
    assert all(m.ring_s + m.talk_s == m.total_s and m.ring_s >= 0 for m in meant)
    assert all((m.answered_at is None) == (m.outcome != "answered") for m in meant)


def test_talking_times_are_mostly_short_and_sometimes_long(month: list[CallRow]) -> None:
    talks = sorted(row.meant.talk_s for row in month if row.answer_time)
    assert 60 < talks[len(talks) // 2] < 150
    assert talks[-1] > 1800


def test_the_office_is_busy_on_weekday_mornings_and_quiet_at_night(month: list[CallRow]) -> None:
    zone = Office().zone
    local = [row.meant.ended_at.astimezone(zone) for row in month]
    hours = Counter(at.hour for at in local)
    weekdays = Counter(at.weekday() for at in local)
    assert hours[10] > 20 * hours[3]
    assert weekdays[0] > 5 * weekdays[6]


def test_every_number_is_fictitious(month: list[CallRow]) -> None:
    outside = {row.callee for row in month if row.direction in {"outgoing", "transit"}}
    callers = {row.caller for row in month if row.direction in {"incoming", "transit"}}
    assert all(number[-7:-2] == "55501" or "33199001" in number for number in (outside | callers) - {"", "*"})


def test_wall_times_are_those_of_the_office_also_when_an_hour_comes_twice(
    month: list[CallRow],
) -> None:
    zone = Office().zone
    ends = [row.meant.ended_at.astimezone(zone) for row in month]
    assert {at.utcoffset() for at in ends} == {timedelta(hours=-4), timedelta(hours=-5)}
    assert [row.end_time for row in month] == [f"{at:%Y-%m-%d %H:%M:%S}" for at in ends]


def test_the_wall_clock_knows_zones_off_by_quarters_of_an_hour() -> None:
    clock = WallClock(ZoneInfo("Asia/Kathmandu"))
    assert clock.text(1465457929) == "2016-06-09 13:23:49"


def test_a_clock_that_is_off_moves_wall_times_and_unique_id(month: list[CallRow]) -> None:
    clock = WallClock(Office().zone)
    row = moved(month[0], clock, wall_s=3600, epoch_s=3600)
    assert row.meant.started_at == month[0].meant.started_at + timedelta(hours=1)
    assert row.start_time == clock.text(row.started_s)
    assert moved(row, clock, wall_s=-3600, epoch_s=-3600) == month[0]


def test_a_user_name_beyond_ascii_reaches_the_file() -> None:
    office = Office(accented="büro108")
    text = b"".join(file_bytes(iter(past(office, 1000)), Style()))
    assert "SIP/büro108-".encode() in text
    assert office.sip_users()["büro108"] == "108"


def test_a_live_exchange_ends_its_calls_when_asked() -> None:
    exchange = Switchboard(Office())
    row = exchange.ended(1760400000)
    assert row.meant.ended_at == datetime.fromtimestamp(1760400000, UTC)


def test_a_file_holds_every_row_whatever_its_size(month: list[CallRow]) -> None:
    style = Style(dates=Dates.SLASHED)
    text = b"".join(file_bytes(iter(month), style))
    assert text == b"".join(write(row, style) for row in month)
