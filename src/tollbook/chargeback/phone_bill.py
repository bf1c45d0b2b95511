"""Makes a phone bill: of a person, of an extension, or of a department with everybody in it and below it.

It is a statement call by call: what is in no line of a statement is in no bill. A department's bill has a section for
each person, with their calls and charges of the days on which they belonged there, and one for what is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Context, Decimal

import msgspec
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from tollbook.chargeback.itemised import BillAsked, ItemisedCall, itemised
from tollbook.chargeback.lines import ChargedTo, StatementDays, totals
from tollbook.chargeback.masking import masked
from tollbook.chargeback.monthly import ChargedPart, charged_parts
from tollbook.chargeback.statement import StatementBasis, statement
from tollbook.model.meaning import KIND_TITLES
from tollbook.model.page_limits import BILL_CALLS
from tollbook.model.periods import before, in_words, months_on
from tollbook.model.phone_bill import (
    BilledBudget,
    BilledFee,
    BillSection,
    BillTotal,
    CallSum,
    Mask,
    PhoneBill,
    PhoneBillCall,
    TaxSum,
)
from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.report import ReportPeriod
from tollbook.numbering.places import country_name
from tollbook.store.ledger import Ledger
from tollbook.store.unpriced_reasons import REASONS

_EXACT = Context(prec=76)
_NOTHING = Decimal(0)
_NOBODY = 0
_DAY = timedelta(days=1)
_PLAIN = ("fixed", "fixed_or_mobile", "voip")
_MASKED: dict[Mask, str] = {
    "last-3": "The last three digits of numbers are left out, and names of the phone book with them.",
    "last-4": "The last four digits of numbers are left out, and names of the phone book with them.",
    "all-but-country": "Of numbers the country alone is shown; names of the phone book are left out.",
}
_CODE_OF = {region: str(code) for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() for region in regions}


class BillHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a bill says beside calls and charges: names of people and their budgets, by their ids.

    Those of the whole bill are by 0.
    """

    zone: str
    made_at: datetime
    scope: str = ""
    person: Callable[[int], str]
    budgets: Callable[[int], list[BilledBudget]] = lambda _: []


def phone_bill(ledger: Ledger, basis: StatementBasis, asked: BillAsked, head: BillHead) -> PhoneBill:
    """Return a bill; raises `Misconfigured` where it has more calls than one can have."""
    calls = itemised(ledger, basis, asked, BILL_CALLS + 1)
    if len(calls) > BILL_CALLS:
        reason = f"{asked.name} has more in {in_words(asked.days.first, asked.days.until - _DAY)}"
        what = f"a bill has {BILL_CALLS:,} calls at most"
        raise Misconfigured(Problem(what, reason, help="take fewer months, or a department below"))
    sections = _Sections(basis, asked, head).made(calls)
    every = [each for section in sections for each in section.calls]
    fees = [each for section in sections for each in section.fees]
    first, last = asked.days.first, asked.days.until - _DAY
    return PhoneBill(
        kind=asked.kind,
        name=asked.name,
        period=ReportPeriod(first=first, last=last, words=in_words(first, last), zone=head.zone),
        made_at=head.made_at,
        mask=asked.mask,
        scope=head.scope,
        count=sum(each.counted for each in every),
        kinds=_by_kind(every),
        taxes=_taxes(every, fees),
        totals=_compared(_totals(every, fees), dict(_before(ledger, basis, asked))),
        budgets=head.budgets(_NOBODY),
        sections=sections,
        tariffs=sorted({_tariff(each.tariff) for each in calls if each.tariff}),
        notes=list(_notes(asked, every)),
    )


