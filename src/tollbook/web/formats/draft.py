"""A format while somebody works at it: what stands in the fields of the workbench, and the layout that it makes.

A draft is one kind of record with its columns, and rules that each look at one column. A layout that says more than
that is worked at as text.
"""

from __future__ import annotations

import re
import tomllib
from typing import TypeVar

import msgspec
from django.http import QueryDict

from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.authoring.guessing_words import GIVES
from tollbook.dialects.layout.layout import Column, Layout, LayoutTimes, Record, Rule, Skip, read_layout
from tollbook.dialects.layout.written import written
from tollbook.model.document import read_document
from tollbook.model.fields import MEANINGS

T = TypeVar("T")
LARGEST_SAMPLE = 200_000
MOST_COLUMNS = 80
FORMS = {
    "fixed": "fixed columns",
    "csv": "a separator between fields",
    "blanks": "blanks between words",
    "pattern": "a pattern",
    "keyed": "names with values",
    "json": "JSON objects",
}
_OR = " or "
_START = ("date", "time", "started_local", "started_at")
"""Columns that every call has; a call that nobody took has neither an answer nor a talk time."""


class DraftRow(msgspec.Struct):
    """One column as it stands in the fields."""

    name: str
    kind: str = "text"
    form: str = ""
    start: str = ""
    key: str = ""
    match: str = ""
    means: str = ""
    """What it means where its name does not say so."""

    @property
    def explained(self) -> str:
        """What the field of a call is that it is called as; nothing for a name of somebody's own."""
        return MEANINGS.get(self.name, "")


class Condition(msgspec.Struct):
    """One rule as it stands in the fields: a column's pattern, and what it says."""

    column: str
    pattern: str
    says: str


class Draft(msgspec.Struct):
    """All that stands in the fields of the workbench."""

    slug: str = ""
    title: str = ""
    models: str = ""
    form: str = "fixed"
    separator: str = ","
    shape: str = ""
    match: str = ""
    moment: str = "start"
    columns: list[DraftRow] = []
    rules: list[Condition] = []
    skips: list[Skip] = []
    text: str = ""
    sample: str = ""

    @property
    def lines(self) -> list[str]:
        """The sample's lines."""
        return [line for line in re.split(r"\r\n|\r|\n", self.sample) if line]


def read_draft(data: QueryDict) -> Draft:
    """Return what was sent from the workbench; a rule goes on with its column when that is called otherwise."""
    names = ("name", "kind", "form", "start", "key", "match", "means")
    columns = [data.getlist(f"c-{name}")[:MOST_COLUMNS] for name in names]
    renamed = dict(zip(data.getlist("c-was"), data.getlist("c-name"), strict=False))
    looked_at = [renamed.get(name, name) for name in data.getlist("r-column")]
    rules = zip(looked_at, data.getlist("r-pattern"), data.getlist("r-says"), strict=False)
    skips = zip(data.getlist("s-match"), data.getlist("s-reason"), strict=False)
    return Draft(
        **{name: data.get(name, "").strip() for name in ("slug", "title", "models", "match", "moment")},
        form=data.get("by", "fixed"),
        shape=data.get("shape", ""),
        separator=data.get("separator", ",").replace("\\t", "\t") or ",",
        columns=[DraftRow(*(text.strip() for text in row)) for row in zip(*columns, strict=False)],
        rules=[Condition(*each) for each in rules if each[0] or each[1]],
        skips=[Skip(match=match, reason=reason.strip() or "no call") for match, reason in skips if match],
        text=data.get("text", ""),
        sample=data.get("sample", "")[:LARGEST_SAMPLE],
    )


def guessed(sample: str) -> Draft:
    """Return a draft of what the lines of a sample may be."""
    draft = drafted(guess(Draft(sample=sample).lines), "", sample)
    for row in draft.columns:
        row.means = ""
    return draft


def drafted(layout: Layout, slug: str, sample: str) -> Draft:
    """Return a layout as a draft: in fields where these can hold all that it says, else as text."""
    draft = Draft(slug=slug, title=layout.title, models=", ".join(layout.models), sample=sample)
    if not _fits_fields(layout):
        draft.text = written(layout)
        return draft
    record = layout.record[0]
    draft.form, draft.separator, draft.match = record.form, record.separator, record.match
    draft.shape, draft.moment, draft.skips = "\n".join(record.shape), layout.times.moment, layout.skip
    draft.columns = [_row(column, record.form) for column in record.columns]
    draft.rules = [Condition(*next(iter(rule.when.items())), _said(rule)) for rule in layout.rule]
    return draft


