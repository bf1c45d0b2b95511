"""A carrier's bill, checked against the ledger: asked by words and a file, for the API and the page."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest

from tollbook.engine.runtime import engine
from tollbook.model.page_limits import BILL_FILE, BILL_LINES, BILLED_CALLS, BILLS_AT_ONCE
from tollbook.model.problem import Misconfigured, NotThere, Problem, Unavailable, nearest
from tollbook.numbering.dialled import number_of
from tollbook.numbering.plan import read_plan
from tollbook.rating.bills.bill_form import ROLES, SETTINGS, BillForm, NumberForm, Spelling, bill_form
from tollbook.rating.bills.checking import BillOutcome, BillTerms, CheckedBill, CheckedCall, check
from tollbook.rating.bills.matching import TooManyPairs
from tollbook.rating.bills.reading import Bill, UnreadLine, read_bill
from tollbook.rating.lists.asking import ListAnswer, OpenQuestion, Understood
from tollbook.rating.lists.headings import ListRow
from tollbook.render.formatting import long_time
from tollbook.site.tariffs.list_files import rows_of_text
from tollbook.store.billed_calls import BilledDays, calls_to_bill
from tollbook.store.filters import spelled_out
from tollbook.store.price_preview import plain
from tollbook.web.asking import ledger_of
from tollbook.web.costs.asked import meant
from tollbook.web.zones import today

BILL_WORDS = (*SETTINGS, *(f"column.{role}" for role in ROLES))
"""Settings of a bill's form, as words of a request."""
_DURATION = re.compile(r"(\d{1,6})([sm]?)")
_LONGEST_TOLERANCE_S = 6 * 3600
_ANY_COUNTRY = "DE"
"""What a number written as E.164 means does not depend on where it is dialled."""
_at_work = threading.BoundedSemaphore(BILLS_AT_ONCE)


class BillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A billed call, one of ours, or both. What is of the bill: `line` to `billed`; of ours: `id` to `own_currency`.

    `started` is as the bill has it, `started_local` PBX time. `difference` is by how much the bill is higher.
    """

    outcome: BillOutcome
    line: int | None
    number: str | None
    started: str | None
    billed_s: int | None
    billed: Decimal | None
    id: str | None
    started_local: str | None
    extension: str | None
    own_s: int | None
    own: Decimal | None
    own_currency: str | None
    difference: Decimal | None
    late_s: int | None


class BillSum(msgspec.Struct, frozen=True, kw_only=True):
    """All calls of one outcome; `difference` is by how much the bill is higher."""

    outcome: BillOutcome
    calls: int
    billed: Decimal
    own: Decimal
    difference: Decimal
    billed_s: int
    own_s: int


class BillCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a check. While it is not `ready` there are `questions` to be answered, and nothing else.

    `offset_s` is by how much the carrier's clock is ahead, `step_s` the seconds to which the bill rounds lengths up.
    `outside` are billed calls of other days, `totals` rows that add others up. `calls` are those that are not equal.
    """

    ready: bool
    understood: list[Understood]
    questions: list[OpenQuestion]
    currency: str = ""
    offset_s: int = 0
    step_s: int = 1
    outside: int = 0
    totals: int = 0
    sums: list[BillSum] = []
    calls: list[BillRow] = []
    unread: list[UnreadLine] = []
    notes: list[str] = []


def checked_bill(request: HttpRequest, words: Mapping[str, str], data: bytes, *, whole: bool = False) -> BillCheck:
    """Return how a bill differs from the ledger; `whole` lists the equal calls as well.

    Raises `Misconfigured` with what is wrong, or `Unavailable`.
    """
    if not words.get("tariff") and not words.get("pbx"):
        reason = "which calls of yours it is about is not said"
        raise Misconfigured(Problem("a bill is of a tariff or a PBX", reason, help="name a tariff, or a PBX"))
    asked = _AskedBill(words)
    with turn():
        bill = read_bill(_rows(data), asked.form, _spelling(asked.form.country))
        if bill.questions:
            return BillCheck(ready=False, understood=bill.understood, questions=list(map(_with_zones, bill.questions)))
        if not bill.lines:
            why = bill.unread[0].reason if bill.unread else "it has no row below its heading"
            raise Misconfigured(Problem("no call of the bill can be read", why))
        days, terms = asked.days(bill), asked.terms(bill)
        own = calls_to_bill(ledger_of(request), meant(asked.filter), days, BILLED_CALLS + 1)
        if len(own) > BILLED_CALLS:
            reason = f"there are more than {BILLED_CALLS} calls of ours"
            raise Misconfigured(Problem("the bill is about too many calls", reason, help="ask for fewer days"))
        try:
            found = check(bill.lines, own, terms)
        except TooManyPairs:
            reason = "one number is called again and again within the tolerance"
            raise Misconfigured(Problem("too many calls are alike", reason, help="use a smaller tolerance")) from None
    return _told(bill, found, whole=whole)


