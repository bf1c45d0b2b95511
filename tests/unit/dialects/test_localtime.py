"""Wall time to instants, compared with what the zone's own rules say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.examples import examples
from tollbook.dialects.reading.localtime import WallTimes, ZoneOffsets
from tollbook.dialects.reading.memo import UNREADABLE
from tollbook.model.call import NEVER
from tollbook.model.texts import FEW, texts_of

ZONES = [
    "America/New_York",
    "Europe/London",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
]
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall time has no zone

zones = st.sampled_from(ZONES).map(ZoneInfo)
# Seconds of 1972 to 2037; many of them within a day of an autumn or spring change.
changes = [1699164000, 1710054000, 1711846800, 1729990800, 1712415600, 1728144000]
instants = st.integers(63_072_000, 2_145_916_800) | st.builds(
    int.__add__,
    st.sampled_from(changes),
    st.integers(-86_400, 86_400),
)


def wall_of(instant: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(instant, zone).replace(tzinfo=None)
    return int((local - EPOCH).total_seconds())


def read(wall: int, zone: ZoneInfo, hint: int | None) -> int:
    return int(ZoneOffsets(zone).instants(np.array([wall]), lambda: [hint])[0])


@examples(200)
@given(zones, instants)
def test_a_wall_time_with_its_unique_id_is_the_instant_it_was_written_at(zone: ZoneInfo, instant: int) -> None:
    assert read(wall_of(instant, zone), zone, instant) == instant


@examples(200)
@given(zones, instants)
def test_a_wall_time_alone_is_an_instant_at_which_the_clock_showed_it(zone: ZoneInfo, instant: int) -> None:
    wall = wall_of(instant, zone)
    told = read(wall, zone, None)

    assert wall_of(told, zone) == wall
    assert told <= instant


@examples(200)
@given(zones, st.lists(instants, max_size=20))
def test_a_column_is_read_as_its_cells_are(zone: ZoneInfo, column: list[int]) -> None:
    walls = np.array([wall_of(instant, zone) for instant in column], np.int64)

    assert ZoneOffsets(zone).instants(walls, lambda: column).tolist() == column


def test_an_hour_that_never_comes_is_read_with_the_offset_before_it() -> None:
    never = int((datetime(2024, 3, 10, 2, 30) - EPOCH).total_seconds())  # noqa: DTZ001 - wall time
    told = read(never, ZoneInfo("America/New_York"), None)

    assert datetime.fromtimestamp(told, UTC) == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(("hours", "hint_minutes"), [(5, 0), (5, 20), (6, 0), (6, -20)])
def test_in_the_hour_that_comes_twice_the_unique_id_decides(hours: int, hint_minutes: int) -> None:
    instant = datetime(2024, 11, 3, hours, 30, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    hint = int((instant + timedelta(minutes=hint_minutes)).timestamp())

    assert read(wall_of(int(instant.timestamp()), zone), zone, hint) == int(instant.timestamp())


# ---------------------------------------------------------------- text

SHAPE = re.compile(r"\s*(\d{4})([-/.])(\d{1,2})\2(\d{1,2})[ T]+(\d{1,2}):(\d{2}):(\d{2})\s*", re.ASCII)


def plainly(cell: str) -> int | None:
    """What a cell says, read in the slowest way."""
    match = SHAPE.fullmatch(cell)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6, 7))
    try:
        moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - wall time
    except ValueError:
        return None
    return int((moment - EPOCH).total_seconds()) if 1970 <= moment.year < 2200 else None


moments = st.datetimes(datetime(1965, 1, 1), datetime(2210, 1, 1))  # noqa: DTZ001 - wall time
padded = moments.map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S"))
short = moments.map(lambda at: f"{at.year}/{at.month}/{at.day} {at.hour}:{at:%M:%S}")
alphabet = st.sampled_from("0123456789-/: T.Z+\0a")
odd = st.text(alphabet, max_size=22) | st.text(alphabet, min_size=19, max_size=19) | st.sampled_from(
    ["9999-12-31 23:59:59", "0000-01-01 00:00:00", "2016-06-09 16:38:60", "2016-06-09 24:00:00", "2016-02-30 00:00:00",
     "2016-06-09T16:38:49", "2016-06-09 16:38+01", "2016-06-09 16:38:4Z", " 2016-6-9 16:38:49 ", "NaT", "2016-06-09"],
)  # fmt: skip


def spoilt(cell: str, place: int, character: str) -> str:
    return cell[:place] + character + cell[place + 1 :]


cells = padded | short | odd | st.builds(spoilt, padded, st.integers(0, 18), alphabet)


@examples(300)
@given(st.lists(cells, min_size=1, max_size=4), st.sampled_from([1, FEW]))
def test_a_column_of_dates_is_read_as_written_with_what_is_none_marked(column: list[str], times: int) -> None:
    plain = [plainly(cell) for cell in column]

    read = WallTimes().read(texts_of(column * (times + 1))).tolist()

    assert [None if wall == UNREADABLE else wall for wall in read] == plain * (times + 1)


@given(st.lists(padded.filter(plainly) | short.filter(plainly) | st.just(""), min_size=1, max_size=5))
def test_an_empty_answer_time_is_never(column: list[str]) -> None:
    assert WallTimes().read_or_never(texts_of(column)).tolist() == [plainly(cell) if cell else NEVER for cell in column]


def test_many_cells_in_the_iso_form_are_read_together(monkeypatch: pytest.MonkeyPatch) -> None:
    times = WallTimes()
    monkeypatch.setattr(times, "_one", lambda cell: pytest.fail(f"{cell} was read by itself"))
    column = ["2026-01-31 23:59:59", "2199-12-31T00:00:00"]

    assert times.read(texts_of(column * FEW)).tolist() == [plainly(cell) for cell in column] * FEW


@examples(200)
@given(zones, instants)
def test_quarter_hours_that_are_looked_up_together_have_the_offset_of_each(zone: ZoneInfo, instant: int) -> None:
    wall = wall_of(instant, zone)
    offsets = ZoneOffsets(zone)
    ahead = {offsets.at(second, fold) for second in (wall - wall % 900, wall - wall % 900 + 899) for fold in (0, 1)}

    assert offsets[wall // 900] == (min(ahead) if len(ahead) == 1 else None)
