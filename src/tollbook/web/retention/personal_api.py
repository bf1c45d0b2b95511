"""`/api/personal-data`: what is known of one number or person. Numbers come in bodies, never in addresses."""

from __future__ import annotations

from typing import Annotated

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.retention import personal
from tollbook.web.retention.personal import PersonalDataErased, PersonalDataFound, Wanted

router = WordRouter(tags=["site"])


class OfWhom(Schema):
    """A number outside, in any notation, or a person of the directory by name or mail."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(max_length=60)] = ""
    person: Annotated[str, Field(max_length=200)] = ""

    def wanted(self) -> Wanted:
        """Return of whom; raises `Misconfigured`."""
        return Wanted(number=self.number.strip(), person=self.person.strip())


@router.post("/personal-data/find", summary="What is known of somebody", openapi_extra=answers(PersonalDataFound))
@needs("system.change")
def find_personal_data(request: HttpRequest, of: OfWhom) -> HttpResponse:
    """Count what is known of a number or a person."""
    return answer(personal.found(actor_of(request), of.wanted()))


@router.post("/personal-data/give", summary="All that is known of somebody, as ZIP", openapi_extra=answers(bytes))
@needs("system.change")
def give_personal_data(request: HttpRequest, of: OfWhom) -> HttpResponseBase:
    """Give all that is known of a number or a person: calls, records as they came, notes, the directory."""
    file = personal.given(actor_of(request), of.wanted())
    return FileResponse(file, as_attachment=True, filename="personal-data.zip", content_type="application/zip")


@router.post(
    "/personal-data/erase", summary="Remove what is known of somebody", openapi_extra=answers(PersonalDataErased)
)
@needs("system.change")
def erase_personal_data(request: HttpRequest, of: OfWhom) -> HttpResponse:
    """Take a number out of its calls, or a person out of the directory. It does not come back."""
    return answer(personal.erased(actor_of(request), of.wanted()))