def _with_zones(question: OpenQuestion) -> OpenQuestion:
    """Return a question for the zone with those of the site's PBXs as choices."""
    if question.setting != "zone":
        return question
    names = dict.fromkeys([*(pbx.timezone for pbx in engine().pbxs_of_calls().values()), "UTC"])
    return msgspec.structs.replace(question, choices=[ListAnswer(name, "") for name in names])


@contextmanager
def turn() -> Iterator[None]:
    """Wait for nobody: a check takes a processor for some seconds."""
    if not _at_work.acquire(blocking=False):
        raise Unavailable("another bill is being checked; ask again in a moment")
    try:
        yield
    finally:
        _at_work.release()


def _rows(data: bytes) -> list[ListRow]:
    """Return the rows of a file; raises `Misconfigured`."""
    if len(data) > BILL_FILE:
        raise Misconfigured(
            Problem("the bill is too large", f"more than {BILL_FILE} bytes were sent", help="divide it by days")
        )
    try:
        rows = rows_of_text(data, Path("bill"))
    except Misconfigured as fault:
        problems = [Problem("the bill cannot be read", each.reason, help=each.help) for each in fault.problems]
        raise Misconfigured(*problems) from fault
    if not any(any(row.cells) for row in rows):
        hint = "see that the carrier's file was saved whole"
        raise Misconfigured(Problem("the bill cannot be read", "the file is empty", help=hint))
    if len(rows) > BILL_LINES:
        raise Misconfigured(Problem("the bill is too long", f"it has more than {BILL_LINES} rows", help="divide it"))
    return rows


def _spelling(country: str) -> Spelling:
    """Return what makes E.164 of a number, by how it is dialled in a country."""
    plan = read_plan({"country": country or _ANY_COUNTRY}, "bill")

    def spelled(text: str, form: NumberForm) -> str:
        if form == "e164" and not text.startswith(("+", "00")):
            text = f"+{text}"
        if not country and text.startswith("00"):
            text = f"+{text[2:]}"
        if not country and not text.startswith("+"):
            return ""
        return number_of(text, plan).e164 or ""

    return spelled


class _AskedBill:
    """What the words of a request say; raises `Misconfigured` with what is wrong."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        given = {name: words[name] for name in BILL_WORDS if words.get(name)}
        self.filter = {name: text for name in ("pbx",) if (text := words.get(name, ""))}
        if "country" not in given and (known := _countries(words.get("pbx", ""))):
            given["country"] = known
        self.form: BillForm = bill_form(given)
        tariffs = {each.tariff for each in engine().tariffs.versions()}
        if (tariff := words.get("tariff")) and tariff not in tariffs:
            hint = nearest(tariff, tariffs)
            raise NotThere(Problem(f"no tariff is called {tariff!r}", "this site has no such tariff", help=hint))
        self._tolerance_s = _tolerance(words.get("tolerance", ""))
        days = {name: words[name] for name in ("from", "to") if words.get(name)}
        meant({**days, **self.filter})
        self._dated = spelled_out(days, today(words.get("pbx", "")))

    def days(self, bill: Bill) -> BilledDays:
        """Return which calls of ours are asked about: those of the days that were said, else of the bill's own."""
        moments = [moment for line in bill.lines for moment in line.call.moments]
        first = self._bound("from", bill.form)
        until = self._bound("to", bill.form)
        return BilledDays(
            tariff=self._words.get("tariff", ""),
            first_s=min(moments) - self._tolerance_s if first is None else first,
            until_s=max(moments) + self._tolerance_s + 1 if until is None else until,
        )

    def terms(self, bill: Bill) -> BillTerms:
        """Return how the bill is compared."""
        return BillTerms(
            tolerance_s=self._tolerance_s,
            seconds=int(_amount("seconds", self._words.get("seconds") or "1")),
            price=_amount("price", self._words.get("price") or "0"),
            currency=bill.form.currency,
            first_s=self._bound("from", bill.form),
            until_s=self._bound("to", bill.form),
        )

    def _bound(self, name: str, form: BillForm) -> int | None:
        """Return where the days begin or end by the clock of the bill, in seconds since 1970 UTC."""
        text = self._dated.get(name)
        if not text:
            return None
        zone = ZoneInfo(form.zone) if form.zone else UTC
        if len(text) == len("2026-01-31"):
            day = date.fromisoformat(text) + timedelta(days=int(name == "to"))
            return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()) + int(name == "to")


