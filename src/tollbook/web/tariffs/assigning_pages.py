"""Which calls a tariff prices: assigned, taken away; and calls that are priced again, or as before."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tollbook.model.pricing import TariffRule
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.tariffs import operations
from tollbook.store.lines_of_calls import calls_between, lines_of_calls
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.tariffs.forms import PeriodForm, RuleForm
from tollbook.web.tariffs.known import folder, known_tariffs, tariff_named
from tollbook.web.tariffs.pages import pricing_state
from tollbook.web.tariffs.words import rule_told
from tollbook.web.zones import today


@needs("prices.change")
def assign(request: HttpRequest, name: str) -> HttpResponse:
    """Ask which calls a tariff prices, and let it."""
    tariff, form = tariff_named(name, today()), RuleForm(request.POST or None)
    if form.is_valid():
        rule = TariffRule(id=operations.NEW, tariff=name, **form.cleaned_data)
        try:
            kept = operations.assign(actor_of(request), folder(), rule)
        except Misconfigured as fault:
            form.show(fault)
        else:
            messages.success(request, f"{tariff.title} prices {rule_told(kept)} from now on.")
            return redirect("tariff", name=name)
    lines = lines_of_calls(ledger_of(request))
    return render(request, "web/tariff-assign.html", {"tariff": tariff, "form": form, "lines": lines})


@needs("prices.change")
def unassign(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Ask whether it is meant, then price calls from now on without an assignment."""
    tariff = tariff_named(name, today())
    rule = next((each for each in tariff.rules if each.id == number), None)
    if rule is None:
        raise Http404
    if request.method != "POST":
        return render(request, "web/tariff-unassign.html", {"tariff": tariff, "rule": rule})
    try:
        operations.unassign(actor_of(request), folder(), number)
    except NotThere as fault:
        raise Http404 from fault
    messages.success(request, f"{tariff.title} prices {rule_told(rule)} no longer. Earlier calls keep their price.")
    return redirect("tariff", name=name)


@needs("prices.change")
def price_again(request: HttpRequest) -> HttpResponse:
    """Ask of which days calls are priced again, say how many those are, and do it once it is meant."""
    form = PeriodForm(request.POST or None)
    context: dict[str, Any] = {
        "form": form,
        "last": operations.last_priced_again(),
        "is_assigned": any(each.rules for each in known_tariffs(today())),
        **pricing_state(),
    }
    if form.is_valid():
        first, until = (form.cleaned_data[each] for each in ("first", "until"))
        if first and until and first >= until:
            form.add_error("until", f"No call would be priced: {first} is not before {until}.")
        elif request.POST.get("act") == "go":
            days = (first.isoformat() if first else "", until.isoformat() if until else "")
            operations.price_again(actor_of(request), folder(), *days)
            return redirect(reverse("tariffs-price-again") + "?asked=1")
        else:
            context |= {"meant": True, "calls": calls_between(ledger_of(request), first, until)}
    context["was_asked"] = "asked" in request.GET and not request.POST
    return render(request, "web/tariffs-price-again.html", context)


@needs("prices.change")
def price_as_before(request: HttpRequest) -> HttpResponse:
    """Ask whether it is meant, then give calls the price again that they had before they were priced again last."""
    last = operations.last_priced_again()
    if last is None:
        messages.error(request, "There is nothing to take back: no calls were priced again.")
        return redirect("tariffs-price-again")
    if request.method != "POST":
        return render(request, "web/tariffs-price-as-before.html", {"last": last})
    operations.price_as_before(actor_of(request))
    messages.success(request, "Calls get the price again that they had before.")
    return redirect(reverse("tariffs-price-again") + "?asked=1")
