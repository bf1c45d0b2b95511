"""`bill check`, as it is typed: a bill that somebody tampered with is found out, line by line."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.fakes.commands import Commands
from tests.fakes.sites import until
from tests.flow.test_cost_commands import site as unpriced_site
from tests.flow.test_tariff_commands import TARIFF, by

HEADING = ("Date", "Time", "Called number", "Duration", "Amount")
ANSWERS = ("--set", "zone=America/New_York")
DAYS = ("--from", "2026-01-20", "--to", "2026-01-31")
bare = unpriced_site


class Billed(msgspec.Struct, frozen=True):
    """A row of a bill, before it is written."""

    started: datetime
    number: str
    seconds: int
    price: Decimal


@pytest.fixture
def site(bare: Commands, tmp_path: Path) -> Commands:
    """A site whose outgoing calls are priced by carrier-a."""
    (tmp_path / "a.toml").write_text(TARIFF)
    bare.run("tariff", "add", "carrier-a", str(tmp_path / "a.toml"))
    bare.run("tariff", "assign", "carrier-a")
    until(lambda: by(bare, "carrier-a/2020-01-01"))
    return bare


def billed(site: Commands) -> list[Billed]:
    """Return what a faultless bill has: answered calls that cost something, by numbers with their country code."""
    calls = site.run("calls", "--format", "json", "--limit", "0", "--order", "started_at").json()
    return [
        Billed(
            datetime.fromisoformat(call["started_local"]), call["number_e164"], call["talk_s"], Decimal(call["cost"])
        )
        for call in calls
        if call["cost"] is not None and Decimal(call["cost"]) and call["number_e164"]
    ]


def written(path: Path, rows: list[Billed], ahead: timedelta = timedelta(0)) -> str:
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(HEADING)
    for row in rows:
        at, length = row.started + ahead, timedelta(seconds=row.seconds)
        writer.writerow((f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", row.number, str(length), f"{row.price:f}"))
    path.write_text(made.getvalue())
    return str(path)


def checked(site: Commands, *words: str) -> dict[str, Any]:
    done = site.run("bill", "check", *words, "--tariff", "carrier-a", *ANSWERS, "--format", "json")
    assert done.code == 0, done.err
    told: dict[str, Any] = done.json()
    return told


def test_a_faultless_bill_is_equal_throughout_whatever_its_clock(site: Commands, tmp_path: Path) -> None:
    rows = billed(site)
    right = checked(site, written(tmp_path / "bill.csv", rows))
    ahead = checked(site, written(tmp_path / "ahead.csv", rows, timedelta(hours=1)))

    for told in (right, ahead):
        assert [(each["outcome"], each["calls"], each["difference"]) for each in told["sums"]] == [
            ("equal", len(rows), "0"),
        ]
        assert told["calls"] == []
    assert (right["offset_s"], ahead["offset_s"]) == (0, 3600)


def test_what_was_changed_in_a_bill_is_found(site: Commands, tmp_path: Path) -> None:
    first, second, third, fourth, *rest = billed(site)
    changed = [
        first,
        first,
        msgspec.structs.replace(second, price=second.price + 1),
        msgspec.structs.replace(third, seconds=third.seconds + 300),
        msgspec.structs.replace(first, number="+442079460135"),
        *rest,
    ]

    file = written(tmp_path / "bill.csv", changed)
    told = checked(site, file, *DAYS)
    rows = list(csv.DictReader(io.StringIO(_csv(site, file))))

    assert {each["outcome"]: each["calls"] for each in told["sums"]} == {
        "equal": len(rest) + 1, "other-seconds": 1, "other-price": 1, "doubled": 1, "missing-here": 1,
        "missing-there": 1,
    }  # fmt: skip
    assert [each["line"] for each in told["calls"]] == [5, 4, 3, 6, None]
    assert told["calls"][-1]["number"] == fourth.number
    assert (len(rows), rows[0]["outcome"]) == (len(changed) + 1, "equal")
    table = site.run("bill", "check", file, "--tariff", "carrier-a", *ANSWERS)
    assert all(word in table.out for word in ("In all (USD)", "Calls that differ", "other-price", "+1.00"))


def _csv(site: Commands, file: str) -> str:
    return site.run("bill", "check", file, "--tariff", "carrier-a", *ANSWERS, *DAYS, "--format", "csv").out


def test_what_the_file_does_not_say_is_asked(site: Commands, tmp_path: Path) -> None:
    file = written(tmp_path / "bill.csv", billed(site)[:3])

    asked = site.run("bill", "check", file, "--pbx", "hts")
    as_csv = site.run("bill", "check", file, "--pbx", "hts", "--format", "csv")

    assert (asked.code, as_csv.code) == (2, 2)
    assert "question: In which time zone are the times?" in asked.err
    assert "--set zone=America/New_York" in asked.err
    assert "'zone' is missing" in as_csv.err


def test_what_cannot_be_checked_is_refused(site: Commands, tmp_path: Path) -> None:
    file = written(tmp_path / "bill.csv", billed(site)[:3])
    (tmp_path / "empty.csv").write_text(",".join(HEADING) + "\n")
    (tmp_path / "nothing.csv").write_bytes(b"")
    (tmp_path / "program.csv").write_bytes(b"\x7fELF\x02\x01\x01\x00\x00,\x1b[31m")
    runs = {
        "the file is empty": ("bill", "check", str(tmp_path / "nothing.csv"), "--pbx", "hts", *ANSWERS),
        "it is no text": ("bill", "check", str(tmp_path / "program.csv"), "--pbx", "hts", *ANSWERS),
        "name a tariff, or a PBX": ("bill", "check", file),
        "no PBX is called 'nope'": ("bill", "check", file, "--pbx", "nope"),
        "'--set zone' is no answer": ("bill", "check", file, "--pbx", "hts", "--set", "zone"),
        "there is no time zone 'Mars'": ("bill", "check", file, "--pbx", "hts", "--set", "zone=Mars"),
        "'tolerance' must be a time": ("bill", "check", file, "--pbx", "hts", "--tolerance", "soon", *ANSWERS),
        "it has no row below its heading": ("bill", "check", str(tmp_path / "empty.csv"), "--pbx", "hts", *ANSWERS),
        "the bill cannot be read": ("bill", "check", str(tmp_path / "missing.csv"), "--pbx", "hts"),
    }

    said = {words: site.run(*words) for words in runs.values()}

    assert [text for text, words in runs.items() if text not in said[words].err] == []
    assert {done.code for done in said.values()} == {2}
