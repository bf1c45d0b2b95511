"""What calls cost by the public tests and documents of other systems."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.rating import tried

CASES = tomllib.loads(Path(__file__).with_name("others.toml").read_text())["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_call_costs_what_another_system_says(case: dict[str, Any]) -> None:
    charge = tried(case)

    assert (charge.amount, charge.billed_s if "billed_s" in case else None) == (
        Decimal(case["amount"]) if "amount" in case else None,
        case.get("billed_s"),
    )