class _Sections:
    """Puts calls and charges into the sections in which they stand."""

    def __init__(self, basis: StatementBasis, asked: BillAsked, head: BillHead) -> None:
        self._basis, self._asked, self._head = basis, asked, head
        self._people = {each.id: each.person or _NOBODY for each in basis.directory.assignments}

    def made(self, calls: Iterable[ItemisedCall]) -> list[BillSection]:
        found: dict[int, tuple[list[PhoneBillCall], list[BilledFee]]] = {}
        for each in calls:
            of = self._people.get(each.assignment or 0, _NOBODY)
            found.setdefault(self._key(of), ([], []))[0].append(self._billed(each))
        for part in _parts(self._basis, self._asked, self._asked.days):
            found.setdefault(self._key(self._person(part)), ([], []))[1].append(_fee(part))
        if self._asked.kind != "department" or not found:
            found.setdefault(_NOBODY, ([], []))
        named = sorted(((self._name(key), key) for key in found), key=lambda each: (each[1] == _NOBODY, each))
        made = [(key, _section(name, *found[key])) for name, key in named]
        return [
            msgspec.structs.replace(section, budgets=self._head.budgets(key) if key != _NOBODY else [])
            for key, section in made
        ]

    def _key(self, person: int) -> int:
        return person if self._asked.kind == "department" else _NOBODY

    def _name(self, person: int) -> str:
        if person != _NOBODY:
            return self._head.person(person)
        return f"{self._asked.name}, without a person" if self._asked.kind == "department" else self._asked.name

    def _person(self, part: ChargedPart) -> int:
        """Return whose a monthly charge is within a department: of an extension, of whoever has it on the first day."""
        charge = part.charge
        if charge.kind == "person":
            return charge.target_id
        if charge.kind != "extension":
            return _NOBODY
        day = part.first
        held = [
            each.person or _NOBODY
            for each in self._basis.directory.assignments
            if (each.kind, each.value) == ("extension", charge.target)
            and each.pbx in ("", charge.pbx)
            and ChargedTo(each.department or 0) == part.whom
            and (each.first or date.min) < part.until
            and day < (each.until or date.max)
        ]
        return held[0] if held else _NOBODY

    def _billed(self, call: ItemisedCall) -> PhoneBillCall:
        mask = self._asked.mask
        code = _CODE_OF.get(call.country, "") if call.is_e164 else ""
        return PhoneBillCall(
            begun=call.begun,
            extension=call.extension,
            is_incoming=call.is_incoming,
            number=masked(call.number, mask, code),
            name=call.name if mask == "none" else "",
            country=country_name(call.country) if call.country else "",
            kind=_kind(call),
            talk_s=call.talk_s,
            billed_s=call.billed_s,
            counted=call.counted,
            currency=call.currency,
            net=plain_amount(call.net),
            tax=plain_amount(call.tax),
            tax_percent=self._basis.tax_of(call.tariff) if call.tariff else None,
            unpriced=REASONS[call.reason].title if call.reason else "",
        )


def _kind(call: ItemisedCall) -> str:
    """Return the kind of a call as bills name it: how far it went, and what it was to where that makes its price."""
    if call.is_incoming:
        return "Incoming"
    special = call.kind not in _PLAIN
    if call.reach == "international":
        return f"International, {KIND_TITLES[call.kind]}" if special and call.kind else "International"
    if call.kind == "internal" or (not special and call.reach in ("local", "national")):
        return (call.reach if call.kind != "internal" else "internal").capitalize()
    return KIND_TITLES.get(call.kind, "kind not known").capitalize()


def _section(name: str, calls: list[PhoneBillCall], fees: list[BilledFee]) -> BillSection:
    return BillSection(
        name=name,
        count=sum(each.counted for each in calls),
        kinds=_by_kind(calls),
        fees=fees,
        taxes=_taxes(calls, fees),
        totals=_totals(calls, fees),
        calls=calls,
    )


def _by_kind(calls: Iterable[PhoneBillCall]) -> list[CallSum]:
    found: dict[tuple[str, str], list[PhoneBillCall]] = {}
    for each in calls:
        found.setdefault((each.currency, each.kind), []).append(each)
    return [
        CallSum(
            kind=kind,
            currency=currency,
            calls=sum(each.counted for each in some),
            talk_s=sum(each.talk_s for each in some),
            net=_sum(each.net for each in some),
        )
        for (currency, kind), some in sorted(found.items(), key=lambda each: (not each[0][0], each[0]))
    ]


def _taxes(calls: Iterable[PhoneBillCall], fees: Iterable[BilledFee]) -> list[TaxSum]:
    found: dict[tuple[str, Decimal | None], list[tuple[Decimal, Decimal]]] = {}
    every: list[PhoneBillCall | BilledFee] = [*calls, *fees]
    for each in every:
        if each.currency:
            found.setdefault((each.currency, each.tax_percent), []).append((each.net, each.tax))
    return [
        TaxSum(
            currency=currency,
            percent=percent,
            net=_sum(net for net, _ in some),
            tax=_sum(tax for _, tax in some),
        )
        for (currency, percent), some in sorted(
            found.items(), key=lambda each: (each[0][0], each[0][1] is None, each[0][1] or _NOTHING)
        )
    ]


