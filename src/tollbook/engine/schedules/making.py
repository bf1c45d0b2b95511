"""Makes the messages of a run: asks the question as the owner may ask it, and writes mail and files.

Nothing is stored here. Made again after a crash, the messages have the same keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from urllib.parse import quote, urlencode

import msgspec

from tollbook.engine.jobs import Jobs
from tollbook.model.message import DeliveryMessage, MessageFile, MessageImage
from tollbook.model.problem import NotAllowed, Problem
from tollbook.model.report import ReportTable
from tollbook.model.schedule import LinkKind, QuestionKind, ReportSchedule, RunState
from tollbook.render.reports.formats import REPORT_FORMATS, ReportOptions, file_name, refuse_too_long, report_file
from tollbook.render.reports.mail import PICTURE, mailed, picture
from tollbook.schedule.conditions import ROWS, read_condition
from tollbook.schedule.moments import zone_named
from tollbook.site.outbox.leaving import leave_token, open_token
from tollbook.site.people.access import access_of
from tollbook.site.schedules.claiming import ClaimedRun, RunResult
from tollbook.store.filters import read_filter
from tollbook.store.ledger import Ledger

_NEEDED = ("calls.see", "schedules.change")


class ScheduledAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a question was answered with: a table, and files of its own where it has others than a report's.

    `logo` is the picture at the head of PDFs.
    """

    table: ReportTable
    logo: bytes = b""
    files: Mapping[str, MessageFile] = {}


class ScheduledAsking(msgspec.Struct, frozen=True, kw_only=True):
    """A question to answer: of which schedule, of which calls, and which day it is."""

    schedule: ReportSchedule
    ledger: Ledger
    day: date


class MakingTools(msgspec.Struct, frozen=True, kw_only=True):
    """What runs are made with: who answers, who draws, and under which address recipients reach the pages."""

    answer: Callable[[ScheduledAsking], ScheduledAnswer]
    ledger_of: Callable[[ReportSchedule], Ledger]
    jobs: Jobs
    address: str


