"""Which phone bill is asked for by words, and what it says beside calls, for the API and the pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from tollbook.chargeback.itemised import BillAsked
from tollbook.chargeback.lines import ChargedTo, StatementDays
from tollbook.chargeback.phone_bill import BillHead, phone_bill
from tollbook.clock import now
from tollbook.model.directory import Directory
from tollbook.model.periods import PERIODS
from tollbook.model.phone_bill import BILLED_TO, Mask, PhoneBill
from tollbook.model.problem import Misconfigured, Problem
from tollbook.render.bills.tables import SUBTOTALS, Subtotals
from tollbook.site.phone_bills.operations import read_mask, usual_mask
from tollbook.site.targets import ChargedTarget, named, resolved
from tollbook.store.covering import covers
from tollbook.store.ledger import Ledger
from tollbook.web.chargeback.asked import asked_month, basis
from tollbook.web.chargeback.bill_budgets import billed_budgets
from tollbook.web.reports.asked import zones_of
from tollbook.web.zones import today

BILL_WORDS = (*BILLED_TO, "pbx", "month", "mask", "by")
WHOLE_MONTHS = ("last-month", "this-month", "last-quarter", "this-quarter", "last-year", "this-year", "last-12-months")
"""The names of periods of which there are bills."""
_DAY = timedelta(days=1)
_TO = ".."
_MOST_DAYS = 3660


def asked_bill(ledger: Ledger, words: Mapping[str, str]) -> PhoneBill:
    """Return the bill that words ask for, of the calls of a ledger; raises `Misconfigured`."""
    known, target = basis(), asked_target(words)
    whose = (target.name, target.pbx) if target.kind == "extension" else target.id
    if not covers(ledger, known.directory, target.kind, whose):
        raise Misconfigured(Problem(f"there is no bill of {target} for you", "you see the calls of others only"))
    asked = BillAsked(
        kind=next(each for each in BILLED_TO if each == target.kind),
        name=target.name,
        whom=frozenset(_whom(target, known.directory)),
        days=asked_months(words.get("month", "")),
        mask=asked_mask(words.get("mask", "")),
    )
    people = named("person", [each.person for each in known.directory.assignments if each.person])
    people = {**people, **{each.target_id: each.target for each in known.charges if each.kind == "person"}}
    head = BillHead(
        zone=zones_of(target.pbx),
        made_at=now(),
        person=lambda number: people.get(number, f"Person {number}"),
        budgets=billed_budgets(ledger, known.directory, asked),
    )
    return phone_bill(ledger, known, asked, head)


def asked_target(words: Mapping[str, str]) -> ChargedTarget:
    """Return whose bill is asked for; raises `Misconfigured`."""
    given = [(kind, text) for kind in BILLED_TO if (text := words.get(kind, "").strip())]
    if len(given) != 1:
        what = "it is not said whose bill" if not given else "a bill is one's alone"
        reason = f"{len(given)} were given"
        raise Misconfigured(Problem(what, reason, help=f"give one of {', '.join(BILLED_TO)}"))
    ((kind, name),) = given
    found = resolved(ChargedTarget(kind=kind, name=name, pbx=words.get("pbx", "").strip()))
    if isinstance(found, list):
        raise Misconfigured(*found)
    return found


def asked_months(text: str) -> StatementDays:
    """Return the days of a month, of several (`2026-01..2026-03`) or of a named period; raises `Misconfigured`."""
    if text in WHOLE_MONTHS:
        first, last = PERIODS[text](today())
        return StatementDays(first, last + _DAY)
    begin, several, end = text.partition(_TO)
    found = asked_month(begin)
    if several:
        found = StatementDays(found.first, asked_month(end or "-").until)
    if not timedelta() < found.until - found.first < timedelta(days=_MOST_DAYS):
        raise Misconfigured(Problem("'month' must be some months, the first one first", f"got {text[:40]!r}"))
    return found


def asked_mask(text: str) -> Mask:
    """Return what is left out of numbers, without a word what the site has set; raises `Misconfigured`."""
    return read_mask(text.strip()) if text.strip() else usual_mask()


def asked_subtotals(text: str) -> Subtotals:
    """Return by what calls are put together; raises `Misconfigured`."""
    word = text.strip() or SUBTOTALS[0]
    found = next((each for each in SUBTOTALS if each == word), None)
    if found is None:
        raise Misconfigured(Problem(f"'by' must be one of {', '.join(SUBTOTALS)}", f"got {word[:40]!r}"))
    return found


def _whom(target: ChargedTarget, directory: Directory) -> Iterator[ChargedTo]:
    """Yield the lines of statements that a bill has: of a department with all below it."""
    if target.kind == "extension":
        yield ChargedTo(pbx=target.pbx, extension=target.name)
        return
    yield from map(ChargedTo, directory.with_those_below(target.id) if target.kind == "department" else {target.id})
