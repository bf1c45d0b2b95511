"""`/api/config`: the set-up of a site as texts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit import operations as audit
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import answers
from tollbook.web.api.words import WordRouter
from tollbook.web.config import texts
from tollbook.web.config.applying import ConfigResult, apply
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["config"])

FileName = Annotated[str, Field(max_length=200)]
_MOST_FILES = 1000


class ConfigTexts(msgspec.Struct, frozen=True):
    """The set-up by file name."""

    files: dict[str, str]


class GivenConfig(Schema):
    """Texts of a set-up by file name; with `dry_run` nothing is changed."""

    model_config = ConfigDict(extra="forbid")

    files: dict[FileName, str] = Field(max_length=_MOST_FILES)
    dry_run: bool = False


class WantedConfig(Schema):
    """Whether passwords are wanted, too."""

    model_config = ConfigDict(extra="forbid")

    secrets: bool = False


@router.post("/config/export", summary="The set-up as texts", openapi_extra=answers(ConfigTexts))
@needs("system.change")
def export_config(request: HttpRequest, wanted: WantedConfig) -> HttpResponse:
    """Return all that is set up as texts, to those who may change it, of schedules those that they may see."""
    audit.record(actor_of(request), "config.export", "with secrets" if wanted.secrets else "without secrets")
    return answer(ConfigTexts(texts.written(actor_of(request), secrets=wanted.secrets)))


@router.post("/config", summary="Apply a set-up", openapi_extra=answers(ConfigResult))
@needs("system.change")
def apply_config(request: HttpRequest, given: GivenConfig) -> HttpResponse:
    """Make the site what texts say, whole or not at all; what they do not name is left alone."""
    if sum(map(len, given.files.values())) > texts.LARGEST:
        raise Misconfigured(Problem("the set-up is too large", f"{texts.LARGEST:,} characters are taken"))
    return answer(apply(actor_of(request), given.files, dry_run=given.dry_run))
