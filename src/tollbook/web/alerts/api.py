"""`/api/alerts`, `/api/alert-hits`: rules over calls, trying them on the past, and what they found."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Schema
from pydantic import ConfigDict, Field

from tollbook import clock
from tollbook.engine.alerts.past import tried
from tollbook.model.alert import AlertRule
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.alerts import operations
from tollbook.web.alerts.showing import (
    KindOfAlert,
    ShownAlert,
    ShownHit,
    TriedAlert,
    acknowledged,
    changeable,
    kinds_of_alert,
    rule_of,
    rules_of,
    shown_hits,
    shown_rule,
    shown_tried,
    visible_hits,
)
from tollbook.web.api.listing import answer, listed
from tollbook.web.api.settings import MOST, Name, Short, Text
from tollbook.web.api.shapes import answers, lists, text
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import recent_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs

router = WordRouter(tags=["alerts"])
_LONGEST_MUTE_M = 366 * 1440
_DAYS = 30
Delivery = Annotated[str, Field(max_length=300)]


class WantedAlert(Schema):
    """An alert: a kind with its settings, filter words, office hours and which calls are meant, and how it tells.

    `throttle_m` are minutes between two messages at least, `digest_m` those in which hits are collected first.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    kind: Name
    settings: dict[Short, Text] = Field(default_factory=dict, max_length=MOST)
    words: dict[Short, Text] = Field(default_factory=dict, max_length=MOST)
    hours: str = Field("", max_length=300)
    when: Short = "always"
    holidays: Short = ""
    history_days: int = 0
    digest_m: int = 0
    throttle_m: int | None = None
    deliveries: list[Delivery] = Field(default_factory=list, max_length=MOST)
    enabled: bool = True


