"""What somebody does to a draft other than writing in a field: splitting a column, leaving one out, adding a rule."""

from __future__ import annotations

from collections.abc import Callable

from tollbook.dialects.authoring.guessing import alike, fixed, is_decoration
from tollbook.dialects.authoring.guessing_columns import guess_columns
from tollbook.dialects.layout.written import written
from tollbook.web.formats import ignoring
from tollbook.web.formats.draft import Condition, Draft, DraftRow, drafted, guessed, layout_of, whole, without


def _guess(draft: Draft, _argument: str) -> Draft:
    made = guessed(draft.sample)
    made.slug, made.title, made.models = draft.slug, draft.title or made.title, draft.models
    return made


def _split(draft: Draft, argument: str) -> Draft:
    """Let a column begin at a place, unless one does."""
    starts = [start for row in draft.columns for start in (whole(row.start),) if start >= 0]
    place = whole(argument)
    if place < 0 or place in starts:
        return draft
    number = sum(start < place for start in starts)
    draft.columns.insert(number, _looked_at(draft, place, starts))
    return draft


def _looked_at(draft: Draft, place: int, starts: list[int]) -> DraftRow:
    """Return the new column with the kind that its cells in the sample have."""
    lines = alike([line for line in draft.lines if not is_decoration(line)]) or draft.lines
    after = [start for start in starts if start > place][:1]
    division = fixed(lines, [place, *after])
    found = guess_columns(division.names, division.cells)[0]
    taken = {row.name for row in draft.columns}
    name = found.name if found.name not in taken else f"column_{place}"
    return DraftRow(name=name, kind=found.kind, form=" or ".join(found.forms), start=str(place), means=found.means)


def _add(draft: Draft, _argument: str) -> Draft:
    draft.columns.append(DraftRow(name=f"column_{len(draft.columns) + 1}"))
    return draft


def _drop(draft: Draft, argument: str) -> Draft:
    """Leave a column out; what stands there belongs to the one before."""
    draft.columns = without(draft.columns, argument) or draft.columns
    return draft


def _add_rule(draft: Draft, _argument: str) -> Draft:
    first = draft.columns[0].name if draft.columns else ""
    draft.rules.append(Condition(column=first, pattern="^I$", says="incoming"))
    return draft


def _drop_rule(draft: Draft, argument: str) -> Draft:
    draft.rules = without(draft.rules, argument)
    return draft


def _write_as(draft: Draft, argument: str) -> Draft:
    """Read a column in another form, such as `2:DD/MM/YY`."""
    number, _, form = argument.partition(":")
    if 0 <= whole(number) < len(draft.columns):
        draft.columns[whole(number)].form = form
    return draft


def _as_text(draft: Draft, _argument: str) -> Draft:
    draft.text = written(layout_of(draft))
    return draft


def _as_fields(draft: Draft, _argument: str) -> Draft:
    """Go back to the fields, where they can hold what the text says."""
    return drafted(layout_of(draft), draft.slug, draft.sample)


_ACTS: dict[str, Callable[[Draft, str], Draft]] = {
    "guess": _guess,
    "split": _split,
    "add": _add,
    "drop": _drop,
    "add-rule": _add_rule,
    "drop-rule": _drop_rule,
    "form": _write_as,
    "ignore": ignoring.ignore,
    "drop-skip": ignoring.drop,
    "as-text": _as_text,
    "as-fields": _as_fields,
}


def changed(draft: Draft, act: str) -> Draft:
    """Return a draft after an act such as `drop:3`; any other leaves it. Raises `Misconfigured` as `layout_of` does."""
    name, _, argument = act.partition(":")
    change = _ACTS.get(name)
    return change(draft, argument) if change else draft
