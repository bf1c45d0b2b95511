"""What is asked of schedules by a request: who asks, and a schedule as it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.schedule import LinkKind, QuestionKind, ReportSchedule, ScheduledQuestion, ScheduledSending
from tollbook.reports.known import reports
from tollbook.schedule.moments import check, upcoming, zone_named
from tollbook.schedule.words import in_words, to_cron
from tollbook.site.schedules.operations import Asker
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import access_of
from tollbook.web.reports.asked import own_reports
from tollbook.web.schedules import answering
from tollbook.web.zones import site_zone

NEXT = 3
"""Moments that are shown ahead."""


class WrittenSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule as it is written: `when` in words or cron, `report` a slug, `explore` or `phone-bill`."""

    name: str
    report: str = ""
    when: str = ""
    zone: str = ""
    destination: str = ""
    recipients: list[str] = []
    departments: dict[str, str] = {}
    words: dict[str, str] = {}
    settings: dict[str, str] = {}
    files: list[str] = []
    link: str = LinkKind.PAGE.value
    only_if: str = ""


class ShownSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule with what it is about in words, and the next moments at which it runs, in its own zone."""

    name: str
    report: str
    title: str
    when: str
    cron: str
    zone: str
    next: list[str]
    destination: str
    recipients: list[str]
    departments: dict[str, str]
    words: dict[str, str]
    settings: dict[str, str]
    files: list[str]
    link: str
    only_if: str
    owner: str
    paused: bool
    paused_because: str


def asker_of(request: HttpRequest) -> Asker:
    """Return who makes a request, and what they may do."""
    return Asker(actor=actor_of(request), access=access_of(request))


def schedule_of(actor: Actor, given: WrittenSchedule) -> ReportSchedule:
    """Return a schedule as it was written; raises `Misconfigured` with what is wrong with its question or moments."""
    question = _question(given)
    answering.check(question)
    link = next((each for each in LinkKind if each == given.link), None)
    if link is None:
        known = ", ".join(LinkKind)
        raise Misconfigured(Problem(f"'link' must be one of {known}", f"got {given.link[:40]!r}"))
    return ReportSchedule(
        name=given.name.strip(),
        owner=actor,
        question=question,
        cron=to_cron(given.when),
        zone=given.zone.strip() or site_zone().key,
        sending=ScheduledSending(
            destination=given.destination.strip(),
            recipients=tuple(dict.fromkeys(each.strip() for each in given.recipients if each.strip())),
            departments={path.strip(): address.strip() for path, address in given.departments.items()},
            files=tuple(dict.fromkeys(given.files)),
            link=link,
        ),
        only_if=given.only_if.strip(),
    )


def _question(given: WrittenSchedule) -> ScheduledQuestion:
    slug = given.report.strip()
    if not slug:
        raise Misconfigured(Problem("'report' is missing", "a schedule sends a report", help="`tollbook report list`"))
    known = {kind.value: kind for kind in QuestionKind if kind is not QuestionKind.REPORT}
    kind = known.get(slug, QuestionKind.REPORT)
    words = {name: text for name, text in given.words.items() if text.strip()}
    report = slug if kind is QuestionKind.REPORT else ""
    return ScheduledQuestion(kind=kind, report=report, words=words, settings=dict(given.settings))


def next_moments(when: str, zone: str) -> list[datetime]:
    """Return the next moments, by the clock of a zone; raises `Misconfigured`."""
    cron, here = to_cron(when), zone_named(zone or site_zone().key)
    check(cron, here, clock.now())
    return [at.astimezone(here) for at in upcoming(cron, here, clock.now(), NEXT)]


def several_shown(schedules: Iterable[ReportSchedule]) -> list[ShownSchedule]:
    """Return schedules as the API and the pages show them."""
    titles = {slug: str(each.document["title"]) for slug, each in reports(own_reports()).items()}
    return [_shown(each, titles) for each in schedules]


def shown(schedule: ReportSchedule) -> ShownSchedule:
    """Return a schedule as the API and the pages show it."""
    return several_shown([schedule])[0]


def _shown(schedule: ReportSchedule, titles: Mapping[str, str]) -> ShownSchedule:
    question, sending = schedule.question, schedule.sending
    moments = [] if schedule.paused else next_moments(schedule.cron, schedule.zone)
    told: dict[str, Any] = {
        "name": schedule.name,
        "report": question.report or question.kind.value,
        "title": _title_of(question, titles),
        "when": in_words(schedule.cron),
        "cron": schedule.cron,
        "zone": schedule.zone,
        "next": [f"{at:%Y-%m-%d %H:%M}" for at in moments],
        "destination": sending.destination,
        "recipients": list(sending.recipients),
        "departments": sending.departments,
        "words": question.words,
        "settings": question.settings,
        "files": list(sending.files),
        "link": sending.link.value,
        "only_if": schedule.only_if,
        "owner": schedule.owner.name,
        "paused": schedule.paused,
        "paused_because": schedule.paused_because,
    }
    return ShownSchedule(**told)


def _title_of(question: ScheduledQuestion, titles: Mapping[str, str]) -> str:
    """Return what a question is called; a report that is gone by its slug."""
    if question.kind is QuestionKind.PHONE_BILL:
        return "Phone bill"
    if question.kind is QuestionKind.EXPLORE:
        return "Breakdown of the explorer"
    return titles.get(question.report, question.report)


def written(schedule: ReportSchedule) -> WrittenSchedule:
    """Return a schedule as it is written again."""
    told = msgspec.structs.asdict(shown(schedule))
    return WrittenSchedule(**{name: told[name] for name in WrittenSchedule.__struct_fields__})