def _countries(pbx: str) -> str:
    """Return the country of the dial plans of some PBXs, where it is one."""
    named = [each.strip() for each in pbx.split(",") if each.strip()]
    plans = [each.plan.get("", {}) for name, each in engine().pbxs_of_calls().items() if not named or name in named]
    found = {str(plan["country"]) for plan in plans if plan.get("country")}
    return found.pop() if len(found) == 1 else ""


def _tolerance(text: str) -> int:
    found = _DURATION.fullmatch(text or "120s")
    seconds = int(found[1]) * (60 if found[2] == "m" else 1) if found else -1
    if not 0 <= seconds <= _LONGEST_TOLERANCE_S:
        raise Misconfigured(Problem("'tolerance' must be a time such as 120s or 5m, 6 hours at most", f"got {text!r}"))
    return seconds


def _amount(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not (amount.is_finite() and 0 <= amount < 10**6):
        raise Misconfigured(Problem(f"'{name}' must be a number from 0 on", f"got {text!r}"))
    return amount


# ---------------------------------------------------------------- what is told


def _told(bill: Bill, found: CheckedBill, *, whole: bool) -> BillCheck:
    return BillCheck(
        ready=True,
        understood=bill.understood,
        questions=[],
        currency=found.currency,
        offset_s=found.offset_s,
        step_s=found.step_s,
        outside=found.outside,
        totals=bill.totals,
        sums=[
            BillSum(**{**msgspec.structs.asdict(each), **_plain(each, ("billed", "own", "difference"))})
            for each in found.sums
        ],
        calls=[_row(each) for each in found.calls if whole or each.outcome != "equal"],
        unread=bill.unread,
        notes=[*_notes(bill, found), *found.notes],
    )


def _notes(bill: Bill, found: CheckedBill) -> Iterator[str]:
    """Yield what was allowed for and left out."""
    if found.offset_s:
        way = "ahead" if found.offset_s > 0 else "behind"
        yield f"The carrier's clock is {long_time(abs(found.offset_s))} {way}: that is allowed for."
    if found.step_s > 1:
        yield f"The bill rounds lengths up to {found.step_s} s: that is allowed for."
    counts = {
        "billed calls of other days, left out": found.outside,
        "rows that add others up, left out": bill.totals,
        "rows that cannot be read": len(bill.unread),
    }
    yield from (f"{what.capitalize()}: {count}." for what, count in counts.items() if count)


def _plain(value: msgspec.Struct, names: tuple[str, ...]) -> dict[str, Decimal]:
    return {name: plain(getattr(value, name)) for name in names}


def _row(each: CheckedCall) -> BillRow:
    line, own = each.line, each.own
    return BillRow(
        outcome=each.outcome,
        line=line.line if line else None,
        number=line.number if line else own.call.number if own else None,
        started=line.started if line else None,
        billed_s=line.call.seconds if line else None,
        billed=line.price if line else None,
        id=own.id if own else None,
        started_local=own.started_local if own else None,
        extension=own.extension if own else None,
        own_s=own.call.seconds if own else None,
        own=plain(own.cost) if own and own.cost is not None else None,
        own_currency=own.currency or None if own else None,
        difference=None if each.difference is None else plain(each.difference),
        late_s=each.late_s,
    )
