"""A format that takes one column for another is found by what its calls look like."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.layouts import column, layout
from tests.fakes.parse_figures import a_store, figures_of, found_in_reading, put_reading, read_bytes
from tollbook.dialects.checks.all_checks import suspicions
from tollbook.dialects.layout.layout import Layout, OptionText
from tollbook.model.directory import Assignment, Directory, Person
from tollbook.model.parse_figures import ParseFigures, Suspicion
from tollbook.model.pbx import Pbx
from tollbook.model.reading import Reading
from tollbook.simulator.office import HOUR_SHAPE

NOW = datetime(2026, 3, 1, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the PBX means it."""

    at: datetime
    talk_s: int
    extension: str
    trunk: str
    way: str
    number: str


def office(calls: int = 400, days: int = 28, *, seed: int = 3) -> list[Written]:
    """Calls of some days by the hours of an office, in order."""
    dice = random.Random(seed)
    made = [
        Written(
            at=(NOW - timedelta(days=1 + dice.randrange(days))).replace(
                hour=dice.choices(range(24), HOUR_SHAPE[0])[0], minute=dice.randrange(60), second=dice.randrange(60)
            ),
            talk_s=int(dice.lognormvariate(4.6, 1.0)) + 1,
            extension=str(101 + dice.randrange(20)),
            trunk=f"T{dice.randrange(1, 5)}",
            way=dice.choice("IO"),
            number=f"21255501{dice.randrange(100):02d}",
        )
        for _ in range(calls)
    ]
    return sorted(made, key=lambda each: each.at)


def line(each: Written, *, date: str = "%d/%m/%Y", time: str = "%H:%M:%S", talk: str = "") -> str:
    """Write a call as the format says."""
    minutes, seconds = divmod(each.talk_s, 60)
    told = talk or f"{minutes:02d}:{seconds:02d}"
    return f"{each.at:{date}},{each.at:{time}},{told},{each.extension},{each.trunk},{each.way},{each.number}\r\n"