def _row(column: Column, form: str) -> DraftRow:
    return DraftRow(
        name=column.name,
        kind=column.kind,
        form=_OR.join(column.form),
        start=str(column.at[0]) if form == "fixed" else "",
        key=column.key or "",
        match=column.match,
        means="" if column.means in (column.name, MEANINGS.get(column.name)) else column.means,
    )


def _fits_fields(layout: Layout) -> bool:
    """Say whether the fields can hold a layout; what they cannot must not be lost by opening it."""
    record = layout.record[0] if layout.record else None
    if record is None or len(layout.record) > 1 or record.surplus or record.moved or record.fewest:
        return False
    if layout.derive != "rules" or layout.option or layout.outcomes or layout.lines:
        return False
    plain = all(not (column.unset or column.replace) for column in record.columns)
    return plain and _is_contiguous(record) and all(len(rule.when) == 1 and _said(rule) for rule in layout.rule)


def _is_contiguous(record: Record) -> bool:
    """In the fields a column goes on to the next one's beginning, and the last to the end of the line."""
    if record.form != "fixed":
        return True
    places = [column.at for column in record.columns]
    nexts = [*(start for start, _ in places[1:]), 0]
    return all(length == (after - start if after else 0) for (start, length), after in zip(places, nexts, strict=True))


def _said(rule: Rule) -> str:
    if rule.record:
        return ""
    if rule.skip:
        return "skip" if not rule.gives else ""
    return next((word for word, gives in GIVES.items() if gives == rule.gives), "")


def layout_of(draft: Draft) -> Layout:
    """Return the layout that a draft makes; raises `Misconfigured` with every fault."""
    if draft.text:
        return _from_text(draft)
    found = Layout(
        title=draft.title or "My format",
        vendor="",
        models=[model.strip() for model in draft.models.split(",") if model.strip()],
        certainty="made in the workbench from a sample",
        framing="lines",
        encodings=["utf-8", "latin-1"],
        evidence=[],
        record=[_record(draft)],
        times=LayoutTimes(moment="end" if draft.moment == "end" else "start"),
        rule=[_rule(each) for each in draft.rules],
        skip=draft.skips,
        trusted=False,
    )
    return read_layout(draft.slug or "new", tomllib.loads(written(found)), trusted=False)


def _from_text(draft: Draft) -> Layout:
    where = f"dialect {draft.slug or 'new'}"
    return read_layout(draft.slug or "new", read_document(draft.text, where), trusted=False)


def _record(draft: Draft) -> Record:
    starts = [max(whole(row.start), 0) for row in draft.columns]
    ends = [*starts[1:], 0]
    places = [(start, max(end - start, 0)) for start, end in zip(starts, ends, strict=True)]
    columns = [
        Column(
            name=row.name,
            means=row.means or row.explained or row.name,
            kind=row.kind or "text",
            form=[form.strip() for form in row.form.split(_OR) if form.strip()],
            at=place if draft.form == "fixed" else (0, 0),
            key=row.key,
            match=row.match,
            empty=row.kind != "text" and row.name not in _START,
        )
        for row, place in zip(draft.columns, places, strict=True)
    ]
    return Record(
        name="call",
        form=draft.form if draft.form in FORMS else "fixed",  # type: ignore[arg-type]  # one of the forms
        columns=columns,
        shape=[line for line in draft.shape.splitlines() if line.strip()],
        separator=draft.separator,
        match=draft.match,
    )


def _rule(each: Condition) -> Rule:
    if each.says == "skip":
        return Rule(when={each.column: each.pattern}, skip=f"{each.column} is no call's")
    gives = GIVES.get(each.says, GIVES["outgoing"])
    return Rule(when={each.column: each.pattern}, gives=gives, group="way" if "direction" in gives else "outcome")


def whole(text: str) -> int:
    """Return the number that a text of digits is; -1 for any other text, and for one that no sample needs."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("65536") else -1


def without(values: list[T], place: str) -> list[T]:
    """Return values without the one at a place, which a button names."""
    return [value for number, value in enumerate(values) if number != whole(place)]
