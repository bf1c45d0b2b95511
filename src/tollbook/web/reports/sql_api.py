"""`/api/reports/sql`: SQL of one's own, for administrators and tokens that may change."""

from __future__ import annotations

import re

import msgspec
from django.http import HttpRequest, HttpResponse

from tollbook.engine.runtime import engine
from tollbook.model.actor import Actor
from tollbook.model.page_limits import OWN_SQL_TEXT
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportTable
from tollbook.reports.definition import Report
from tollbook.reports.running import ReportRun, run
from tollbook.site.audit import operations as audit
from tollbook.store.ledger import Ledger
from tollbook.web.api.listing import answer
from tollbook.web.api.shapes import BYTES, FILTERS, answers
from tollbook.web.api.words import WordRouter, words_of
from tollbook.web.asking import ledger_of
from tollbook.web.people.actors import actor_of
from tollbook.web.people.roles import needs
from tollbook.web.reports.api import REPORT_FORMAT, AnsweredReport
from tollbook.web.reports.asked import asked_run, asker_of, sent

router = WordRouter(tags=["reports"])
_TITLE = "SQL of one's own"
_TOLD = re.compile(r"'(?:[^']|'')*'|[0-9]{5,}")


class CancelledSql(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was a statement of whoever asked to be ended."""

    cancelled: bool


@router.post(
    "/reports/sql",
    summary="SQL of one's own, asked",
    openapi_extra={**BYTES, **answers(AnsweredReport, words={**FILTERS, **REPORT_FORMAT}, files=True)},
)
@needs("sql.ask")
def ask_sql(request: HttpRequest) -> HttpResponse:
    """Ask a statement that is sent as text, over the calls that all given filters mean.

    It is one SELECT over the documented views. One of each person or token runs at a time.
    """
    words = words_of(request)
    data = request.read(4 * OWN_SQL_TEXT + 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Misconfigured(Problem("the SQL cannot be read", "it is not UTF-8", "SQL")) from None
    actor = actor_of(request)
    return sent(asked_sql(ledger_of(request), text, asked_run(words, {}, actor), actor), words)


@router.post("/reports/sql/cancel", summary="End SQL of one's own", openapi_extra=answers(CancelledSql))
@needs("sql.ask")
def cancel_sql(request: HttpRequest) -> HttpResponse:
    """End the statement that whoever asks is having asked."""
    return answer(CancelledSql(cancelled=engine().own_sql.cancel(asker_of(actor_of(request)))))


def asked_sql(ledger: Ledger, text: str, wanted: ReportRun, actor: Actor) -> ReportTable:
    """Return what a statement gives, noted in the audit; raises `Misconfigured` with what is wrong with it."""
    audit.record(actor, "report.sql", in_short(text))
    document = {"title": _TITLE, "question": _TITLE, "group": "system"}
    return run(ledger, Report("", document, text, is_own=True), wanted)


def in_short(text: str) -> str:
    r"""Return a statement on one line without its texts and long numbers, which may be of people.

    >>> in_short("SELECT *\nFROM calls WHERE caller = '+442079460135'")
    "SELECT * FROM calls WHERE caller = '…'"
    """
    return " ".join(_TOLD.sub("'…'", text).split())[:150]
