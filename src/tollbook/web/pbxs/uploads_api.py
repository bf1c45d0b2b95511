"""`/api/uploads`: a file of which one first asks what its import would give; then it is imported, or dropped."""

from __future__ import annotations

import msgspec
from django.http import HttpRequest, HttpResponse

from tollbook.engine import runtime
from tollbook.model.dry_run import DryRun, Upload
from tollbook.model.limits import IMPORT_SAMPLE
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.pbxs import operations as pbxs
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import BYTES, answers
from tollbook.web.api.words import WordRouter
from tollbook.web.pbxs import importing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["imports"])


class BegunUpload(msgspec.Struct, frozen=True):
    """The key of an upload, to which its bytes are sent."""

    upload: str


@router.post("/dry-run", summary="What the beginning of a file would give", openapi_extra={**BYTES, **answers(DryRun)})
@needs("pbxs.change")
def dry_run(request: HttpRequest, pbx: str) -> HttpResponse:
    """Read text as records of a PBX and say what an import would give; nothing is kept.

    At most 1 MiB, no archive. To ask that of a whole file, upload it.
    """
    data = request.read(IMPORT_SAMPLE + 1)
    if len(data) > IMPORT_SAMPLE:
        hint = "send its beginning, or upload it: POST /api/uploads"
        raise Misconfigured(Problem("the text is too long", f"at most {IMPORT_SAMPLE} bytes are read", help=hint))
    return answer(runtime.engine().dry_runs.of_text(data, pbxs.find(pbx).name))


@router.post("/uploads", summary="Begin an upload", openapi_extra=answers(BegunUpload, 201))
@needs("pbxs.change")
def begin_upload(request: HttpRequest, pbx: str, name: str) -> HttpResponse:
    """Begin to send a file of a PBX that is to be looked at first; returns the key to send its bytes to."""
    importing.check_name(name)
    return answer(BegunUpload(runtime.engine().uploads.begin(pbxs.find(pbx).name, name)), 201)


@router.put(
    "/uploads/{upload}",
    summary="Send bytes of an upload",
    openapi_extra={**BYTES, **answers(importing.TakenBytes)},
)
@needs("pbxs.change")
def send_upload(request: HttpRequest, upload: str) -> HttpResponse:
    """Take the file's next bytes, at most 8 MiB."""
    data = importing.piece_of(request)
    with importing.uploaded():
        runtime.engine().uploads.take(upload, data)
    return answer(importing.TakenBytes(len(data)))


@router.post("/uploads/{upload}/finish", summary="End an upload", openapi_extra=answers(Upload, 202))
@needs("pbxs.change")
def finish_upload(request: HttpRequest, upload: str) -> HttpResponse:
    """Say that the file is whole. It is read then, and nothing of it stored; its state tells what was found."""
    with importing.uploaded():
        runtime.engine().uploads.finish(upload)
        return answer(runtime.engine().uploads.state(upload), 202)


@router.get("/uploads/{upload}", summary="How far an upload is", openapi_extra=answers(Upload))
@needs("pbxs.see")
def show_upload(request: HttpRequest, upload: str) -> HttpResponse:
    """Say how far a file is (`stage`), and once it is `read`, what its import would give (`found`)."""
    with importing.uploaded():
        return answer(runtime.engine().uploads.state(upload))


@router.post("/uploads/{upload}/import", summary="Import an upload", openapi_extra=answers(Upload, 202))
@needs("pbxs.change")
def import_upload(request: HttpRequest, upload: str, even_if_unreadable: bool = False) -> HttpResponse:  # noqa: FBT001, FBT002 - a word of the query
    """Import a file that was read. One of which nothing can be read is refused unless `even_if_unreadable` is true.

    `body` of its state is the number of the import, once that has begun.
    """
    return answer(importing.keep(actor_of(request), upload, even_if_unreadable=even_if_unreadable), 202)


@router.delete("/uploads/{upload}", summary="Drop an upload", openapi_extra=answers(Upload))
@needs("pbxs.change")
def drop_upload(request: HttpRequest, upload: str) -> HttpResponse:
    """Delete a file that is not wanted; nothing of it was stored."""
    with importing.uploaded():
        return answer(runtime.engine().uploads.drop(upload))
