"""Answers the question of a schedule, as a page would have: the same words, the same reports, the same bills.

The calls are those of the ledger that is handed in, and the day is the one that the run stands for.
"""

from __future__ import annotations

from datetime import date

import msgspec

from tollbook.engine.runtime import engine
from tollbook.engine.schedules.making import ScheduledAnswer, ScheduledAsking
from tollbook.model.message import MessageFile
from tollbook.model.periods import PERIODS
from tollbook.model.problem import Misconfigured, NotAllowed, Problem, nearest
from tollbook.model.report import ReportTable
from tollbook.model.schedule import QuestionKind, ScheduledQuestion
from tollbook.render.bills.files import BILL_FORMATS, BillOptions, bill_file, bill_file_name
from tollbook.render.bills.tables import sum_list
from tollbook.reports.breakdown import checked
from tollbook.reports.known import report
from tollbook.reports.running import ReportRun, explore, run
from tollbook.store.filters import ASKED
from tollbook.web.chargeback.bill_asked import BILL_WORDS, WHOLE_MONTHS, asked_bill
from tollbook.web.reports.asked import BREAKDOWN, asked_breakdown, asked_run, own_reports
from tollbook.web.reports.charts import chart_for
from tollbook.web.system.kept_logo import kept_logo


def answer(asking: ScheduledAsking) -> ScheduledAnswer:
    """Return the answer to a schedule's question; raises `Misconfigured`."""
    question = asking.schedule.question
    if question.kind is QuestionKind.PHONE_BILL:
        return _bill(asking)
    return ScheduledAnswer(table=_table(asking, question), logo=kept_logo())


def _table(asking: ScheduledAsking, question: ScheduledQuestion) -> ReportTable:
    wanted: ReportRun = asked_run(question.words, question.settings, asking.schedule.owner)
    wanted = msgspec.structs.replace(wanted, today=asking.day)
    if question.kind is QuestionKind.EXPLORE:
        asked = checked(asked_breakdown(question.words))
        return explore(asking.ledger, asked, wanted, chart_for(asked, ""))
    return run(asking.ledger, report(question.report, own_reports()), wanted)


def _bill(asking: ScheduledAsking) -> ScheduledAnswer:
    if asking.ledger.scope.hides_costs:
        help_ = "ask an administrator for a role that may see what calls cost"
        raise NotAllowed(Problem("a phone bill is about costs", "the owner does not see what calls cost", help=help_))
    words = dict(asking.schedule.question.words)
    words["month"] = _months(words.pop("period", "") or words.get("month", ""), asking.day)
    bill = asked_bill(asking.ledger, words)
    files = {}
    for form in asking.schedule.sending.files:
        kind, options = BILL_FORMATS[form], BillOptions(logo=kept_logo())
        content = engine().jobs.run(bill_file, form, bill, options) if kind.is_heavy else bill_file(form, bill, options)
        type_ = kind.media_type.partition(";")[0]
        files[form] = MessageFile(name=bill_file_name(form, bill), type=type_, content=content)
    return ScheduledAnswer(table=sum_list(bill), files=files)


def _months(text: str, day: date) -> str:
    """Return the months of a bill, those of a named period reckoned from a day."""
    period = text or "last-month"
    if period not in WHOLE_MONTHS:
        return period
    first, last = PERIODS[period](day)
    return f"{first:%Y-%m}..{last:%Y-%m}"


def words_known(kind: QuestionKind) -> tuple[str, ...]:
    """Return the words that a question of a kind can have."""
    if kind is QuestionKind.PHONE_BILL:
        return ("period", *BILL_WORDS)
    return (*ASKED, "compare", *(BREAKDOWN if kind is QuestionKind.EXPLORE else ()))


def check(question: ScheduledQuestion) -> None:
    """Raise `Misconfigured` for a question that cannot be asked, as far as can be said without asking it."""
    known_words = words_known(question.kind)
    unknown = [
        Problem(
            f"nothing can be asked by {name[:40]!r}", "the report knows no such word", help=nearest(name, known_words)
        )
        for name in question.words
        if name not in known_words
    ]
    if unknown:
        raise Misconfigured(*unknown)
    if question.kind is QuestionKind.EXPLORE:
        checked(asked_breakdown(question.words))
    elif question.kind is QuestionKind.REPORT:
        known = report(question.report, own_reports())
        known.filled(known.settings(question.settings))
    asked_run({} if question.kind is QuestionKind.PHONE_BILL else question.words, question.settings)
