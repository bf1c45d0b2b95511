"""The pages of monthly charges: what is charged, setting it up, changing, ending and removing it."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from tollbook.model.monthly_charge import MonthlyCharge
from tollbook.model.problem import NotThere
from tollbook.site.monthly_charges import operations
from tollbook.store.named import offered_names
from tollbook.web.asking import ledger_of
from tollbook.web.chargeback.monthly_form import (
    PART_MONTHS,
    MonthlyChargeChangeForm,
    MonthlyChargeEndForm,
    MonthlyChargeForm,
)
from tollbook.web.chargeback.shown import TITLES
from tollbook.web.directory.answering import FormPage, in_pages_of, kept, removed
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.removing import Removal
from tollbook.web.zones import today

_TITLE = "Monthly charges"


class ShownMonthlyCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A monthly charge, for whom it is, how a part of a month is charged, and whether it is over, in words."""

    told: MonthlyCharge
    target: str
    part_month: str
    state: str


@needs("prices.see")
def monthly_charges(request: HttpRequest) -> HttpResponse:
    """All monthly charges, those that have ended last."""
    day = today()
    shown = sorted((_shown(each, day) for each in operations.every()), key=lambda each: each.state == "ended")
    return render(request, "web/monthly-charges.html", {"rows": in_pages_of(request, shown)})


def _shown(charge: MonthlyCharge, day: date) -> ShownMonthlyCharge:
    return ShownMonthlyCharge(
        told=charge,
        target=_target(charge),
        part_month=PART_MONTHS[charge.part_month],
        state="ended" if charge.until <= day else "to come" if charge.first > day else "",
    )


def _target(charge: MonthlyCharge) -> str:
    return f"{TITLES[charge.kind]} {charge.target}" + (f" of {charge.pbx}" if charge.pbx else "")


@needs("prices.change")
def add(request: HttpRequest) -> HttpResponse:
    """A new monthly charge."""
    names = offered_names(ledger_of(request))
    page = FormPage(
        title="Charge something each month",
        back=reverse("monthly-charges"),
        back_title=_TITLE,
        save="Add",
        lead="The rental of a line, or whatever else is charged each month, be there calls or not.",
        offers="\n".join((*names.departments, *names.cost_centres, *names.people)),
    )

    def keep(given: dict[str, Any]) -> str:
        charge = operations.add(actor_of(request), MonthlyChargeForm.given(given))
        return f"{charge.name} is charged for {_target(charge)}."

    return kept(request, MonthlyChargeForm(request.POST or None), page, keep)


@needs("prices.change")
def edit(request: HttpRequest, number: int) -> HttpResponse:
    """Other terms of a monthly charge, from a day on."""
    charge = _found(number)
    page = FormPage(
        title=f"Change {charge.name}",
        back=reverse("monthly-charges"),
        back_title=_TITLE,
        lead=f"For {_target(charge)}, in {charge.currency}.",
        remove=reverse("monthly-charge-remove", args=[number]),
    )

    def keep(given: dict[str, Any]) -> str:
        operations.change(actor_of(request), number, MonthlyChargeChangeForm.given(given, charge))
        return f"{charge.name} for {_target(charge)} is changed."

    form = MonthlyChargeChangeForm(request.POST or None, MonthlyChargeChangeForm.initial_of(charge))
    return kept(request, form, page, keep)


@needs("prices.change")
def end(request: HttpRequest, number: int) -> HttpResponse:
    """The last day of a monthly charge."""
    charge = _found(number)
    page = FormPage(
        title=f"End {charge.name}",
        back=reverse("monthly-charges"),
        back_title=_TITLE,
        save="End",
        lead=f"For {_target(charge)}, charged from {charge.first:%-d %B %Y} on.",
    )

    def keep(given: dict[str, Any]) -> str:
        last = given["last"]
        operations.change(actor_of(request), number, operations.MonthlyChargeChange(last=last, since=charge.first))
        told = f"ends on {last:%-d %B %Y}" if last else "has no end"
        return f"{charge.name} for {_target(charge)} {told}."

    return kept(request, MonthlyChargeEndForm(request.POST or None, {"last": charge.last}), page, keep)


@needs("prices.change")
def remove(request: HttpRequest, number: int) -> HttpResponse:
    """Ask whether it is meant, then remove a monthly charge from all months."""
    charge = _found(number)
    loss = "It is taken out of the statements of all months, those that are over, too. To charge it no longer, end it."
    removal = Removal(
        name=charge.name,
        loss=loss,
        list=reverse("monthly-charges"),
        list_title=_TITLE,
        back=reverse("monthly-charge-edit", args=[number]),
    )
    return removed(request, removal, lambda: _remove(request, number))


def _remove(request: HttpRequest, number: int) -> None:
    operations.remove(actor_of(request), number)


def _found(number: int) -> MonthlyCharge:
    try:
        return operations.find(number)
    except NotThere as fault:
        raise Http404 from fault
