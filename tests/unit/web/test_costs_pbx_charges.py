"""The page of what PBXs reckon themselves."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from tests.fakes.sites import import_file
from tests.unit.web.conftest import incoming
from tests.unit.web.test_names_of_calls import page
from tollbook.engine.engine import Engine
from tollbook.store.pbx_charges import ChargeComparison, ChargesCompared, DifferentlyCharged
from tollbook.web.costs import charge_pages

ADDRESS = "/costs/pbx-charges/"
_SOME = ChargeComparison(
    pbx="hts32", pbx_currency=None, currency="EUR", calls=3, both=2, equal=1, only_pbx=1, only_ours=0, unreadable=0,
    pbx_charge=Decimal("1.5"), price=Decimal(2), difference=Decimal("0.5"), only_pbx_charge=Decimal(0),
    only_ours_price=Decimal(0), pbx_units=0, price_of_units=Decimal(0),
)  # fmt: skip


def test_where_no_pbx_writes_charges_the_page_says_what_would_be_here(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, incoming("5550100"))

    assert "No PBX wrote a charge Some PBXs write with each call what it costs" in page(admin, ADDRESS)
    assert "'to' must be a date" in page(admin, f"{ADDRESS}?to=soon")


def test_sums_and_calls_are_shown_side_by_side(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    call = DifferentlyCharged(
        id="6d1f7a52-36f7-5d0c-9f0f-2b1a4c0e8d11", pbx="hts32", started_local="2026-03-02T09:15:00", extension="101",
        called="5550100", talk_s=60, pbx_charge=Decimal("0.5"), pbx_units=None, price=Decimal(1), currency="EUR",
        difference=Decimal("0.5"),
    )  # fmt: skip
    found = ChargesCompared(comparisons=[_SOME], differ_most=[call])
    monkeypatch.setattr(charge_pages, "charges_compared", lambda *_given: found)

    text = page(admin, ADDRESS)

    assert "By the PBX 1.50 EUR By tariff 2.00 EUR Difference +0.50 EUR" in text
    assert "The PBX says no currency: its charges are taken as EUR." in text
    assert "2 Mar 2026, 09:15:00 hts32 101 5550100 1:00 0.50 EUR 1.00 EUR +0.50 EUR" in text
