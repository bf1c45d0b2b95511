"""How numbers are dialled where a phone book comes from, and who sees those of its entries that are private."""

from __future__ import annotations

from django.http import HttpRequest

from tollbook.model.problem import Misconfigured, Problem
from tollbook.numbering.plan import DialPlan, read_plan
from tollbook.numbering.plans import read_plans
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.people.roles import may


def plan_of(pbx: str, country: str) -> DialPlan:
    """Return the dial plan of a PBX, or that of a country alone; raises `NotThere`, `Misconfigured`."""
    if pbx and country:
        raise Misconfigured(Problem("'pbx' and 'country' are both given", "the plan of a PBX names its country"))
    if pbx:
        return read_plans(pbxs.find(pbx).plan, f"dial plan of {pbx}").plan
    return read_plan({"country": country} if country else {}, "country")


def sees_private(request: HttpRequest) -> bool:
    """Say whether who asks is shown what is private: those who may change the phone book."""
    return may(request, "directory.change")
