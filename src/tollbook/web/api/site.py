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
from msgspec.structs import fields
from ninja import Path

from tollbook import clock
from tollbook.engine import runtime
from tollbook.engine.care.doctor import Finding
from tollbook.journal.notices import Notice
from tollbook.model.backup import BackupState
from tollbook.model.health import Health, Lag
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.model.sink import SinkHealth
from tollbook.site.audit import operations as audit
from tollbook.site.pbxs import operations as pbxs
from tollbook.store.ledger import Ledger
from tollbook.store.questions import CallRate, Counts, counts_by_pbx, usual_rates
from tollbook.web.api import access
from tollbook.web.api.listing import answer, listed, streamed
from tollbook.web.api.shapes import answers, lists, streams, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.pbxs.connection_status import standing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import SIGNED_IN, needs

router = WordRouter(tags=["site"])

_SHORTEST_NONCE = 16
_PIECE = 192 << 10


_BESIDE: dict[str, Any] = {"standing": str, "calls_last_hour": int, "usual_calls": float | None, "paused": bool}
PbxStatus: type[msgspec.Struct] = msgspec.defstruct(
    "PbxStatus",
    [*((each.name, each.type) for of in (Health, Counts) for each in fields(of)), *_BESIDE.items()],
    namespace={"__doc__": "How a PBX is doing, and what became of its records."},
)


class SiteStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the site is doing: its PBXs and sinks, how far the store is behind the journal, and its backups."""

    version: str
    pbxs: list[PbxStatus]  # type: ignore[valid-type] # a type that is made here
    sinks: list[SinkHealth]
    lag: Lag
    backup: BackupState


_JOURNAL = {
    "pbx": text("name of a PBX; all unless said"),
    "from": text("first day of arrival, in UTC"),
    "to": text("last day of arrival, in UTC"),
}


class JournalPiece(msgspec.Struct, frozen=True):
    """The next bytes of a file, in base64: of a PBX and a day of arrival (UTC), `<pbx>/<day>.txt`."""

    file: str
    data: str


@router.get("/here", auth=None, include_in_schema=False)
@needs(SIGNED_IN)
def here(request: HttpRequest, nonce: str) -> HttpResponse:
    """Prove to a command that this is the server whose token it was given."""
    if not _SHORTEST_NONCE <= len(nonce) <= 4 * _SHORTEST_NONCE:
        raise Misconfigured(Problem("'nonce' has the wrong length", f"16 to 64 characters, got {len(nonce)}"))
    return answer({"tollbook": version("tollbook"), "proofs": access.proof(nonce)})


@router.get("/status", summary="How the site is doing", openapi_extra=lists(PbxStatus, of=SiteStatus))
@needs("pbxs.see")
def status(request: HttpRequest) -> HttpResponseBase:
    """Return the health of PBXs and sinks, and how far the store is behind the journal.

    In other formats than JSON it is the health of the PBXs alone.
    """
    words = words_of(request)
    rows = list(_health_and_counts(ledger_of(request)))
    if words.get("format", "json") != "json":
        return listed(request, PbxStatus.__struct_fields__, rows)
    engine = runtime.engine()
    told = {"pbxs": rows, "sinks": engine.sinks.health(), "lag": engine.lag(), "backup": engine.backups.state()}
    return answer({"version": version("tollbook"), **told})


def _health_and_counts(ledger: Ledger) -> Iterator[dict[str, Any]]:
    engine = runtime.engine()
    counts = counts_by_pbx(ledger)
    known, now = engine.pbxs(), clock.now()
    rates = {zone: usual_rates(ledger, now.astimezone(zone)) for zone in {pbx.zone for pbx in known.values()}}
    for health in engine.health():
        of_pbx = counts.get(health.pbx, Counts())
        pbx = known[health.pbx]
        rate = rates[pbx.zone].get(health.pbx, CallRate())
        told = (standing(health, pbx.source, now), rate.calls, rate.usual, pbx.paused)
        beside = dict(zip(_BESIDE, told, strict=True))
        yield msgspec.to_builtins(health) | msgspec.to_builtins(of_pbx) | beside


@router.get("/lag", summary="How far the store is behind", openapi_extra=answers(Lag))
@needs("pbxs.see")
def lag(request: HttpRequest) -> HttpResponse:
    """Say how many journal entries are not stored yet."""
    return answer(runtime.engine().lag())


@router.get("/doctor", summary="Check the site", openapi_extra=lists(Finding))
@needs("pbxs.see")
def doctor(request: HttpRequest) -> HttpResponseBase:
    """Check the site and say what to mend (`format` as for lists, JSON by default)."""
    words = words_of(request)
    findings = runtime.engine().doctor()
    if words.get("format", "json") == "json":
        return answer(findings)
    return listed(request, Finding.__struct_fields__, map(msgspec.structs.asdict, findings))


@router.get("/notices", summary="What was found when the site was opened", openapi_extra=answers(list[Notice]))
@needs("pbxs.see")
def notices(request: HttpRequest) -> HttpResponse:
    """List what nobody has dealt with: when it was found (`at`, microseconds since 1970 UTC), what, and what to do."""
    return answer(runtime.engine().notices())


@router.post("/notices/{number}/done", summary="Say that a notice is dealt with", openapi_extra=answers(list[Notice]))
@needs("system.change")
def notice_done(request: HttpRequest, number: Annotated[int, Path(ge=0, lt=1 << 62)]) -> HttpResponse:
    """Take a notice off the list."""
    if not runtime.engine().settle_notice(number):
        reason = "there is none of that number, or it was dealt with before"
        raise NotThere(Problem(f"no notice {number} stands", reason, help="`tollbook doctor` lists those that do"))
    audit.record(actor_of(request), "notice.done", str(number))
    return answer(runtime.engine().notices())


@router.post("/rebuild", summary="Make the store again", openapi_extra=answers(Lag, 202))
@needs("system.change")
def rebuild(request: HttpRequest) -> HttpResponse:
    """Begin to make the store again from the journal; `/api/lag` says how far it is."""
    engine = runtime.engine()
    engine.rebuild()
    audit.record(actor_of(request), "ledger.rebuild")
    return answer(engine.lag(), 202)


@router.get("/journal", summary="The journal's raw text", openapi_extra=streams(JournalPiece, _JOURNAL))
@needs("hidden.see")
def journal(request: HttpRequest) -> StreamingHttpResponse:
    """Return raw text per PBX and day of arrival (UTC) as NDJSON: `file` is `<pbx>/<day>.txt`, `data` its next bytes.

    The bytes are in base64. An archive is a file of its own, as it came.
    """
    words = words_of(request)
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
            yield msgspec.json.encode(JournalPiece(name, piece)) + b"\n"
