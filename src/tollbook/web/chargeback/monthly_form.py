"""Asks for a monthly charge. Faults are found where every shell finds them, and shown beside their field."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from tollbook.model.monthly_charge import MonthlyCharge
from tollbook.site.monthly_charges import operations
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.targets import ChargedTarget
from tollbook.web.budgets.form import BESIDE_TARGET, choice_field, day_field, only_currency, text_field
from tollbook.web.chargeback.asked import MONTHS
from tollbook.web.chargeback.shown import TITLES
from tollbook.web.directory.forms import DirectoryForm
from tollbook.web.zones import today

PART_MONTHS = {"whole": "As a whole month", "days": "For its days"}
_BESIDE = {**BESIDE_TARGET, "'to'": "last", "'from'": "first"}
_AMOUNT, _COST, _TAX = "Amount a month, without tax", "What you pay for it, without tax", "Tax in percent"


class MonthlyChargeForm(DirectoryForm):
    """A new monthly charge."""

    beside: ClassVar = _BESIDE
    name = text_field("Name", "What is charged: Line rental.", longest=120)
    kind = choice_field("For", TITLES)
    target = text_field(
        "Which one",
        "The extension; a person's name or mail; a department's path, Sales / North; a cost centre's code.",
        offered=True,
    )
    pbx = forms.ChoiceField(label="PBX", required=False, help_text="Of an extension, where there are several PBXs.")
    amount = text_field(_AMOUNT, "What is charged: 12.50", longest=20)
    currency = text_field("Currency", "Three letters.", longest=3)
    tax = text_field(_TAX, "It comes on top: 19. Empty: none.", longest=20)
    cost = text_field(_COST, "Empty: the same amount.", longest=20)
    first = day_field("From", "Its first day.")
    last = day_field("To", "Its last day. Empty: without end.")
    part_month = choice_field("A month with some of its days", PART_MONTHS, "Charged whole, or for those days alone.")

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - request.POST
        super().__init__(data, {"first": MONTHS.begun(today()), "currency": only_currency(), "kind": "department"})
        known = [("", "none"), *((name, name) for name in pbxs.names_known())]
        self.fields["pbx"].choices = known  # type: ignore[attr-defined] # a choice field

    @staticmethod
    def given(fields: dict[str, Any]) -> operations.GivenMonthlyCharge:
        """Return the charge that was written down."""
        return operations.GivenMonthlyCharge(
            **{name: fields[name].strip() for name in ("name", "amount", "cost", "tax", "part_month")},
            target=ChargedTarget(kind=fields["kind"], name=fields["target"], pbx=fields["pbx"]),
            currency=fields["currency"].strip().upper(),
            first=fields["first"] or MONTHS.begun(today(fields["pbx"])),
            last=fields["last"],
        )


class MonthlyChargeChangeForm(DirectoryForm):
    """What can be changed of a monthly charge."""

    first_field: ClassVar = "amount"
    beside: ClassVar = _BESIDE
    name = text_field("Name", longest=120)
    amount = text_field(_AMOUNT, longest=20)
    tax = text_field(_TAX, "Empty: none.", longest=20)
    cost = text_field(_COST, "Empty: the same amount.", longest=20)
    part_month = choice_field("A month with some of its days", PART_MONTHS)
    first = day_field("From", "From this day on the above counts. What was charged before stays.")

    @staticmethod
    def initial_of(charge: MonthlyCharge) -> dict[str, Any]:
        """Return what the form shows of a charge."""
        return {
            "name": charge.name,
            "amount": f"{charge.amount:f}",
            "cost": "" if charge.cost is None else f"{charge.cost:f}",
            "tax": f"{charge.tax:f}",
            "part_month": charge.part_month,
            "first": max(MONTHS.begun(today(charge.pbx)), charge.first),
        }

    @staticmethod
    def given(fields: dict[str, Any], before: MonthlyCharge) -> operations.MonthlyChargeChange:
        """Return the change that was written down."""
        since = fields["first"] or MONTHS.begun(today(before.pbx))
        texts = {name: fields[name].strip() for name in ("name", "amount", "cost", "tax", "part_month")}
        return operations.MonthlyChargeChange(**texts, since=since)


class MonthlyChargeEndForm(DirectoryForm):
    """The last day of a monthly charge."""

    first_field: ClassVar = "last"
    beside: ClassVar = _BESIDE
    last = day_field("Last day", "Empty: without end. Months that are over and in which it was valid keep it.")