def columns(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """The columns of the format; some may be changed, or be read as another."""
    sound = {
        "date": column("date", "date", form="DD/MM/YYYY"),
        "time": column("time", "time", form="hh:mm:ss"),
        "talk_s": column("talk_s", "duration", form="mm:ss"),
        "extension": column("extension"),
        "trunk": column("trunk"),
        "kind": column("kind"),
        "number": column("number"),
    }
    return list({**sound, **changed}.values())


def a_format(*rules: dict[str, Any], **changed: dict[str, Any]) -> Layout:
    """Return the format, sound or broken."""
    directions = (
        {"when": {"kind": "^I$"}, "gives": {"direction": "incoming"}},
        {"when": {"kind": "^O$"}, "gives": {"direction": "outgoing"}},
    )
    return layout({"form": "csv", "columns": columns(**changed)}, rule=[*(rules or directions)])


def reading_of(made: Layout, lines: list[str], zone: str = "UTC") -> Reading:
    """Return what a format makes of lines."""
    pbx = Pbx(name="front", dialect="example", source="", timezone=zone)
    return read_bytes("".join(lines).encode(), made, pbx, NOW)


def found(folder: Path, reading: Reading, now: datetime = NOW) -> set[str]:
    """Return the checks that find something in what was read."""
    return set(found_in_reading(folder, reading, now))


def told_of(folder: Path, reading: Reading) -> list[Suspicion]:
    """Return what the checks say of what was read."""
    with a_store(folder) as store:
        put_reading(store, reading, NOW)
        return list(suspicions(figures_of(store, NOW)))


def test_the_sound_format_raises_no_suspicion(tmp_path: Path) -> None:
    assert found(tmp_path, reading_of(a_format(), [line(each) for each in office()])) == set()


def way(word: str, **gives: str) -> dict[str, Any]:
    """Return the rule for calls of a direction."""
    return {"when": {"kind": f"^{word}$"}, "gives": {"direction": {"I": "incoming", "O": "outgoing"}[word], **gives}}


ANSWERED = (way("I", outcome="answered"), way("O", outcome="answered"))
BUSY = (way("I", outcome="busy"), way("O", outcome="busy"))
LOG_INS = ({"when": {"kind": "^[IO]$"}, "skip": "log-in"},)
OFFICE = office()


def changed(**fields: str) -> list[str]:
    """The lines of the office with some fields otherwise."""
    return [line(msgspec.structs.replace(each, **fields)) for each in OFFICE]


BROKEN: dict[str, tuple[Layout, Callable[[], list[str]]]] = {
    "no-talk": (
        a_format(*ANSWERED, talk_s=column("option1")),
        lambda: list(map(line, OFFICE)),
    ),
    "same-talk": (a_format(), lambda: [line(each, talk="01:00") for each in OFFICE]),
    "minutes-for-seconds": (
        a_format(talk_s=column("talk_s", "duration", form="hh:mm")),
        lambda: list(map(line, OFFICE)),
    ),
    "seconds-for-minutes": (
        a_format(),
        lambda: [line(each, talk=f"00:{1 + each.talk_s // 60 % 60:02d}") for each in OFFICE],
    ),
    "over-a-day": (
        a_format(talk_s=column("talk_s", "duration", form="s")),
        lambda: [line(each, talk=str(1000 * each.talk_s)) for each in OFFICE],
    ),
    "no-afternoon": (a_format(), lambda: [line(each, time="%I:%M:%S") for each in OFFICE]),
    "crowded": (a_format(), lambda: [line(each, time="00:00:00") for each in OFFICE]),
    "day-for-month": (
        a_format(date=column("date", "date", form="MM/DD/YYYY")),
        lambda: [line(each) for each in office(days=300)],
    ),
    "future": (
        a_format(date=column("date", "date", form="MM/DD/YYYY")),
        lambda: [line(each) for each in office(days=300)],
    ),
    "long-extensions": (
        a_format(extension=column("number"), number=column("extension")),
        lambda: [
            line(msgspec.structs.replace(each, number=f"{n:06d}55501{n % 100:02d}")) for n, each in enumerate(OFFICE)
        ],
    ),
    "extension-is-trunk": (
        a_format(),
        lambda: [line(msgspec.structs.replace(each, trunk=each.extension)) for each in OFFICE],
    ),
    "one-direction": (a_format({"gives": {"direction": "incoming"}}), lambda: list(map(line, OFFICE))),
    "unanswered": (a_format(*BUSY), lambda: list(map(line, OFFICE))),
    "hidden-digits": (a_format(), lambda: changed(number="2125550XXX")),
    "many-rejects": (
        a_format(),
        lambda: [line(each, date="%Y.%m.%d" if n % 3 == 0 else "%d/%m/%Y") for n, each in enumerate(OFFICE)],
    ),
    "mostly-skipped": (a_format(*LOG_INS), lambda: list(map(line, OFFICE))),
}
"""By check: a format that is broken in its way, or lines of which the PBX hides something."""


@pytest.mark.parametrize("check", BROKEN)
def test_a_broken_format_is_found_by_the_check_for_it(check: str, tmp_path: Path) -> None:
    made, lines = BROKEN[check]

    assert check in found(tmp_path, reading_of(made, lines()))


def test_numbers_that_are_all_cut_to_a_few_digits_are_found(tmp_path: Path) -> None:
    lines = [line(msgspec.structs.replace(each, number=f"{n % 90:02d}55")) for n, each in enumerate(OFFICE)]

    assert found(tmp_path, reading_of(a_format(), lines)) == {"hidden-digits"}


UTC_TIMES = OptionText(help="times are UTC", form="utc", example="utc", default="utc", choices=["utc"])


def test_a_zone_that_is_half_the_world_away_is_found_by_calls_at_night(tmp_path: Path) -> None:
    in_utc = msgspec.structs.replace(a_format(), option={"clock": UTC_TIMES})

    assert found(tmp_path, reading_of(in_utc, list(map(line, OFFICE)), "Pacific/Auckland")) == {"night"}


def test_a_zone_behind_the_true_one_is_found_by_calls_that_are_still_to_come(tmp_path: Path) -> None:
    lines = [line(msgspec.structs.replace(OFFICE[-1], at=NOW - timedelta(minutes=5)))]

    assert found(tmp_path / "right", reading_of(a_format(), lines)) == set()
    assert found(tmp_path / "wrong", reading_of(a_format(), lines, "America/New_York")) == {"clock-ahead"}


@pytest.mark.parametrize(
    ("begins", "reason"),
    [
        (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), "the clock of the PBX began anew"),
        (datetime(2000, 1, 1, 0, 5, tzinfo=UTC), "the clock of the PBX began anew"),
    ],
)
def test_a_clock_that_began_anew_is_found_by_calls_of_decades_ago(
    begins: datetime, reason: str, tmp_path: Path
) -> None:
    after_a_power_cut = [line(msgspec.structs.replace(each, at=begins + n * HOUR)) for n, each in enumerate(OFFICE[:3])]
    told = told_of(tmp_path, reading_of(a_format(), [*map(line, OFFICE), *after_a_power_cut]))

    assert [each.check for each in told] == ["clock-behind"]
    assert told[0].seen == f"3 of 403 calls would have begun before 2001, the first on {begins:%Y-%m-%d}"
    assert told[0].reason.startswith(reason)


