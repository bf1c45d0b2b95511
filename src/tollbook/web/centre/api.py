"""`/api/centre`: the centre that this site tells how it is doing. Only commands on the machine join and leave one."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine import runtime
from tollbook.model.fence import Fence
from tollbook.model.place import JoinCode, Joined
from tollbook.model.problem import Misconfigured, NotThere, Problem, Unavailable
from tollbook.site import changed
from tollbook.site.audit import operations as audit
from tollbook.site.places import taken
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.centre import link, worker
from tollbook.web.people.actors import actor_of, check_command
from tollbook.web.people.roles import needs

router = WordRouter(tags=["site"])

_REFUSAL = Problem(
    "only a command on the machine joins or leaves a centre",
    "from then on somebody else learns how this site is doing",
    help="use `tollbook join` or `tollbook leave` on the machine",
)


class WantedCentre(Schema):
    """The centre to join: its address, the code, and where the system does not trust its certificate, the authority.

    `takes_set_up` says whether this site takes over what the centre hands down.
    """

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=500)]
    code: Annotated[str, Field(max_length=200)]
    authority: Annotated[str, Field(max_length=100_000)] = ""
    takes_set_up: bool = True


class ShownCentre(msgspec.Struct, frozen=True, kw_only=True):
    """The centre, what this site is called there, when it was told last how this site is, and what is wrong since."""

    url: str
    place: str
    told_at: str | None = None
    trouble: str = ""


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """The centre that was left; where it could not be told, `untold` says why."""

    url: str
    place: str
    untold: str = ""


@router.get("/centre", summary="The centre of this site", openapi_extra=answers(ShownCentre))
@needs("system.see")
def show_centre(request: HttpRequest) -> HttpResponse:
    """Return the centre that is told how this site is doing, without the token."""
    found, state = _link(), worker.state() or worker.CentreState()
    return answer(ShownCentre(url=found.url, place=found.place, told_at=state.told_at, trouble=state.trouble))


@router.post("/centre", summary="Join a centre", openapi_extra=answers(ShownCentre, 201))
@needs("system.change")
def join_centre(request: HttpRequest, wanted: WantedCentre) -> HttpResponse:
    """Exchange a code for a token of this place, and begin to tell the centre how this site is doing."""
    check_command(request, _REFUSAL)
    site = runtime.engine().site
    begun = link.CentreLink(
        url=link.address_of_centre(site.fence, wanted.url),
        place="",
        token="",
        authority=wanted.authority,
        takes_set_up=wanted.takes_set_up,
    )
    known = link.read(site.path)
    if known and known.url != begun.url:
        reason = f"it is a place of {known.url}"
        raise Misconfigured(Problem("this site has joined a centre", reason, help="`tollbook leave` leaves it"))
    joined = _joined(site.fence, begun, wanted.code)
    link.write(site.path, msgspec.structs.replace(begun, place=joined.name, token=joined.token))
    audit.record(actor_of(request), "centre.join", begun.url, {"place": ["", joined.name]})
    changed.tell()
    return answer(ShownCentre(url=begun.url, place=joined.name), 201)


def _joined(fence: Fence, begun: link.CentreLink, code: str) -> Joined:
    try:
        with closing(link.Centre(fence, begun)) as centre:
            return centre.ask("join", JoinCode(code), Joined)
    except link.CentreRefused as fault:
        help_ = "make another code there: `tollbook place code NAME`, or on its page Places"
        raise Misconfigured(Problem("the centre does not take this place in", str(fault), help=help_)) from fault


@router.delete("/centre", summary="Leave the centre", openapi_extra=answers(Left))
@needs("system.change")
def leave_centre(request: HttpRequest) -> HttpResponse:
    """Tell the centre that this place leaves it, and forget it, whether it answers or not."""
    check_command(request, _REFUSAL)
    site, found, untold = runtime.engine().site, _link(), ""
    try:
        with closing(link.Centre(site.fence, found)) as centre:
            centre.ask("leave", {}, link.Nothing)
    except Unavailable as fault:
        untold = str(fault)
    link.remove(site.path)
    taken.forget()
    audit.record(actor_of(request), "centre.leave", found.url)
    return answer(Left(url=found.url, place=found.place, untold=untold))


def _link() -> link.CentreLink:
    found = link.read(runtime.engine().site.path)
    if found is None:
        help_ = "`tollbook place add NAME` at the centre gives a code for `tollbook join URL CODE`"
        raise NotThere(Problem("this site has joined no centre", "it has no centre.json", help=help_))
    return found
