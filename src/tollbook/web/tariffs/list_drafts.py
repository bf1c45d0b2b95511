"""A carrier's price list that is being imported: its file waits, with what was answered about it, until it is ready."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
import tomli_w
from django.http import Http404

from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.rating.lists.mapping import ListMapping, read_mapping, with_answer, write_mapping
from tollbook.rating.tariff import Rate
from tollbook.site.tariffs.importing import ListImport, ListRequest, import_list
from tollbook.web.tariffs.drafting import TariffDraft, drafts
from tollbook.web.tariffs.known import KnownTariff, folder, version_named

ANSWER = "answer:"
"""What the field of a question is called, before its setting."""
_LONGEST_ANSWER = 1000


class ListDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file: for which tariff it is, how it was called, how it is read, and on which day."""

    tariff: str
    file: str
    mapping: str = ""
    on: date | None = None


def begin(pieces: Sequence[bytes], draft: ListDraft) -> str:
    """Keep a file with what the carrier's lists are known for; returns its key. Raises `Misconfigured`."""
    key = drafts().keep(pieces)
    drafts().note(key, msgspec.json.encode(msgspec.structs.replace(draft, mapping=folder().mapping(draft.tariff))))
    return key


def draft_of(key: str) -> ListDraft:
    """Return what is known of a file; raises `NotThere`."""
    return msgspec.json.decode(drafts().noted(key), type=ListDraft)


def answered(key: str, said: Mapping[str, str]) -> list[Problem]:
    """Take answers, and keep those that can be used; returns what is wrong with the others."""
    draft, problems = draft_of(key), list[Problem]()
    mapping, on = _mapping(draft.mapping, problems), draft.on
    for name, text in said.items():
        setting, value = name.removeprefix(ANSWER), text.strip()[:_LONGEST_ANSWER]
        if not name.startswith(ANSWER) or not value:
            continue
        try:
            if setting == "from":
                on = _day(value)
            else:
                mapping = with_answer(mapping, setting, value)
        except Misconfigured as fault:
            problems += fault.problems
    kept = msgspec.structs.replace(draft, mapping=write_mapping(mapping), on=on)
    drafts().note(key, msgspec.json.encode(kept))
    return problems


def rewritten(key: str, text: str) -> list[Problem]:
    """Take all answers as text, in the place of those before; returns what is wrong with them."""
    draft = draft_of(key)
    try:
        mapping = write_mapping(read_mapping(text.replace("\r\n", "\n"), "answers"))
    except Misconfigured as fault:
        return list(fault.problems)
    drafts().note(key, msgspec.json.encode(msgspec.structs.replace(draft, mapping=mapping)))
    return []


def _mapping(text: str, problems: list[Problem]) -> ListMapping:
    try:
        return read_mapping(text, "answers") if text else ListMapping()
    except Misconfigured as fault:
        problems += fault.problems
        return ListMapping()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(
            Problem(f"'from' is no date: {text!r}", "it is none of the calendar", help="a day is written 2026-01-31")
        ) from None


def imported(key: str, draft: ListDraft, known: KnownTariff | None, today: date) -> ListImport:
    """Return what a file comes to, beside the version before; raises `Misconfigured`."""
    problems = list[Problem]()
    mapping = _mapping(draft.mapping, problems)
    request = ListRequest(mapping=mapping, on=draft.on, today=today, before=_before(known))
    try:
        return import_list(drafts().path(key), request)
    except Misconfigured as fault:
        # It waits by a key; people know it by its own name.
        named = [msgspec.structs.replace(each, where=each.where.replace(key, draft.file)) for each in fault.problems]
        raise Misconfigured(*named) from fault


def _before(known: KnownTariff | None) -> Sequence[Rate] | None:
    usable = [each for each in known.versions if not each.fault] if known else []
    tariff = folder().find(usable[-1].digest) if usable else None
    return tariff.rates if tariff else None


# ---------------------------------------------------------------- once it is ready


def made_ready(draft: ListDraft, found: ListImport) -> str:
    """Keep a list as a price list of ours, with how it was read; returns its key."""
    key = drafts().keep([found.found.text.encode()])
    ready = msgspec.structs.replace(draft, mapping=write_mapping(found.found.mapping), on=draft.on or found.found.on)
    drafts().note(key, msgspec.json.encode(ready))
    return key


def draft_of_list(key: str, tariff: str, last: str) -> TariffDraft:
    """Return the next version of a tariff with a list that is ready, or the first one; raises `Http404`."""
    try:
        ready, rows = draft_of(key), drafts().path(key).read_text("utf-8")
    except (NotThere, msgspec.DecodeError) as fault:
        raise Http404 from fault
    bands = {band for row in csv.DictReader(io.StringIO(rows)) if (band := row.get("band"))}
    return TariffDraft(
        tariff=tariff or ready.tariff,
        first=ready.on.isoformat() if ready.on else "",
        document=version_named(tariff, last).document if tariff else _document_for(ready, sorted(bands)),
        kept=f"draft:{key}",
    )


def finished(key: str, tariff: str) -> None:
    """Delete the file of a version that is kept; how a carrier's list was read is remembered for its next one."""
    noted = drafts().noted(key)
    if noted:
        folder().keep_mapping(tariff, msgspec.json.decode(noted, type=ListDraft).mapping)
    drafts().drop(key)


def _document_for(draft: ListDraft, bands: Sequence[str]) -> str:
    """Return a document to begin with beside a price list: its title, currency and zone, and what is to be added."""
    mapping = _mapping(draft.mapping, [])
    head = {"title": draft.tariff, "currency": mapping.currency, "zone": mapping.zone}
    text = tomli_w.dumps({name: value for name, value in head.items() if value})
    if bands:
        text += f"\n# Each band needs a table [[band]] with its name, days, from and to: {', '.join(bands)}\n"
    return text