class MadePart(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is made, whom it is for, and what is kept of it."""

    message: DeliveryMessage
    recipients: tuple[str, ...]
    kept: tuple[MessageFile, ...]


class MadeRun(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of a run, and what is said where some are not sent."""

    parts: tuple[MadePart, ...]
    said: str = ""

    def result(self) -> RunResult:
        """Return how the run ended, once its messages are in the outbox."""
        count = sum(max(len(part.recipients), 1) for part in self.parts)
        if not self.parts:
            return RunResult(state=RunState.NOTHING, said=self.said)
        told = f"{count} {'message' if count == 1 else 'messages'} handed to the outbox"
        outputs = tuple(file for part in self.parts for file in part.kept)
        return RunResult(
            state=RunState.SENT,
            said="; ".join(filter(None, (told, self.said))),
            messages=count,
            outputs=outputs,
        )


def check_owner(schedule: ReportSchedule) -> None:
    """Raise `NotAllowed` where the owner is gone, or may no longer have reports sent."""
    access = access_of(schedule.owner)
    for permission in _NEEDED:
        if not access.may(permission):
            reason = f"{schedule.owner.name} may no longer do this here (permission {permission})"
            if not access.role:
                reason = f"{schedule.owner.name} can no longer sign in"
            help_ = "give it back, or add the schedule again as somebody else"
            raise NotAllowed(Problem(f"{schedule.name} is not run", reason, help=help_))


def made(run: ClaimedRun, tools: MakingTools) -> MadeRun:
    """Return the messages of a run; raises `NotAllowed`, `Misconfigured`, `Unavailable` or `JobFailed`."""
    check_owner(run.schedule)
    whole = tools.ledger_of(run.schedule)
    parts, silent = [], []
    for name, recipients, ledger in _shares(run.schedule, whole):
        part = _MessageOfRun(run, tools, name).made(ledger, recipients)
        if part:
            parts.append(part)
        else:
            silent.append(name)
    said = ""
    if silent:
        of = f" of {', '.join(filter(None, silent))}" if any(silent) else ""
        said = f"the condition {run.schedule.only_if!r} did not hold{of}"
    return MadeRun(parts=tuple(parts), said=said)


def _shares(schedule: ReportSchedule, whole: Ledger) -> Iterator[tuple[str, tuple[str, ...], Ledger]]:
    """Yield whom messages are for, and whose calls each is about: of a department no more than its own."""
    if not schedule.sending.departments:
        yield "", schedule.sending.recipients, whole
    for path, address in schedule.sending.departments.items():
        yield path, (address,), whole.within(read_filter({"department": path}), ())


class _MessageOfRun:
    """One message of a run: of all, or of a department."""

    def __init__(self, run: ClaimedRun, tools: MakingTools, department: str) -> None:
        self._run, self._tools, self._department = run, tools, department
        self._schedule = run.schedule
        self._sending = run.schedule.sending

    def made(self, ledger: Ledger, recipients: tuple[str, ...]) -> MadePart | None:
        """Return the message, None where the condition does not hold."""
        day = self._run.due_at.astimezone(zone_named(self._schedule.zone)).date()
        answer = self._tools.answer(ScheduledAsking(schedule=self._schedule, ledger=ledger, day=day))
        table = self._titled(answer.table)
        condition = read_condition(self._schedule.only_if)
        if condition and not condition.holds(figures(table)):
            return None
        files = tuple(self._file(form, table, answer) for form in self._sending.files)
        page = self._file("html", table, answer)
        link = self._link(table, page.name)
        drawn = self._tools.jobs.run(picture, table) if table.chart else b""
        body = mailed(table, has_picture=bool(drawn), link=link)
        message = DeliveryMessage(
            key=f"{self._run.key}{f'-{self._department}' if self._department else ''}"[:200],
            subject=f"{table.title}, {table.period.words}" if table.period.words else table.title,
            text=body.text,
            html=body.html,
            images=(MessageImage(name=PICTURE, content=drawn, said=body.said),) if drawn else (),
            files=files,
            link=link,
            topic=self._schedule.topic,
            unsubscribe=self._leaving(recipients),
        )
        return MadePart(message=message, recipients=recipients, kept=(page, *files))

    def _titled(self, table: ReportTable) -> ReportTable:
        if not self._department:
            return table
        return msgspec.structs.replace(table, title=f"{table.title}: {self._department}", scope=self._department)

    def _file(self, form: str, table: ReportTable, answer: ScheduledAnswer) -> MessageFile:
        if form in answer.files:
            return answer.files[form]
        refuse_too_long(form, table)
        known, options = REPORT_FORMATS[form], ReportOptions(logo=answer.logo)
        run = partial(self._tools.jobs.run, report_file) if known.is_heavy else report_file
        data = run(form, table, options)
        name = file_name(form, table)
        if self._department:
            name = f"{self._department.replace(' / ', '-').replace('/', '-')}-{name}"
        return MessageFile(name=name, type=known.media_type.partition(";")[0], content=data)

    def _link(self, table: ReportTable, page: str) -> str:
        address, kind = self._tools.address, self._sending.link
        if not address or kind is LinkKind.NONE:
            return ""
        if kind is LinkKind.OPEN:
            return f"{address}/sent/{open_token(self._run.number, page)}/"
        return address + _page_of(self._schedule, table, self._department)

    def _leaving(self, recipients: tuple[str, ...]) -> dict[str, str]:
        if not self._tools.address:
            return {}
        topic = self._schedule.topic
        return {each: f"{self._tools.address}/leave/{leave_token(topic, each)}/" for each in recipients}


def _page_of(schedule: ReportSchedule, table: ReportTable, department: str) -> str:
    """Return the address of the page that shows the same, its days as dates."""
    question = schedule.question
    words = {name: text for name, text in question.words.items() if name != "period"}
    if question.kind is QuestionKind.PHONE_BILL:
        return f"/costs/phone-bills/?{urlencode(question.words)}"
    for name, day in (("from", table.period.first), ("to", table.period.last)):
        if day:
            words[name] = day.isoformat()
    if department:
        words["department"] = department
    words |= {f"set-{name}": text for name, text in question.settings.items()}
    slug = "explore" if question.kind is QuestionKind.EXPLORE else quote(question.report)
    return f"/reports/{slug}/?{urlencode(words)}"


def figures(table: ReportTable) -> dict[str, Decimal]:
    """Return what a condition can ask of a report: how many rows it has, and the totals of its measures.

    Of a report without totals a measure is added up over its rows; what is no number is left out.
    """
    found = {ROWS: Decimal(len(table.rows) - table.has_others)}
    for place, column in enumerate(table.columns):
        if not column.is_measure and table.totals is not None:
            continue
        values = [table.totals[place]] if table.totals is not None else [row[place] for row in table.rows]
        numbers = [Decimal(str(each)) for each in values if isinstance(each, int | float | Decimal)]
        if column.is_measure or numbers:
            found.setdefault(column.name, sum(numbers, Decimal(0)))
    return found
