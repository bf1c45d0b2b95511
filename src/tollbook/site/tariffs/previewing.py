"""What would price calls if a version were added, or if another tariff took the place of those that are assigned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec

from tollbook.model.pricing import PriceRun, Pricing, TariffRule, VersionInUse
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.rating.tariff import Tariff
from tollbook.rating.tariff_text import TariffText, read_tariff
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.files import NAME, TariffFolder

_ALWAYS = "0001-01-02"
_DAY_SIGNS = len("2026-01-31")


class AskedTariffs(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: calls from one day or moment to another, priced by a tariff.

    With a `document` it is a version that the tariff would get, valid from what it says itself, or from `valid_from`,
    or for all of these calls. A tariff that is assigned to calls prices just those with it. Else it takes the place of
    all that are assigned, or of one, `instead_of`; `version` is the one of its versions that counts then.
    """

    tariff: str
    document: TariffText | None = None
    prices: TariffText | None = None
    valid_from: str = ""
    version: str = ""
    instead_of: str = ""
    first: str = ""
    last: str = ""


class PreviewedTariffs(msgspec.Struct, frozen=True, kw_only=True):
    """What would price calls, the tariffs that the site does not have by their digests, and what is to be known."""

    pricing: Pricing
    version: str
    tariffs: dict[str, Tariff]
    notes: list[str]


def previewed(folder: TariffFolder, asked: AskedTariffs) -> PreviewedTariffs:
    """Return what would price calls once it were in use and they were priced again; raises `Misconfigured`.

    Nothing is kept.
    """
    _check(asked)
    given = _given(folder, asked, asked.document) if asked.document else None
    rules = operations.rules()
    known = [each for each in folder.versions() if not each.fault]
    if given and not asked.instead_of and any(rule.tariff == asked.tariff for rule in rules):
        used = {rule.tariff for rule in rules}
        versions = [each.in_use() for each in known if each.tariff in used]
        run = PriceRun(rules=tuple(rules), versions=(*versions, given[0]))
        notes = [*_later(versions, given[0], asked.last)]
    else:
        run, notes = _in_place(folder, asked, given)
    run = msgspec.structs.replace(run, first=asked.first, until=_after(asked.last))
    tariffs = {given[0].digest: given[1]} if given else {}
    return PreviewedTariffs(
        pricing=Pricing((*operations.pricing().runs, run)),
        version=given[0].name if given else asked.version,
        tariffs=tariffs,
        notes=notes,
    )


def _check(asked: AskedTariffs) -> None:
    problems = []
    if not NAME.fullmatch(asked.tariff):
        reason = "it has 1 to 40 small letters, digits and hyphens, and begins with a letter or digit"
        problems.append(Problem(f"{asked.tariff!r} cannot be a tariff's name", reason, help="for example 'carrier-a'"))
    if asked.document and asked.version:
        problems.append(Problem("a file and a version cannot both be tried", "each is a version", help="leave one out"))
    if asked.valid_from and not asked.document:
        problems.append(
            Problem(
                "'valid-from' needs a file",
                "versions that are there say it themselves",
                help="leave it out, or name a file",
            )
        )
    if problems:
        raise Misconfigured(*problems)


def _given(folder: TariffFolder, asked: AskedTariffs, document: TariffText) -> tuple[VersionInUse, Tariff]:
    """Return the version that a document would be, as it would be kept."""
    tariff = read_tariff(document, asked.prices)
    said = tariff.valid_from.isoformat() if tariff.valid_from else ""
    day = said or asked.valid_from or asked.first or _ALWAYS
    if said and asked.valid_from and not said.startswith(asked.valid_from):
        reason = f"the document says valid_from = {said}"
        raise Misconfigured(Problem(f"it cannot be valid from {asked.valid_from}", reason, help="leave one out"))
    try:
        name = datetime.fromisoformat(day).date().isoformat()
    except ValueError:
        raise Misconfigured(
            Problem(f"{day!r} is no day", "it is none of the calendar", help="a day is written 2026-01-31")
        ) from None
    named = folder.next_name(asked.tariff, name)
    valid_from = said or name
    return VersionInUse(tariff=asked.tariff, name=named, digest=tariff.digest, valid_from=valid_from), tariff


def _in_place(
    folder: TariffFolder,
    asked: AskedTariffs,
    given: tuple[VersionInUse, Tariff] | None,
) -> tuple[PriceRun, list[str]]:
    """Return rules by which a tariff takes the place of others, and what is to be known of that."""
    rules = operations.rules()
    versions = [given[0]] if given else _versions(folder, asked)
    concerned = [rule for rule in rules if asked.instead_of in ("", rule.tariff)]
    if asked.instead_of and not concerned:
        reason = "it is assigned to no calls"
        hint = nearest(asked.instead_of, {rule.tariff for rule in rules})
        raise NotThere(Problem(f"nothing can take the place of {asked.instead_of!r}", reason, help=hint))
    changed = [msgspec.structs.replace(rule, tariff=asked.tariff) for rule in concerned]
    others = [rule for rule in rules if rule not in concerned]
    kept = {rule.tariff for rule in others} - {asked.tariff}
    beside = [each.in_use() for each in folder.versions() if each.tariff in kept and not each.fault]
    first, *later = versions
    always = msgspec.structs.replace(first, valid_from=_ALWAYS)
    every = tuple(changed) or (TariffRule(id=1, tariff=asked.tariff),)
    run = PriceRun(rules=(*others, *every), versions=(always, *later, *beside))
    return run, _notes(asked, first, concerned)


def _later(versions: Iterable[VersionInUse], given: VersionInUse, last: str) -> Iterable[str]:
    """Yield which versions of the tariff count after the one that is given, although that one is new."""
    for each in versions:
        day = each.valid_from[:_DAY_SIGNS]
        if each.tariff == given.tariff and day > given.valid_from[:_DAY_SIGNS] and not ("" < last < day):
            yield f"From {day} on {each.tariff} {each.name} counts, and not the file: it is valid later."


def _versions(folder: TariffFolder, asked: AskedTariffs) -> list[VersionInUse]:
    """Return the versions of a tariff that would count, the first to be valid first."""
    version, *_ = folder.texts(asked.tariff, asked.version)
    named = [version] if asked.version else folder.versions(asked.tariff)
    usable = [each for each in named if not each.fault]
    if not usable:
        raise Misconfigured(
            Problem(
                f"no version of {asked.tariff} can be used",
                named[0].fault,
                help="add a revision that mends it: `tollbook tariff add`",
            )
        )
    return [each.in_use() for each in usable]


def _notes(asked: AskedTariffs, first: VersionInUse, concerned: list[TariffRule]) -> list[str]:
    others = sorted({rule.tariff for rule in concerned} - {asked.tariff})
    notes = [f"{asked.tariff} takes the place of {', '.join(others)} in this preview."] if others else []
    if not concerned:
        notes.append(f"{asked.tariff} is assigned to no calls: it is tried on all outgoing ones.")
    if not asked.document and (not asked.first or asked.first < first.valid_from[:_DAY_SIGNS]):
        day = first.valid_from[:_DAY_SIGNS]
        notes.append(f"Calls before {day} are priced by {first.name}, too, although it is valid only from then on.")
    return notes


def _after(last: str) -> str:
    """Return the moment at which a last day, or a last second, is over."""
    if not last:
        return ""
    if len(last) == _DAY_SIGNS:
        return (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    return (datetime.fromisoformat(last) + timedelta(seconds=1)).isoformat()
