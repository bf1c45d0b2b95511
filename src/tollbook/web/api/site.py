"""`/api/status`, `/api/doctor`, `/api/rebuild`, `/api/journal`: the site as a whole."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import Path, Router

from tollbook import clock
from tollbook.engine import runtime
from tollbook.engine.care.doctor import Finding
from tollbook.model.health import Health
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs import operations as pbxs
from tollbook.store.ledger import Ledger
from tollbook.store.questions import Counts, Rate, counts_by_pbx, usual_rates
from tollbook.web.api import access
from tollbook.web.api.listing import answer, listed, read_words, streamed
from tollbook.web.asking import ledger_of
from tollbook.web.pbxs.connection_status import standing
from tollbook.web.people.actors import actor_of

router = Router(tags=["site"])

_TOLD = ("standing", "calls_last_hour", "usual_calls")
_STATUS_COLUMNS = tuple(dict.fromkeys((*Health.__struct_fields__, *Counts.__struct_fields__, *_TOLD, "paused")))
_SHORTEST_NONCE = 16
_PIECE = 192 << 10


@router.get("/here", auth=None, include_in_schema=False)
def here(request: HttpRequest, nonce: str) -> HttpResponse:
    """Prove to a command that this is the server whose token it was given."""
    read_words(request, ("nonce",))
    if not _SHORTEST_NONCE <= len(nonce) <= 4 * _SHORTEST_NONCE:
        raise Misconfigured(Problem("'nonce' has the wrong length", f"16 to 64 characters, got {len(nonce)}"))
    return answer({"tollbook": version("tollbook"), "proofs": access.proof(nonce)})


@router.get("/status", summary="How the site is doing")
def status(request: HttpRequest) -> HttpResponseBase:
    """Return the health of PBXs and sinks, and how far the store is behind the journal (`format=csv`: PBXs only)."""
    words = read_words(request, ("format",))
    rows = list(_health_and_counts(ledger_of(request)))
    if words.get("format", "json") != "json":
        return listed(request, _STATUS_COLUMNS, rows)
    engine = runtime.engine()
    told = {"pbxs": rows, "sinks": engine.sinks.health(), "lag": engine.lag()}
    return answer({"version": version("tollbook"), **told})


def _health_and_counts(ledger: Ledger) -> Iterator[dict[str, Any]]:
    engine = runtime.engine()
    counts = counts_by_pbx(ledger)
    known, now = engine.pbxs(), clock.now()
    rates = {zone: usual_rates(ledger, now.astimezone(zone)) for zone in {pbx.zone for pbx in known.values()}}
    for health in engine.health():
        of_pbx = counts.get(health.pbx, Counts())
        pbx = known[health.pbx]
        rate = rates[pbx.zone].get(health.pbx, Rate())
        told = (standing(health, pbx.source, now), rate.calls, rate.usual)
        beside = {**dict(zip(_TOLD, told, strict=True)), "paused": pbx.paused}
        yield msgspec.to_builtins(health) | msgspec.to_builtins(of_pbx) | beside


@router.get("/lag", summary="How far the store is behind")
def lag(request: HttpRequest) -> HttpResponse:
    """Say how many journal entries are not stored yet."""
    read_words(request, ())
    return answer(runtime.engine().lag())


@router.get("/doctor", summary="Check the site")
def doctor(request: HttpRequest) -> HttpResponseBase:
    """Check the site and say what to mend (`format` as for lists, JSON by default)."""
    words = read_words(request, ("format",))
    findings = runtime.engine().doctor()
    if words.get("format", "json") == "json":
        return answer(findings)
    return listed(request, Finding.__struct_fields__, map(msgspec.structs.asdict, findings))


@router.get("/notices", summary="What was found when the site was opened")
def notices(request: HttpRequest) -> HttpResponse:
    """List what nobody has dealt with: when it was found (`at`, microseconds since 1970 UTC), what, and what to do."""
    read_words(request, ())
    return answer(runtime.engine().notices())


@router.post("/notices/{number}/done", summary="Say that a notice is dealt with")
def notice_done(request: HttpRequest, number: Annotated[int, Path(ge=0, lt=1 << 62)]) -> HttpResponse:
    """Take a notice off the list."""
    read_words(request, ())
    if not runtime.engine().settle_notice(number):
        reason = "there is none of that number, or it was dealt with before"
        raise NotThere(Problem(f"no notice {number} stands", reason, help="`tollbook doctor` lists those that do"))
    audit.record(actor_of(request), "notice.done", str(number))
    return answer(runtime.engine().notices())


@router.post("/rebuild", summary="Make the store again")
def rebuild(request: HttpRequest) -> HttpResponse:
    """Begin to make the store again from the journal; `/api/lag` says how far it is."""
    read_words(request, ())
    engine = runtime.engine()
    engine.rebuild()
    audit.record(actor_of(request), "ledger.rebuild")
    return answer(engine.lag(), 202)


@router.get("/journal", summary="The journal's raw text")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Return raw text per PBX and day of arrival (UTC) as NDJSON: `file` is `<pbx>/<day>.txt`, `data` its next bytes.

    The bytes are in base64. An archive is a file of its own, as it came.
    """
    words = read_words(request, ("pbx", "from", "to"))
    pbxs.check_known(words.get("pbx", ""))
    first, last = _day(words, "from"), _day(words, "to")
    pieces = runtime.engine().export(words.get("pbx", ""), first, last)
    return streamed(request, _lines(pieces), "application/x-ndjson")


def _day(words: dict[str, str], name: str) -> str:
    text = words.get(name, "")
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise Misconfigured(Problem(f"'{name}' must be a day such as 2026-01-31", f"got {text!r}")) from None


def _lines(pieces: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    for name, data in pieces:
        for start in range(0, len(data), _PIECE):
            piece = base64.b64encode(data[start : start + _PIECE]).decode("ascii")
            yield msgspec.json.encode({"file": name, "data": piece}) + b"\n"