class WantedAlertChange(Schema):
    """What to change of an alert; a setting or word that is null is taken away."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)
    words: dict[Short, Text | None] = Field(default_factory=dict, max_length=MOST)
    hours: str | None = Field(None, max_length=300)
    when: Short | None = None
    holidays: Short | None = None
    history_days: int | None = None
    digest_m: int | None = None
    throttle_m: int | None = None
    deliveries: list[Delivery] | None = Field(None, max_length=MOST)
    enabled: bool | None = None


class WantedMute(Schema):
    """For how many minutes an alert is to tell of nothing; 0 lets it tell again."""

    model_config = ConfigDict(extra="forbid")

    minutes: int


class WantedAcknowledgement(Schema):
    """Which hits somebody has seen, with a note."""

    model_config = ConfigDict(extra="forbid")

    hits: list[Annotated[int, Field(ge=1, le=1 << 62)]] = Field(max_length=1000)
    note: str = Field("", max_length=500)


class AcknowledgedHits(msgspec.Struct, frozen=True):
    """How many hits were acknowledged."""

    acknowledged: int


@router.get("/alert-kinds", summary="List the kinds of alert", openapi_extra=lists(KindOfAlert))
@needs("calls.see")
def list_kinds(request: HttpRequest) -> HttpResponseBase:
    """List the kinds of alert that there are."""
    return listed(request, KindOfAlert.__struct_fields__, map(msgspec.to_builtins, kinds_of_alert()))


@router.get("/alerts", summary="List alerts", openapi_extra=lists(ShownAlert))
@needs("calls.see")
def list_alerts(request: HttpRequest) -> HttpResponseBase:
    """List the alerts that you may look at: your own, and all of them where you see every call."""
    rules = rules_of(request)
    counts = Counter(each.rule.name for each in visible_hits(request, operations.hits(only_open=True)))
    rows = (msgspec.to_builtins(shown_rule(each, counts[each.name])) for each in rules)
    return listed(request, ShownAlert.__struct_fields__, rows)


@router.post("/alerts", summary="Set up an alert", openapi_extra=answers(ShownAlert, 201))
@needs("alerts.change")
def add_alert(request: HttpRequest, alert: WantedAlert) -> HttpResponse:
    """Set up an alert of your own, for calls that end from now on: it looks at the calls that you may see."""
    return answer(shown_rule(operations.add(actor_of(request), given_alert(alert))), 201)


def given_alert(alert: WantedAlert) -> operations.GivenAlert:
    """Return an alert as it is to be set up."""
    told = alert.dict()
    return operations.GivenAlert(
        **told | {"kind": told["kind"].replace("-", "_"), "deliveries": tuple(alert.deliveries)}
    )


@router.post("/alert-try", summary="Try an alert before it is set up", openapi_extra=answers(TriedAlert))
@needs("calls.see")
def try_new(request: HttpRequest, alert: WantedAlert, days: int = _DAYS) -> HttpResponse:
    """Say how often an alert would have told you of something in the last days, and of what. Nothing is kept."""
    rule = operations.draft(actor_of(request), given_alert(alert))
    return answer(tried_by(request, rule, days))


def tried_by(request: HttpRequest, rule: AlertRule, days: int) -> TriedAlert:
    """Try a rule on the calls that somebody may see."""
    return shown_tried(request, days, tried(recent_of(request), rule, clock.now(), days))


@router.get("/alerts/{name}", summary="One alert", openapi_extra=answers(ShownAlert))
@needs("calls.see")
def show_alert(request: HttpRequest, name: str) -> HttpResponse:
    """Return an alert as it is set up."""
    rule = rule_of(request, name)
    count = sum(1 for _ in visible_hits(request, operations.hits(name, only_open=True)))
    return answer(shown_rule(rule, count))


@router.get("/alerts/{name}/try", summary="Try an alert on the past", openapi_extra=answers(TriedAlert))
@needs("calls.see")
def try_alert(request: HttpRequest, name: str, days: int = _DAYS) -> HttpResponse:
    """Say how often an alert would have told you of something in the last days, and of what."""
    return answer(tried_by(request, rule_of(request, name), days))


@router.patch("/alerts/{name}", summary="Change an alert", openapi_extra=answers(ShownAlert))
@needs("alerts.change")
def change_alert(request: HttpRequest, name: str, change: WantedAlertChange) -> HttpResponse:
    """Change an alert, or switch it on or off."""
    changeable(request, name)
    told = change.dict()
    told["deliveries"] = None if change.deliveries is None else tuple(change.deliveries)
    return answer(shown_rule(operations.change(actor_of(request), name, operations.AlertChange(**told))))


@router.post("/alerts/{name}/mute", summary="Mute an alert", openapi_extra=answers(ShownAlert))
@needs("alerts.change")
def mute_alert(request: HttpRequest, name: str, mute: WantedMute) -> HttpResponse:
    """Let an alert tell of nothing for some minutes; what it finds meanwhile is listed all the same."""
    changeable(request, name)
    return answer(shown_rule(operations.mute(actor_of(request), name, muted_until(mute.minutes))))


def muted_until(minutes: int) -> datetime | None:
    """Return until when an alert is muted; raises `Misconfigured`."""
    if not 0 <= minutes <= _LONGEST_MUTE_M:
        raise Misconfigured(Problem(f"'minutes' must be 0 to {_LONGEST_MUTE_M}", f"got {minutes}"))
    return clock.now() + timedelta(minutes=minutes) if minutes else None


@router.delete("/alerts/{name}", summary="Remove an alert", openapi_extra=answers(ShownAlert))
@needs("alerts.change")
def remove_alert(request: HttpRequest, name: str) -> HttpResponse:
    """Remove an alert with all that it found."""
    found = changeable(request, name)
    operations.remove(actor_of(request), name)
    return answer(shown_rule(found))


_HIT_WORDS = {"alert": text("only of this alert"), "open": text("yes: only what nobody has acknowledged")}


@router.get("/alert-hits", summary="List what alerts found", openapi_extra=lists(ShownHit, words=_HIT_WORDS))
@needs("calls.see")
def list_hits(request: HttpRequest) -> HttpResponseBase:
    """List what alerts found among the calls that you may see, the latest first."""
    words = words_of(request)
    rows = operations.hits(words.get("alert", ""), only_open=words.get("open", "") == "yes")
    hits = shown_hits(request, visible_hits(request, rows))
    return listed(request, ShownHit.__struct_fields__, map(msgspec.to_builtins, hits))


@router.post("/alert-hits/acknowledge", summary="Acknowledge hits", openapi_extra=answers(AcknowledgedHits))
@needs("alerts.change")
def acknowledge_hits(request: HttpRequest, acknowledgement: WantedAcknowledgement) -> HttpResponse:
    """Note that you have seen what alerts found."""
    return answer(AcknowledgedHits(acknowledged(request, acknowledgement.hits, acknowledgement.note)))
