"""`/api/rejects`: records that could not be read, tried again, put aside and brought back."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.limits import REJECT_NOTE, REJECTS_ASIDE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs import operations as pbxs
from tollbook.store.rejects import ASIDE, RejectFilter, rejects
from tollbook.store.schema import REJECT_VIEW
from tollbook.web.api.listing import answer, listed, whole
from tollbook.web.api.shapes import answers, lists, whole_number
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import check_pbxs, ledger_of
from tollbook.web.pbxs import rejecting
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["rejects"])


class ChosenRejects(Schema):
    """Which rejects are meant: by their ids, all of an import, or all of a PBX; what is given must hold together."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[str, Field(max_length=36)]] | None = Field(default=None, max_length=REJECTS_ASIDE)
    body: Annotated[int, Field(ge=0, lt=1 << 62)] | None = None
    pbx: str = Field(default="", max_length=40)

    def wanted(self, *, aside: bool) -> RejectFilter:
        """Return it as the store asks; raises `Misconfigured` where all rejects of the site would be meant."""
        if self.ids is None and self.body is None and not self.pbx:
            hint = "give ids, the number of an import as body, or a pbx"
            raise Misconfigured(Problem("no rejects are named", "these would be all of the site", help=hint))
        pbxs.check_known(self.pbx)
        ids = None if self.ids is None else tuple(self.ids)
        return RejectFilter(pbx=self.pbx, body=self.body, ids=ids, aside=aside)


class RejectsToPutAside(ChosenRejects):
    """Which rejects are put aside, and why."""

    note: str = Field(default="", max_length=REJECT_NOTE)


class MendedRejects(msgspec.Struct, frozen=True):
    """How many rejects could be read now."""

    mended: int


class RejectsAside(msgspec.Struct, frozen=True):
    """How many rejects were put aside."""

    put_aside: int


class RejectsBack(msgspec.Struct, frozen=True):
    """How many rejects were brought back."""

    brought_back: int


_LIMIT = {"limit": whole_number("the latest so many; 0 or none: all")}


@router.get("/rejects", summary="List rejects, newest first", openapi_extra=lists("Reject", words=_LIMIT))
@needs("raw.see")
def list_rejects(
    request: HttpRequest,
    pbx: str = "",
    body: Annotated[int, Field(ge=0, lt=1 << 62)] | None = None,
    aside: bool = False,  # noqa: FBT001, FBT002 - Ninja spells the query as parameters
) -> HttpResponseBase:
    """List the records that could not be read, with the reason; those that were put aside with `aside` alone.

    `body` lists those of one import or answer, `limit` the latest so many; `format` is as for lists.
    """
    words = words_of(request)
    check_pbxs(pbx)
    rows = rejects(ledger_of(request), RejectFilter(pbx=pbx, body=body, aside=aside), whole(words, "limit"))
    return listed(request, (*REJECT_VIEW, *(ASIDE if aside else ())), rows)


@router.post("/rejects/retry", summary="Read rejects again", openapi_extra=answers(MendedRejects))
@needs("pbxs.change")
def retry_rejects(request: HttpRequest, pbx: str = "") -> HttpResponse:
    """Read the rejects again, with the formats and settings as they are now."""
    pbxs.check_known(pbx)
    mended = runtime.engine().retry_rejects(pbx)
    audit.record(actor_of(request), "pbx.retry", pbx or "all", {"mended": ["", str(mended)]})
    return answer(MendedRejects(mended))


@router.post("/rejects/put-aside", summary="Put rejects aside", openapi_extra=answers(RejectsAside))
@needs("pbxs.change")
def put_rejects_aside(request: HttpRequest, chosen: RejectsToPutAside) -> HttpResponse:
    """Put rejects aside: they are kept and listed with `aside`, and count no more as records that cannot be read."""
    wanted = chosen.wanted(aside=False)
    count = rejecting.put_aside(actor_of(request), ledger_of(request), wanted, chosen.note)
    return answer(RejectsAside(count))


@router.post(
    "/rejects/bring-back",
    summary="Bring rejects back that were put aside",
    openapi_extra=answers(RejectsBack),
)
@needs("pbxs.change")
def bring_rejects_back(request: HttpRequest, chosen: ChosenRejects) -> HttpResponse:
    """Let rejects that were put aside stand again."""
    count = rejecting.bring_back(actor_of(request), ledger_of(request), chosen.wanted(aside=True))
    return answer(RejectsBack(count))
