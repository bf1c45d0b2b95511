"""`tollbook number`: what numbers mean, for people and for scripts."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from tollbook.cli import app


def number(*words: str) -> str:
    result = CliRunner().invoke(app, ["number", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_a_number_is_an_object_of_json_and_several_are_a_list() -> None:
    told = json.loads(number("912015550135", "--country", "us", "--outside", "9", "--format", "json"))
    assert told == {
        "dialled": "912015550135", "e164": "+12015550135", "country": "US", "kind": "fixed_or_mobile",
        "reach": "national", "number": None, "extension": None, "carrier_code": None, "feature_code": None,
        "account_code": None, "after_answer": None,
    }  # fmt: skip
    site = ("--country", "US", "--outside", "9", "--extensions", "100-199", "--format", "json")
    both = json.loads(number("101", "9011442079460135", *site))
    assert [each["kind"] for each in both] == ["internal", "fixed"]


def test_a_person_sees_a_table_and_codes_only_where_there_are_some() -> None:
    assert "feature_code" not in number("07400123456", "--country", "GB")
    table = number("14107400123456", "112", "--country", "GB")
    assert "feature_code" in table
    assert "emergency" in table


def test_a_spreadsheet_gets_commas() -> None:
    assert (
        number("112", "--country", "GB", "--format", "csv").splitlines()[1].startswith("112,emergency,service,,GB,112")
    )
