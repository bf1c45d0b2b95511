"""`/api/pbxs/{name}/parse`: what became of a PBX's lines, and whether its calls look like calls."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook import clock
from tollbook.engine.care.parses import ParseLook, look_at
from tollbook.engine.runtime import engine
from tollbook.model.limits import REJECT_NOTE
from tollbook.model.parse_figures import LinesOfDay, LinesOfReason, Suspicion, SuspicionAside
from tollbook.model.pbx import Pbx
from tollbook.model.problem import NotThere, Problem
from tollbook.site.pbxs import findings
from tollbook.store.parse_figures import PERIOD_DAYS
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["pbxs"])


class LineShares(msgspec.Struct, frozen=True, kw_only=True):
    """Lines by what became of them: read are all that are neither skipped nor rejected."""

    lines: int
    read: int
    skipped: int
    rejected: int


class DayShares(LineShares, frozen=True, kw_only=True):
    """Lines that arrived on a day, UTC (YYYY-MM-DD)."""

    day: str


class ParseTold(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a PBX's lines within the last `days_looked_at` days, by day and by reason, and what is odd.

    The checks look at the `calls` of as many days before the PBX's last one. They need all calls: where whoever asks
    sees some alone, `is_checked` is false and nothing is found. `aside` is what somebody put aside.
    """

    pbx: str
    dialect: str
    days_looked_at: int
    whole: LineShares
    days: list[DayShares]
    reasons: list[LinesOfReason]
    calls: int
    is_checked: bool
    suspicions: list[Suspicion]
    aside: list[SuspicionAside]


class FindingPutAside(Schema):
    """What is meant: the word of a check, as `suspicions` and `aside` have it."""

    model_config = ConfigDict(extra="forbid")

    check: str = Field(max_length=40)


class FindingToPutAside(FindingPutAside):
    """What is put aside, and why."""

    note: str = Field(max_length=REJECT_NOTE)


@router.get("/pbxs/{name}/parse", summary="How a PBX's records are read", openapi_extra=answers(ParseTold))
@needs("raw.see")
def show_parse(request: HttpRequest, name: str) -> HttpResponse:
    """Return the shares of lines that were read, skipped and rejected, and what looks like a wrong parse."""
    return answer(_told(request, _pbx(name)))


@router.post("/pbxs/{name}/parse/put-aside", summary="Put something odd aside", openapi_extra=answers(ParseTold))
@needs("pbxs.change")
def put_finding_aside(request: HttpRequest, name: str, wanted: FindingToPutAside) -> HttpResponse:
    """Put what a check found aside: it is no trouble any more until it is about more than twice as much."""
    pbx = _pbx(name)
    odd = findings.standing(pbx.name, _look(request, pbx).suspicions, wanted.check)
    findings.put_aside(actor_of(request), pbx.name, odd, wanted.note)
    return answer(_told(request, pbx))


@router.post("/pbxs/{name}/parse/bring-back", summary="Bring something odd back", openapi_extra=answers(ParseTold))
@needs("pbxs.change")
def bring_finding_back(request: HttpRequest, name: str, wanted: FindingPutAside) -> HttpResponse:
    """Let what was put aside stand again."""
    pbx = _pbx(name)
    findings.bring_back(actor_of(request), pbx.name, wanted.check)
    return answer(_told(request, pbx))


def _pbx(name: str) -> Pbx:
    pbx = engine().pbxs().get(name)
    if pbx is None:  # `find` would suggest names that whoever asks may not see
        raise NotThere(Problem(f"no PBX is called {name!r}", "this site has no such PBX"))
    return pbx


def _look(request: HttpRequest, pbx: Pbx) -> ParseLook:
    return look_at(ledger_of(request), pbx.name, clock.now(), findings.every().get(pbx.name, ()))


def _told(request: HttpRequest, pbx: Pbx) -> ParseTold:
    look = _look(request, pbx)
    whole = look.figures.lines
    return ParseTold(
        pbx=pbx.name,
        dialect=pbx.dialect,
        days_looked_at=PERIOD_DAYS,
        whole=LineShares(**_shares(whole)) if whole else LineShares(lines=0, read=0, skipped=0, rejected=0),
        days=[DayShares(day=each.day.isoformat(), **_shares(each)) for each in look.figures.days],
        reasons=list(look.figures.reasons),
        calls=look.figures.calls.calls,
        is_checked=look.is_whole,
        suspicions=list(look.suspicions),
        aside=list(look.aside),
    )


def _shares(lines: LinesOfDay) -> dict[str, int]:
    return {name: getattr(lines, name) for name in ("lines", "read", "skipped", "rejected")}