def test_a_year_that_is_read_wrongly_is_found_by_calls_that_are_all_decades_ago(tmp_path: Path) -> None:
    read_as_1999 = [line(msgspec.structs.replace(each, at=each.at.replace(year=1999))) for each in OFFICE]
    told = told_of(tmp_path, reading_of(a_format(), read_as_1999))

    assert [each.check for each in told] == ["clock-behind"]
    assert told[0].reason.startswith("the year is read from another column")


def test_calls_of_2001_are_taken_for_an_archive(tmp_path: Path) -> None:
    of_2001 = [line(msgspec.structs.replace(each, at=each.at.replace(year=2001))) for each in OFFICE]

    assert found(tmp_path, reading_of(a_format(), of_2001)) == set()


def test_a_column_read_as_the_extension_is_found_by_a_directory_that_knows_none(tmp_path: Path) -> None:
    extensions = [str(101 + number) for number in range(20)]
    directory = Directory(
        assignments=[Assignment(id=n, kind="extension", value=each, person=1) for n, each in enumerate(extensions, 1)],
        people=[Person(1, "Reception")],
    )
    shifted = a_format(extension=column("trunk"), trunk=column("extension"))
    said = {}
    for name, made in (("sound", a_format()), ("shifted", shifted)):
        with a_store(tmp_path / name) as store:
            put_reading(store, reading_of(made, list(map(line, OFFICE))), NOW)
            store.copy_directory(directory)
            said[name] = [each.check for each in suspicions(figures_of(store, NOW))]

    assert said == {"sound": [], "shifted": ["strangers"]}


def test_a_format_that_the_pbx_changes_is_found_from_the_day_on(tmp_path: Path) -> None:
    with a_store(tmp_path) as store:
        for number in range(10):
            day = NOW - timedelta(days=10 - number)
            lines = [line(each, date="%Y-%m-%d" if number >= 7 else "%d/%m/%Y") for each in OFFICE[:50]]
            put_reading(store, reading_of(a_format(), lines), day, body=number + 1)
        told = {each.check: each for each in suspicions(figures_of(store, NOW))}

    assert list(told) == ["leap"]
    assert f"from {NOW - timedelta(days=3):%Y-%m-%d} on 100% of its lines cannot be read" in told["leap"].seen


def test_every_check_says_what_was_seen_why_and_what_to_do(tmp_path: Path) -> None:
    for check, (made, lines) in BROKEN.items():
        with a_store(tmp_path / check) as store:
            put_reading(store, reading_of(made, lines()), NOW)
            odd = {each.check: each for each in suspicions(figures_of(store, NOW))}[check]

        assert any(sign.isdigit() for sign in odd.seen), odd
        assert odd.reason, odd
        assert odd.help, odd


def test_no_check_says_anything_of_nothing() -> None:
    assert suspicions(ParseFigures()) == ()
