"""`/api/pbxs/{name}/plan`: the dial plan of a PBX."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.pbx import Pbx
from tollbook.numbering.plans import EVERY_LINE, PlanChange, PlanSettings
from tollbook.numbering.proposing import Proposal, judge, propose
from tollbook.site.pbxs import operations as pbxs
from tollbook.store.dialled import dialled, extensions
from tollbook.web.api.listing import answer
from tollbook.web.api.settings import MOST, Short, Text
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["plans"])


class ChangedPlan(Schema):
    """What to change of the plan of all lines, or of a trunk group; a setting of null is taken away.

    `whole` takes all settings away that are not given.
    """

    model_config = ConfigDict(extra="forbid")

    settings: dict[Short, Text | None] = Field(max_length=MOST)
    trunk_group: Short = EVERY_LINE
    whole: bool = False


class PbxPlan(msgspec.Struct, frozen=True):
    """The dial plan of a PBX by trunk group, that of all lines without a name, and what that one explains.

    While `numbering`, calls that are there already are given their meaning by it.
    """

    pbx: str
    plan: PlanSettings
    numbering: bool
    judged: Proposal


@router.get("/pbxs/{name}/plan", summary="A PBX's dial plan", openapi_extra=answers(PbxPlan))
@needs("pbxs.see")
def plan_of_pbx(request: HttpRequest, name: str) -> HttpResponse:
    """Return the dial plan of a PBX, and how much of what it wrote that explains."""
    return answer(shown(request, pbxs.find(name)))


@router.patch("/pbxs/{name}/plan", summary="Change a PBX's dial plan", openapi_extra=answers(PbxPlan))
@needs("pbxs.change")
def change_plan(request: HttpRequest, name: str, change: ChangedPlan) -> HttpResponse:
    """Change the dial plan; calls that are there already are numbered again."""
    kept = pbxs.change_plan(actor_of(request), name, PlanChange(**change.dict()))
    return answer(shown(request, kept))


@router.get("/pbxs/{name}/plan/proposal", summary="Propose a dial plan", openapi_extra=answers(Proposal))
@needs("pbxs.see")
def propose_plan(request: HttpRequest, name: str, country: Annotated[str, Field(max_length=2)] = "") -> HttpResponse:
    """Return the plan that explains most of what the PBX has written; nothing is changed."""
    return answer(proposed(request, pbxs.find(name), country))


def proposed(request: HttpRequest, pbx: Pbx, country: str = "") -> Proposal:
    """Return the plan that explains most of what a PBX has written."""
    ledger = ledger_of(request)
    return propose(dialled(ledger, pbx.name), extensions(ledger, pbx.name), pbx.timezone, country)


def shown(request: HttpRequest, pbx: Pbx) -> PbxPlan:
    """Return a PBX's plan with what it explains."""
    judged = judge(dialled(ledger_of(request), pbx.name), pbx.plan)
    return PbxPlan(pbx.name, pbx.plan, runtime.engine().numbering(pbx.name), judged)
