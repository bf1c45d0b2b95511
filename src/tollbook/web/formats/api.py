"""`/api/formats`: a format of the site's own as one file, and one that somebody shared."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from tollbook.engine.sharing.adding import AddedFormat
from tollbook.model.sharing_limits import SHARED_BYTES
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import BYTES, answers
from tollbook.web.api.words import WordRouter
from tollbook.web.formats import passing
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["formats"])


@router.get("/formats/{slug}/file", summary="A format as one file", openapi_extra=answers(bytes))
@needs("pbxs.change")
def share_format(request: HttpRequest, slug: str, fictitious: str = "", even_so: str = "") -> HttpResponse:
    """Return one of the site's own formats as a zip, to be passed on.

    It is refused where it holds what could be about somebody: each finding says file, line and what to do.
    `fictitious=yes` replaces telephone numbers in the file, `even_so=yes` shares it whatever was found.
    """
    made = passing.shared_by(actor_of(request), slug, fictitious=fictitious == "yes", even_so=even_so == "yes")
    return passing.as_download(slug, made)


@router.post("/formats", summary="Add a shared format", openapi_extra={**BYTES, **answers(AddedFormat, 201)})
@needs("pbxs.change")
def add_format(
    request: HttpRequest, name: str = "", replace: str = "", even_so: str = "",
) -> HttpResponse:  # fmt: skip
    """Add the format in a file that `share` made, once its own cases come to what they say.

    `name` gives it another name, `replace=yes` puts it in the place of one of that name, and `even_so=yes` takes it
    though it reads lines of another format.
    """
    data = request.read(SHARED_BYTES + 1)
    choices = passing.choices(name=name, replace=replace == "yes", even_so=even_so == "yes")
    return answer(passing.added_by(actor_of(request), data, choices), 201)
