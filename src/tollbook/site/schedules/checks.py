"""Checks a schedule as a person wrote it, as far as can be said without asking its question."""

from __future__ import annotations

from collections.abc import Callable

from tollbook import clock
from tollbook.model.pbx import NAME
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.schedule import FILES, QuestionKind, ReportSchedule
from tollbook.schedule.conditions import read_condition
from tollbook.schedule.moments import check, zone_named
from tollbook.site.destinations import operations as destinations
from tollbook.site.destinations.checks import recipient_problems
from tollbook.site.directory.names import Names

MOST_RECIPIENTS = 200


def problems_of(schedule: ReportSchedule) -> list[Problem]:
    """Return what is wrong with a schedule's name, moments, destination, recipients and condition."""
    found = []
    if not NAME.fullmatch(schedule.name):
        reason = "a name is 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        what = f"{schedule.name[:60]!r} cannot be a schedule's name"
        found.append(Problem(what, reason, help="for example 'weekly-costs'"))
    for each in (_moments, _sending, _departments, _condition):
        found += _raised(each, schedule)
    unknown = [name for name in schedule.sending.files if name not in FILES]
    found += [Problem(f"'files' cannot be {name[:40]!r}", f"known are: {', '.join(FILES)}") for name in unknown]
    return found


def _raised(look: Callable[[ReportSchedule], list[Problem]], schedule: ReportSchedule) -> list[Problem]:
    try:
        return look(schedule)
    except Misconfigured as fault:
        return list(fault.problems)


def _moments(schedule: ReportSchedule) -> list[Problem]:
    check(schedule.cron, zone_named(schedule.zone), clock.now())
    return []


def _sending(schedule: ReportSchedule) -> list[Problem]:
    sending = schedule.sending
    place = destinations.find(sending.destination)
    if sending.departments and schedule.question.kind is QuestionKind.PHONE_BILL:
        return [Problem("'departments' do not go with a phone bill", "a bill is of one alone")]
    if sending.departments and sending.recipients:
        return [Problem("'recipients' do not go with 'departments'", "each department has its own address")]
    recipients = list(sending.departments.values() if sending.departments else sending.recipients)
    if len(recipients) > MOST_RECIPIENTS:
        return [Problem("'recipients' are too many", f"{len(recipients)} of {MOST_RECIPIENTS}")]
    return recipient_problems(place, recipients)


def _departments(schedule: ReportSchedule) -> list[Problem]:
    names = Names(people=[])
    found = [names.known_department(path) for path in schedule.sending.departments]
    return [each for each in found if isinstance(each, Problem)]


def _condition(schedule: ReportSchedule) -> list[Problem]:
    read_condition(schedule.only_if)
    return []
