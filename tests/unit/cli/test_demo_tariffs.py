"""The tariffs of the demo can be read, name PBXs that it has, and the revision differs in its prices alone."""

from __future__ import annotations

from datetime import date

from tollbook.cli.demo_tariffs import budgets, monthly_charges, tariffs
from tollbook.rating.tariff_text import TariffText, read_tariff

DAY = date(2026, 11, 29)


def test_two_carriers_price_all_pbxs_and_a_revision_comes_last() -> None:
    given = tariffs(DAY, 90)
    read = [read_tariff(TariffText(each.document.decode(), each.tariff)) for each in given]

    assert [each.tariff for each in given] == ["atlantic-voice", "harbour-telecom", "atlantic-voice"]
    assert [pbx for each in given for pbx in each.pbxs] == ["hts32", "hts824", "ncp500"]
    assert [each.is_last_assigned for each in given] == [False, True, False]
    assert {each.valid_from.date() for each in read if each.valid_from} == {date(2026, 8, 30)}
    first, _, revision = read
    assert (first.holidays, len(first.bundles)) == ("US-NY", 1)
    assert first.digest != revision.digest
    assert (first.bundles, first.bands, [rate.to for rate in first.rates]) == (
        revision.bundles,
        revision.bands,
        [rate.to for rate in revision.rates],
    )


def test_budgets_begin_with_the_history() -> None:
    assert {each["since"] for each in budgets(DAY, 90)} == {"2026-08-31"}


def test_monthly_charges_begin_with_the_history_and_are_of_every_kind() -> None:
    charges = monthly_charges(DAY, 90)

    assert {each["kind"] for each in charges} == {"extension", "person", "department", "cost_centre"}
    assert {each["from"] for each in charges} == {"2026-08-01", "2026-08-31"}
    assert {each["from"] for each in charges if each.get("part_month") == "days"} == {"2026-08-31"}
