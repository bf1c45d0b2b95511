"""Asks for a budget. Faults are found where every shell finds them, and shown beside their field."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from tollbook.engine.runtime import engine
from tollbook.model.budget import Budget
from tollbook.site.budgets import operations
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.targets import ChargedTarget
from tollbook.web.budgets.words import CARRIES, KINDS, MEASURES, PERS
from tollbook.web.directory.forms import DirectoryForm
from tollbook.web.zones import today

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_OFFERED = {**_PLAIN, "list": "offers"}


def text_field(label: str, help_text: str = "", *, offered: bool = False, longest: int = 600) -> forms.CharField:
    """Return a field for a short text; `offered` shows what the page offers."""
    widget = forms.TextInput(attrs=_OFFERED if offered else _PLAIN)
    return forms.CharField(label=label, required=False, max_length=longest, help_text=help_text, widget=widget)


def day_field(label: str, help_text: str = "") -> forms.DateField:
    """Return a field for a day."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


def choice_field(label: str, choices: dict[str, str], help_text: str = "") -> forms.ChoiceField:
    """Return a field for one of some."""
    return forms.ChoiceField(label=label, choices=list(choices.items()), help_text=help_text)


def only_currency() -> str:
    """Return the currency of the site's tariffs, where there is just one."""
    found = {each.currency for each in engine().tariffs.versions() if each.currency}
    return found.pop() if len(found) == 1 else ""


_ABOUT_TARGET = (
    "nobody",
    "people are called",
    "department",
    "cost centre",
    "person",
    "'cost_centre'",
    "'account_code'",
    "'extension'",
    "'trunk'",
    "'value'",
    "digits are missing",
    "this is no ",
)
BESIDE_TARGET = dict.fromkeys(_ABOUT_TARGET, "target")
"""What faults of a target say, and the field beside which they stand."""


class BudgetForm(DirectoryForm):
    """A new budget."""

    beside: ClassVar = BESIDE_TARGET
    name = text_field("Name", "Small letters, digits and hyphens: sales.", longest=40)
    kind = choice_field("For", KINDS)
    target = text_field(
        "Which one",
        "The extension, trunk or code; a person's name or mail; a department's path, Sales / North, which has all "
        "below it; a cost centre's code.",
        offered=True,
    )
    pbx = forms.ChoiceField(label="PBX", required=False, help_text="Of an extension, trunk or account code.")
    amount = text_field("Amount", "For each period: 250.00", longest=20)
    currency = text_field("Currency", "Three letters. Calls of other currencies are counted apart.", longest=3)
    measure = choice_field("Counts", MEASURES)
    per = choice_field("Per", PERS)
    begins = forms.IntegerField(label="First day", help_text="Of the month, 1 to 28; of the week, 1 is Monday.")
    since = day_field("From", "A day of the first period. Calls that are there already count.")
    carry = choice_field("Carried over into the next period", CARRIES)
    near = forms.IntegerField(label="Near its end, from %", help_text="From this share of what is available on.")

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - request.POST
        initial = {"begins": 1, "near": 80, "since": today(), "currency": only_currency(), "kind": "department"}
        super().__init__(data, initial)
        known = [("", "any"), *((name, name) for name in pbxs.names_known())]
        self.fields["pbx"].choices = known  # type: ignore[attr-defined] # a choice field

    @staticmethod
    def given(fields: dict[str, Any]) -> operations.GivenBudget:
        """Return the budget that was written down."""
        since = fields["since"] or today(fields["pbx"])
        same = {name: fields[name] for name in ("name", "measure", "per", "begins", "carry", "near")}
        return operations.GivenBudget(
            **same,
            target=ChargedTarget(kind=fields["kind"], name=fields["target"], pbx=fields["pbx"]),
            currency=fields["currency"].strip().upper(),
            since=since,
            amounts=((since, fields["amount"].strip()),),
        )


class BudgetChangeForm(DirectoryForm):
    """What can be changed of a budget."""

    first_field: ClassVar = "amount"
    amount = text_field("Amount", "For each period.", longest=20)
    first = day_field("From", "The amount counts from the period of this day on. Periods before keep theirs.")
    carry = choice_field("Carried over into the next period", CARRIES)
    near = forms.IntegerField(label="Near its end, from %")

    @staticmethod
    def given(fields: dict[str, Any], before: Budget) -> operations.BudgetChange:
        """Return the change that was written down; an amount that is the same changes nothing."""
        text = fields["amount"].strip()
        day = fields["first"] or today(before.pbx)
        same = text == f"{before.amounts[-1].amount:f}"
        return operations.BudgetChange(amount=None if same else (day, text), carry=fields["carry"], near=fields["near"])
