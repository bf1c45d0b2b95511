"""`/api/files`: files of reports and phone bills that are made in the background."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.engine.runtime import engine
from tollbook.model.ready_file import FileAsked, FileState, ReadyFile
from tollbook.web.api.listing import answer, listed, streamed
from tollbook.web.api.shapes import answers, lists
from tollbook.web.api.words import WordRouter
from tollbook.web.audit.looking import check_reason_of_file
from tollbook.web.files import making
from tollbook.web.files.whose import files_of, is_open, one_of, open_one
from tollbook.web.people.roles import needs

router = WordRouter(tags=["files"])
_PIECE = 1 << 16
_Text = Annotated[str, Field(max_length=1000)]


class FileToMake(Schema):
    """What is to be made: a report by its slug, a breakdown (`explore`) or a phone bill.

    `words` are those that its address takes, `format` among them: pdf, xlsx, csv, parquet, html or json.
    `set` are parameters of a report, `name=value` each.
    """

    model_config = ConfigDict(extra="forbid")

    of: Literal["report", "explore", "phone-bill"] = "report"
    report: Annotated[str, Field(max_length=80)] = ""
    words: Annotated[dict[str, _Text], Field(max_length=60, default_factory=dict)]
    set: Annotated[list[_Text], Field(max_length=20, default_factory=list)]


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file. `part` of it is done, from 0 to 1; `reason` says why there is none. Sizes are bytes, instants UTC.

    `open` says whether it would be handed out: it is no more where what its asker may see has changed since.
    """

    file: str
    title: str
    format: str
    name: str
    asked_by: str
    state: FileState
    part: float
    reason: str
    rows: int
    size: int
    asked_at: str
    ended_at: str | None
    expires_at: str | None
    open: bool


def facts_of(request: HttpRequest, there: ReadyFile) -> FileFacts:
    """Return what may be known of a file."""
    return FileFacts(
        **{name: getattr(there, name) for name in ("title", "name", "asked_by", "state", "reason", "rows", "size")},
        file=there.key,
        format=there.form,
        part=round(there.part, 3),
        asked_at=_instant(there.asked_at) or "",
        ended_at=_instant(there.ended_at),
        expires_at=_instant(there.expires_at),
        open=is_open(request, there),
    )


def _instant(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@router.get("/files", summary="Files that are made or ready", openapi_extra=lists(FileFacts))
@needs("calls.see")
def list_files(request: HttpRequest) -> HttpResponseBase:
    """List the files of whoever asks, the newest first: those that are made, that are ready, and that failed."""
    rows = (msgspec.structs.asdict(facts_of(request, each)) for each in files_of(request))
    return listed(request, FileFacts.__struct_fields__, rows)


@router.post("/files", summary="Have a file made", openapi_extra=answers(FileFacts, status=202))
@needs("calls.see")
def make_file(request: HttpRequest, wanted: FileToMake) -> HttpResponse:
    """Have a file made in the background, of what whoever asks may see now."""
    asked = FileAsked(of=wanted.of, report=wanted.report, words=wanted.words, settings=tuple(wanted.set))
    check_reason_of_file(request, "make_file", asked)
    return answer(facts_of(request, making.ask(request, asked)), status=202)


@router.get("/files/{file}", summary="How far a file is", openapi_extra=answers(FileFacts))
@needs("calls.see")
def show_file(request: HttpRequest, file: str) -> HttpResponse:
    """Return how far a file is."""
    return answer(facts_of(request, one_of(request, file)))


@router.post("/files/{file}/cancel", summary="Give a file up", openapi_extra=answers(FileFacts))
@needs("calls.see")
def cancel_file(request: HttpRequest, file: str) -> HttpResponse:
    """Give a file up that is still to be made; one that has ended stays as it is."""
    return answer(facts_of(request, engine().files.cancel(one_of(request, file).key)))


@router.delete("/files/{file}", summary="Remove a file", openapi_extra=answers(FileFacts))
@needs("calls.see")
def remove_file(request: HttpRequest, file: str) -> HttpResponse:
    """Remove a file, or give it up and forget it."""
    told = facts_of(request, one_of(request, file))
    engine().files.remove(file)
    return answer(told)


@router.get("/files/{file}/content", summary="The file itself", openapi_extra=answers(bytes))
@needs("calls.see")
def download_file(request: HttpRequest, file: str) -> HttpResponseBase:
    """Return a file that is ready, while its asker may see what they could when they asked."""
    there = open_one(request, file)
    check_reason_of_file(request, "download_file", there.asked)
    return handed_out(request, there)


def handed_out(request: HttpRequest, there: ReadyFile) -> HttpResponseBase:
    """Answer with a file that may be had; raises `NotThere` where it is not ready."""
    response = streamed(request, _pieces(engine().files.path_of(there.key)), there.media_type)
    response["Content-Disposition"] = f'attachment; filename="{there.name}"'
    response["Content-Length"] = str(there.size)
    return response


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
