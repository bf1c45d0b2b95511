"""The page on which prices are tried: a tariff or a file of one, some days, and what calls of then would have cost."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tollbook.engine.runtime import engine
from tollbook.model.limits import PRICES_FILE, TARIFF_FILE
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.rating.tariff_text import TariffText
from tollbook.site.tariffs import operations
from tollbook.web.costs.destinations import destination_title
from tollbook.web.costs.previewing import USUAL_MOST, Texts, previewed_calls
from tollbook.web.people.roles import needs

_MOST_ROWS = 100
"""Destinations and departments that the page shows of each; the API and the command have all."""


class PreviewForm(forms.Form):
    """Which tariff is tried, on which calls."""

    use_required_attribute = False
    tariff = forms.CharField(label="Tariff", max_length=40, help_text="One of the site, or a name for a new one.")
    document = forms.FileField(
        label="New version (TOML)",
        required=False,
        help_text="Without a file, the versions of the site count, in the place of every other tariff.",
    )
    prices = forms.FileField(
        label="Its price list (CSV)",
        required=False,
        help_text="Only where the version has one.",
    )
    instead_of = forms.ChoiceField(label="In the place of", required=False)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST or None, request.FILES or None, label_suffix="")
        used = sorted({rule.tariff for rule in operations.rules()})
        choices = [("", "as they are assigned"), *((each, each) for each in used)]
        self.fields["instead_of"].choices = choices  # type: ignore[attr-defined] # a choice field
        self.fields["tariff"].widget.attrs |= {"list": "tariffs", "autocomplete": "off", "spellcheck": "false"}

    def texts(self) -> Texts | None:
        """Return the texts of the files; raises `Misconfigured`."""
        document = _text(self.cleaned_data["document"], TARIFF_FILE)
        prices = _text(self.cleaned_data["prices"], PRICES_FILE)
        if prices and not document:
            raise Misconfigured(Problem("a price list alone cannot be tried", "its tariff says how it is meant"))
        return (document, prices) if document else None


def _text(file: UploadedFile[Any] | None, most_bytes: int) -> TariffText | None:
    if file is None:
        return None
    name, data = str(file.name), file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise Misconfigured(Problem("the file is too large", f"more than {most_bytes} bytes", name))
    try:
        return TariffText(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as fault:
        raise Misconfigured(Problem("the file cannot be read", "it is no UTF-8", name)) from fault


@needs("prices.change")
def preview_prices(request: HttpRequest) -> HttpResponse:
    """What calls would cost by a tariff or a file of one; nothing is changed."""
    form = PreviewForm(request)
    context: dict[str, Any] = {
        "form": form,
        "days": {name: request.POST.get(name, "") for name in ("from", "to", "pbx")},
        "pbxs": list(engine().pbxs()),
        "tariffs": sorted({each.tariff for each in engine().tariffs.versions()}),
    }
    if form.is_valid():
        context |= _found(request, form)
    return render(request, "web/costs-preview.html", context)


def _found(request: HttpRequest, form: PreviewForm) -> dict[str, Any]:
    given = form.cleaned_data
    words = {name: text for name in ("from", "to", "pbx") if (text := request.POST.get(name, "").strip())}
    words |= {"tariff": given["tariff"].strip()}
    words |= {"instead-of": given["instead_of"]} if given["instead_of"] else {}
    try:
        found = previewed_calls(request, words, form.texts(), USUAL_MOST)
    except Misconfigured as fault:
        return {"problems": fault.problems}
    except Unavailable as fault:
        return {"problems": [Problem(str(fault), "one is made at a time")]}
    return {
        "found": found,
        "destinations": [
            (destination_title(each.country, each.kind), each) for each in found.destinations[:_MOST_ROWS]
        ],
        "departments": found.departments[:_MOST_ROWS],
        "has_mark_up": any((each.old, each.new) != (each.old_cost, each.new_cost) for each in found.totals),
        "is_cut": max(len(found.destinations), len(found.departments)) > _MOST_ROWS,
    }
