"""`tollbook rate try`: what a call costs by a tariff's file, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tollbook.cli import app
from tollbook.model.problem import Misconfigured

TARIFF = """
title = "Carrier A, office lines"
currency = "EUR"
zone = "Europe/Berlin"
round = { places = 4, how = "half-up" }
tax = { percent = "19", included = false }

[[band]]
name = "day"
days = "mon-fri"
from = "08:00"
to = "18:00"

[[band]]
name = "rest"

[[rate]]
to = "DE mobile"
price = "0.30"
next_s = 60

[[rate]]
to = "*"
price = "blocked"
"""
PRICES = """to,name,band,price,next_s
+4989,Munich,day,0.06,60
+4989,Munich,rest,0.03,60
=110,Police,,free,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_text(PRICES)
    path = tmp_path / "a.toml"
    path.write_text(TARIFF)
    return path


def said(file: Path, *words: str) -> str:
    result = CliRunner().invoke(app, ["rate", "try", str(file), *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def told(file: Path, to: str, *words: str) -> dict[str, Any]:
    given = ("--to", to, "--at", "2026-01-05T17:59:30", "--seconds", "61", "--format", "json", *words)
    found: dict[str, Any] = json.loads(said(file, *given))
    return found


def test_a_script_gets_the_amount_the_rate_and_the_parts(file: Path) -> None:
    found = told(file, "4989555013")

    assert found.pop("explanation")
    assert found == {
        "amount": "0.0893", "currency": "EUR", "matched": "+4989", "band": "day", "billed_s": 120, "cost": "0.0893",
        "connect_fee": "0", "tax": "0.01425", "unpriced_because": None,
        "parts": [
            {"band": "day", "to": "+4989", "from_s": 0, "billed_s": 30, "price": "0.06", "per_s": 60, "amount": "0.03"},
            {"band": "rest", "to": "+4989", "from_s": 30, "billed_s": 90, "price": "0.03", "per_s": 60,
             "amount": "0.045"},
        ],
    }  # fmt: skip


def test_a_person_reads_how_a_price_comes_about(file: Path) -> None:
    assert said(file, "--to", "4989555013", "--at", "2026-01-05T17:59:30", "--seconds", "61").splitlines() == [
        (
            "The rate +4989 (Munich) counts in the band day, line 2 of the price list: "
            "it is the longest prefix in the tariff of +4989555013."
        ),
        "* fits as well and does not count, since +4989 is more exact.",
        "61 s count (talked).",
        "30 s are charged in the band day at 0.06 per 60 s, each started 60 s whole: 0.03.",
        "From second 30 on 90 s are charged in the band rest at 0.03 per 60 s, each started 60 s whole: 0.045.",
        "Tax of 19 % on 0.075 is added: 0.01425.",
        "Together 0.08925, rounded to the nearest (halves up) to 4 decimal places: 0.0893 EUR.",
    ]


def test_a_number_is_one_of_e164_or_dialled_in_a_country(file: Path) -> None:
    assert told(file, "4915123456789")["matched"] == "DE mobile"
    assert told(file, "015123456789", "--country", "DE")["matched"] == "DE mobile"
    assert told(file, "110", "--country", "DE")["amount"] == "0.0000"


def test_what_is_blocked_has_no_amount_and_says_why(file: Path) -> None:
    found = told(file, "33123456789")

    assert (found["amount"], found["unpriced_because"]) == (None, "the destination is blocked in the tariff")


def test_what_is_typed_wrong_is_told_at_once(file: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        said(file, "--to", "4989555013", "--at", "noon", "--seconds", "long")

    assert [each.what for each in refused.value.problems] == [
        "'--at' is no time: 'noon'", "'--seconds' cannot be used: 'long'",
    ]  # fmt: skip
    with pytest.raises(Misconfigured) as far:
        said(file, "--to", "4989555013", "--at", "0001-01-01T00:00:00", "--seconds", "NaN")
    assert [each.what for each in far.value.problems] == [
        "'--at' cannot be used: '0001-01-01T00:00:00'", "'--seconds' cannot be used: 'NaN'",
    ]  # fmt: skip
    with pytest.raises(Misconfigured, match="no number"):
        told(file, "Munich")
    with pytest.raises(Misconfigured, match="No such file"):
        told(file.with_name("b.toml"), "110")
