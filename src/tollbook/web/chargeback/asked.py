"""Which statement is asked for, and what it is made of, for the API and the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest

from tollbook.chargeback.lines import STATEMENT_BY, ChargedTo, StatementAsked, StatementBy, StatementDays, StatementLine
from tollbook.chargeback.statement import StatementBasis, statement
from tollbook.engine.runtime import engine
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.model.recurring import Recurring
from tollbook.site.directory import operations as directory
from tollbook.site.monthly_charges import operations as monthly_charges
from tollbook.site.targets import named
from tollbook.web.asking import ledger_of
from tollbook.web.zones import today

MONTHS = Recurring("month")


def asked_words(words: Mapping[str, str]) -> StatementAsked:
    """Return which statement the words `by` and `month` ask for; raises `Misconfigured`."""
    return StatementAsked(asked_by(words.get("by", "")), asked_month(words.get("month", "")))


def asked_by(text: str) -> StatementBy:
    """Return by what a statement is asked; raises `Misconfigured`."""
    word = (text or STATEMENT_BY[0]).replace("-", "_")
    found = next((each for each in STATEMENT_BY if each == word), None)
    if found is None:
        raise Misconfigured(
            Problem(
                f"nothing is charged by {text[:40]!r}",
                "a statement is by one of four",
                help=nearest(word, STATEMENT_BY),
            ),
        )
    return found


def asked_month(text: str) -> StatementDays:
    """Return the days of a month such as 2026-10, without one of the last that is over; raises `Misconfigured`."""
    if not text:
        until = MONTHS.begun(today())
        return StatementDays(MONTHS.begun(until - timedelta(days=1)), until)
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
        return StatementDays(first, MONTHS.ended(first))
    except (ValueError, OverflowError):
        raise Misconfigured(Problem("'month' must be a month such as 2026-10", f"got {text[:40]!r}")) from None


def basis() -> StatementBasis:
    """Return what a statement is made of beside calls."""
    return StatementBasis(
        directory=directory.owners_alone(),
        charges=monthly_charges.every(),
        tax_of=engine().tariffs.tax_of,
    )


def asked_statement(request: HttpRequest, asked: StatementAsked) -> list[StatementLine]:
    """Return the lines of a statement, as whoever asks may see them."""
    return statement(ledger_of(request), basis(), asked.by, asked.days)


def names_of(by: StatementBy, some: Iterable[ChargedTo]) -> Mapping[int, str]:
    """Return what some are called by id; who left the directory keeps the name of their charge."""
    if by == "extension":
        return {}
    ids = {each.id for each in some}
    kept = {each.target_id: each.target for each in monthly_charges.every() if each.kind == by}
    return {**{id_: kept[id_] for id_ in ids & kept.keys()}, **named(by, ids)}