def _totals(calls: Sequence[PhoneBillCall], fees: Sequence[BilledFee]) -> list[BillTotal]:
    every: list[PhoneBillCall | BilledFee] = [*calls, *fees]
    return [
        BillTotal(
            currency=currency,
            calls=(of_calls := _sum(each.net for each in calls if each.currency == currency)),
            fees=(of_fees := _sum(each.net for each in fees if each.currency == currency)),
            tax=(tax := _sum(each.tax for each in every if each.currency == currency)),
            total=_sum((of_calls, of_fees, tax)),
        )
        for currency in sorted({each.currency for each in every if each.currency})
    ]


def _compared(now: list[BillTotal], earlier: dict[str, Decimal]) -> list[BillTotal]:
    known = {each.currency: each for each in now}
    every = [known.get(currency, BillTotal(currency=currency)) for currency in sorted({*known, *earlier})]
    return [msgspec.structs.replace(each, before=earlier.get(each.currency, _NOTHING)) for each in every]


def _before(ledger: Ledger, basis: StatementBasis, asked: BillAsked) -> Iterator[tuple[str, Decimal]]:
    """Yield what the months before come to, by currency."""
    first, last = before(asked.days.first, asked.days.until - _DAY)
    days = StatementDays(first, last + _DAY)
    calls = statement(ledger, msgspec.structs.replace(basis, charges=[]), asked.kind, days)
    lines = [*(each for each in calls if each.whom in asked.whom), *(e.line for e in _parts(basis, asked, days))]
    yield from ((each.currency, plain_amount(each.total)) for each in totals(lines) if each.currency)


def _parts(basis: StatementBasis, asked: BillAsked, days: StatementDays) -> Iterator[ChargedPart]:
    """Yield what monthly charges come to for whoever the bill is of, month by month."""
    first = days.first
    while first < days.until:
        month = StatementDays(first, months_on(first, 1))
        parts = charged_parts(basis.charges, basis.directory, asked.kind, month)
        yield from (each for each in parts if each.whom in asked.whom)
        first = month.until


def _fee(part: ChargedPart) -> BilledFee:
    return BilledFee(
        name=part.charge.name,
        whose=f"{part.charge.kind.replace('_', ' ')} {part.charge.target}",
        first=part.first,
        last=part.last,
        currency=part.charge.currency,
        net=plain_amount(part.amount),
        tax=plain_amount(part.tax),
        tax_percent=plain_amount(part.charge.tax),
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    total = _NOTHING
    for each in amounts:
        total = _EXACT.add(total, each)
    return plain_amount(total)


def plain_amount(amount: Decimal) -> Decimal:
    """Return an amount without zeros behind its last place, and never with an exponent.

    >>> plain_amount(Decimal("1.500000")), plain_amount(Decimal("100.00")), plain_amount(Decimal("0E-12"))
    (Decimal('1.5'), Decimal('100'), Decimal('0'))
    """
    found = amount.normalize(_EXACT)
    return found.quantize(Decimal(1), context=_EXACT) if found == found.to_integral_value() else found


def _tariff(label: str) -> str:
    """Return the tariff and version of a label without its digest.

    >>> _tariff("office/2026-01-01@9f86d081")
    'office, version 2026-01-01'
    """
    name, _, version = label.partition("@")[0].partition("/")
    return f"{name}, version {version}"


def _notes(asked: BillAsked, calls: Sequence[PhoneBillCall]) -> Iterator[str]:
    yield "Calls and monthly charges are before tax; tax stands by itself, and totals are with tax."
    yield "Amounts are rounded where they are shown; sums are of what is not rounded."
    yield "Incoming calls and calls inside that no tariff is for are left out."
    if unpriced := sum(each.counted for each in calls if each.unpriced):
        have = "1 call has no price" if unpriced == 1 else f"{unpriced:,} calls have no price"
        yield f"{have} although there should be one: the list says why, and no amount has them."
    if unknown := sum(each.counted for each in calls if each.currency and each.tax_percent is None):
        yield f"The tax of {unknown:,} {'call' if unknown == 1 else 'calls'} is not known and counted as none."
    if any(not each.counted for each in calls):
        yield "Of a call that was handed on, the part is charged that was talked; it is counted where it began."
    if asked.mask != "none":
        yield _MASKED[asked.mask]
    yield "Numbers that are withheld, or private in the phone book, are not shown."
