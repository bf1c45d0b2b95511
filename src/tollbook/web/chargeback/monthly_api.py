"""`/api/monthly-charges`: what is charged each month beside calls."""

from __future__ import annotations

from datetime import date

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from msgspec import UNSET
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.monthly_charge import ChargedKind, MonthlyCharge, PartMonth
from tollbook.render.formatting import money
from tollbook.site.monthly_charges import operations
from tollbook.site.targets import ChargedTarget
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import Name, Short
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.chargeback.asked import MONTHS
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.zones import today

router = WordRouter(tags=["monthly charges"])


class MonthlyChargeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A monthly charge by its number; `amount` and `cost` are without tax, `tax` is in percent.

    It is valid from a day to another, both included; without the latter it has no end.
    """

    id: int
    name: str
    kind: ChargedKind
    target: str
    pbx: str
    amount: str
    cost: str
    currency: str
    tax: str
    part_month: PartMonth
    first: date = msgspec.field(name="from")
    last: date | None = msgspec.field(name="to")


class WantedMonthlyCharge(Schema):
    """What is to be charged each month, and for whom; from the first day of the running month on unless said.

    `target` is an extension, a person's name or mail, a department's path or a cost centre's code. `amount` and `cost`
    are without tax, and without `cost` it costs what is charged; `tax` is in percent and comes on top.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    kind: ChargedKind
    target: str = Field(max_length=600)
    pbx: Name = ""
    amount: Short
    cost: Short = ""
    currency: Short
    tax: Short = "0"
    part_month: Short = "whole"
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")


class WantedMonthlyChargeChange(Schema):
    """What to change. Amounts, tax and what becomes of a part of a month count from the day `from` on.

    Without that day it is the first one of the running month. `to` is the last day of all; null is without end.
    """

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    amount: Short | None = None
    cost: Short | None = None
    tax: Short | None = None
    part_month: Short | None = None


@router.get("/monthly-charges", summary="List monthly charges", openapi_extra=lists(MonthlyChargeRow))
@needs("prices.see")
def list_monthly_charges(request: HttpRequest) -> HttpResponseBase:
    """List monthly charges, those that have ended among them."""
    rows = (msgspec.to_builtins(row_of(each)) for each in operations.every())
    return listed(request, MonthlyChargeRow.__struct_encode_fields__, rows)


@router.post("/monthly-charges", summary="Add a monthly charge", openapi_extra=answers(MonthlyChargeRow))
@needs("prices.change")
def add_monthly_charge(request: HttpRequest, charge: WantedMonthlyCharge) -> HttpResponse:
    """Charge something each month for an extension, a person, a department or a cost centre."""
    told = charge.dict(exclude={"kind", "target", "pbx", "first"})
    target = ChargedTarget(kind=charge.kind, name=charge.target, pbx=charge.pbx)
    first = charge.first or MONTHS.begun(today(charge.pbx))
    given = operations.GivenMonthlyCharge(**told, target=target, first=first)
    return answer(row_of(operations.add(actor_of(request), given)))


@router.get("/monthly-charges/{number}", summary="A monthly charge", openapi_extra=answers(MonthlyChargeRow))
@needs("prices.see")
def show_monthly_charge(request: HttpRequest, number: int) -> HttpResponse:
    """Return a monthly charge."""
    del request
    return answer(row_of(operations.find(number)))


@router.patch("/monthly-charges/{number}", summary="Change a monthly charge", openapi_extra=answers(MonthlyChargeRow))
@needs("prices.change")
def change_monthly_charge(request: HttpRequest, number: int, change: WantedMonthlyChargeChange) -> HttpResponse:
    """Change a monthly charge, or end it. Where amounts differ from a day on, what is returned has a new number."""
    told = change.dict(exclude={"first", "last"})
    last = change.last if "last" in change.model_fields_set else UNSET
    since = change.first or MONTHS.begun(today(operations.find(number).pbx))
    wanted = operations.MonthlyChargeChange(**told, last=last, since=since)
    return answer(row_of(operations.change(actor_of(request), number, wanted)))


@router.delete("/monthly-charges/{number}", summary="Remove a monthly charge", openapi_extra=answers(MonthlyChargeRow))
@needs("prices.change")
def remove_monthly_charge(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a monthly charge from the statements of all months; to charge it no longer, change its last day."""
    return answer(row_of(operations.remove(actor_of(request), number)))


def row_of(charge: MonthlyCharge) -> MonthlyChargeRow:
    """Return a monthly charge as it is shown."""
    told = ("amount", "cost", "tax")
    same = {name: getattr(charge, name) for name in MonthlyChargeRow.__struct_fields__ if name not in told}
    cost = charge.amount if charge.cost is None else charge.cost
    return MonthlyChargeRow(
        **same,
        amount=money(f"{charge.amount:f}"),
        cost=money(f"{cost:f}"),
        tax=f"{charge.tax.normalize():f}",
    )
