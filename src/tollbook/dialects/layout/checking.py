"""Finds what is wrong with a layout before any record is read: every fault, by place and reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tollbook.dialects.layout.bounds import beyond
from tollbook.dialects.layout.encodings import encoding_faults
from tollbook.dialects.layout.layout import Channel, Column, Layout, OptionText, Record, Rule
from tollbook.dialects.layout.patterns import BadPattern, compiled, plain
from tollbook.dialects.layout.several_lines import faults_of_lines
from tollbook.dialects.reading.channels import ROLES, SIDES
from tollbook.dialects.reading.kinds import KINDS
from tollbook.dialects.reading.moments import form_fault
from tollbook.dialects.reading.row_zones import ZONE_KIND
from tollbook.dialects.reading.xml_cells import is_way
from tollbook.model.call import CALL_COLUMNS
from tollbook.model.limits import XML_DEPTH
from tollbook.model.problem import Problem

FIELDS = frozenset((*CALL_COLUMNS, "date", "time", "number", "answered_local", "ended_local", "park_s")) - {
    "raws",
    "offsets",
}
"""Columns from which calls are made. A layout may name others, which its rules read."""
_SPANS, _INSTANTS = ("seconds", "number", "duration"), ("epoch", "epoch-ms", "moment", "wall-time")
_FITTING: dict[str, tuple[str, ...]] = {
    "date": ("date",),
    "time": ("time",),
    **dict.fromkeys(("ring_s", "talk_s", "total_s", "hold_s", "park_s", "units"), _SPANS),
    **dict.fromkeys(("started_at", "answered_at", "ended_at"), _INSTANTS),
    **dict.fromkeys(("started_local", "answered_local", "ended_local"), ("moment", "wall-time")),
}
"""The kinds that a column of some name can be of, where it is none of text."""
_FOLLOWING = frozenset(("answered_local", "ended_local"))
"""Moments of a record of channels that follow from its start and durations where the PBX does not write them."""
_WHOLE = ("seconds", "number")
_ENCODED = ("json", "xml")
_MOVED = 3
_NO_SEPARATORS = frozenset('" \r\n\0')
_GROUP = re.compile(r"\\([1-9])(?!\d)")
_PLACE = re.compile(r"\{(\w+)\}")
WORDS = {
    "direction": ("incoming", "outgoing", "internal", "transit"),
    "outcome": ("answered", "unanswered", "busy", "failed", "unknown"),
    "source_role": SIDES,
    "target_role": SIDES,
}


def faults(layout: Layout, where: str) -> list[Problem]:
    """Return every fault of a layout."""
    found = beyond(layout, where)
    if found:
        return found  # what is too large is not looked at further
    found = [*_patterns(layout, where), *_options(layout, where), *_outcomes(layout, where)]
    found += faults_of_lines(layout.lines, f"{where}, lines") if layout.lines else []
    found += encoding_faults(layout.encodings, where)
    for record in layout.record:
        found += _record(record, f"{where}, record {record.name}", trusted=layout.trusted)
        found += _channelled(record, f"{where}, record {record.name}") if layout.derive == "channels" else []
    for number, rule in enumerate(layout.rule, 1):
        found += _rule(rule, layout, f"{where}, rule {number}")
    return found


def _record(record: Record, where: str, *, trusted: bool) -> Iterator[Problem]:
    for column in record.columns:
        yield from _column(column, f"{where}, column {column.name}", trusted=trusted)
    yield from _zones(record, where)
    names = [column.name for column in record.columns]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"two columns are called {name!r}", "a call has one value for each name", where)
    numbers = {column.name for column in record.columns if column.kind in _WHOLE}
    for column in record.columns:
        if column.minus and not {column.name, column.minus} <= numbers:
            reason = f"both are of a kind among {', '.join(_WHOLE)}, and in one record"
            yield Problem(f"{column.name} cannot be counted from {column.minus}", reason, where)
    if record.encoded != "plain" and record.form not in _ENCODED:
        reason = f"got a record of form {record.form!r}"
        yield Problem(f"only records of form {' and '.join(_ENCODED)} have 'encoded' values", reason, where)
    yield from _CLAIMS[record.form](record, where)


def _zones(record: Record, where: str) -> Iterator[Problem]:
    """Yield what is wrong with the columns that name a record's zone."""
    zones = [column for column in record.columns if column.kind == ZONE_KIND]
    if len(zones) > 1:
        reason = f"got {', '.join(column.name for column in zones)}"
        yield Problem("a record has one column that names its time zone", reason, where)
    for column in zones:
        if column.match or column.replace:
            reason = "it holds the name of a zone, or nothing where it may be empty"
            yield Problem(f"{column.name} takes neither match nor replace", reason, where)
        if column.form:
            yield from _no_form(column, where)


def _column(column: Column, where: str, *, trusted: bool) -> Iterator[Problem]:
    kind = KINDS.get(column.kind)
    if kind is None:
        yield Problem(f"unknown field kind {column.kind!r}", f"known are: {', '.join(KINDS)}", where)
        return
    if kind.forms and not column.form:
        yield Problem(f"a {column.kind} needs a form", "it says how the PBX writes it", where, 'form = ["MM/DD/YY"]')
    for form in column.form if kind.forms else []:
        yield from _form(column.kind, form, where)
    fitting = _FITTING.get(column.name, ())
    if fitting and not kind.is_text and column.kind not in fitting:
        yield Problem(f"{column.name} cannot be a {column.kind}", f"it is one of: {', '.join(fitting)}", where)
    yield from _pattern(column.match, where, trusted=trusted)
    if any(len(sign) != 1 for sign in column.replace):
        yield Problem("a sign to replace is one character", f"got {', '.join(column.replace)}", where)


def _form(kind: str, form: str, where: str) -> Iterator[Problem]:
    fault = form_fault(kind, form)
    if fault:
        yield Problem(f"the form {form!r} cannot be used", fault, where)


def _is_text(column: Column) -> bool:
    """Say whether a column is of texts, or of a kind that there is not."""
    return column.kind not in KINDS or KINDS[column.kind].is_text


def _channelled(record: Record, where: str) -> Iterator[Problem]:
    """Yield what a record lacks, or has too much of, whose calls are made from two channels."""
    if any(column.kind == ZONE_KIND for column in record.columns):
        reason = "calls are made from channels, whose moments are by the clock of the PBX"
        yield Problem("no column can name a time zone", reason, where)
    columns = {column.name: column for column in record.columns if not _is_text(column)}
    texts = {column.name for column in record.columns} - columns.keys()
    for name in ("started_local", "answered_local", "ended_local", "total_s", "talk_s"):
        if name not in columns and (name not in _FOLLOWING or name in texts):
            reason = f"calls are made from channels, which takes {name} as one of: {', '.join(_FITTING[name])}"
            yield Problem(f"there is no column {name}", reason, where)
        elif name in columns and (columns[name].unset or (columns[name].empty and name == "started_local")):
            yield Problem(f"{name} is always known", "it can be neither empty nor unset", where)
    if record.moved and len(record.moved.columns) != _MOVED:
        reason = f"got {len(record.moved.columns)}"
        yield Problem(f"{_MOVED} columns can have moved: two, and where the last of them went", reason, where)


def _fixed(record: Record, where: str) -> Iterator[Problem]:
    if not record.shape:
        hint = 'shape = ["99/99/99 99:99"]'
        yield Problem("a record of fixed columns needs a shape", "it tells such lines from all others", where, hint)


def _groups(record: Record, where: str) -> Iterator[Problem]:
    try:
        known = compiled(plain(record.match), trusted=False).groupindex
    except BadPattern as fault:
        yield Problem("the record's pattern cannot be used", str(fault), where)
        return
    for column in record.columns:
        if (column.key or column.name) not in known:
            reason = f"the pattern's groups are: {', '.join(known) or 'none'}"
            yield Problem(f"no group of the pattern is called {column.key or column.name!r}", reason, where)


def _keyed(record: Record, where: str) -> Iterator[Problem]:
    yield from _pattern(plain(record.match), where, trusted=False)
    if not record.match:
        yield Problem("a keyed record needs a match", "it says what stands before the first name", where)
    if not record.separator:
        yield Problem("a keyed record needs a separator", "it stands between two pairs of name and value", where)


def _xml(record: Record, where: str) -> Iterator[Problem]:
    yield from _pattern(plain(record.match), where, trusted=False)
    if not record.match:
        yield Problem("an XML record needs a match", "it says how its element begins", where, "match = '<cdr '")
    for column in record.columns:
        yield from _xml_column(column, f"{where}, column {column.name}")


def _xml_column(column: Column, where: str) -> Iterator[Problem]:
    """Yield what a column of XML is not found by, or has no use for."""
    hint = 'key = "event[msg=conn-to].time"'
    key = column.name if column.key is None else column.key
    if not key:
        yield Problem(
            "'key' is empty", "it is the way to the value; without a key that is the column's name", where, hint
        )
    elif not is_way(key):
        yield Problem(f"{key!r} leads to nothing in XML", "it is names with dots between them", where, hint)
    elif key.count(".") >= XML_DEPTH:
        reason = f"it has {key.count('.') + 1} steps, and elements stand {XML_DEPTH} deep in one another at most"
        yield Problem("'key' leads too deep into XML", reason, where, "leave out the elements around the record's own")
    if column.at != (0, 0) or column.also:
        reason = "a value of XML is found by the way to it, not by its place"
        yield Problem("'at' and 'also' have no meaning in XML", reason, where, f"leave them out, and write {hint}")
    if column.form and column.kind in KINDS and not KINDS[column.kind].forms:
        yield from _no_form(column, where)


def _no_form(column: Column, where: str) -> Iterator[Problem]:
    forms = " or ".join(name for name, kind in KINDS.items() if kind.forms)
    reason = f"a {column.kind} is written in one way only"
    yield Problem("'form' has no meaning here", reason, where, f"leave it out, or let the kind be {forms}")


def _separated(record: Record, where: str) -> Iterator[Problem]:
    yield from _pattern(plain(record.match), where, trusted=False)
    if len(record.separator) != 1 or not record.separator.isascii() or record.separator in _NO_SEPARATORS:
        reason = f"got {record.separator!r}"
        yield Problem("a separator is one ASCII character, and no quote, blank or line end", reason, where)
    yield from _fewest(record, where)
    surplus = record.surplus
    if surplus and (min(surplus.first, surplus.last) < 0 or surplus.first + surplus.last >= len(record.columns)):
        reason = f"got {surplus.first} and {surplus.last} of {len(record.columns)} columns"
        yield Problem("'first' and 'last' leave no column that spills over", reason, where)
    names = [column.name for column in record.columns]
    for name in record.surplus.into if record.surplus else []:
        if name not in names:
            yield Problem(f"no column is called {name!r}", f"there are: {', '.join(names)}", where)


def _fewest(record: Record, where: str) -> Iterator[Problem]:
    if not 0 <= record.fewest <= len(record.columns):
        reason = f"got {record.fewest} of {len(record.columns)}"
        yield Problem("'fewest' counts columns, and is no more than there are", reason, where)


def _nothing(_record: Record, _where: str) -> Iterator[Problem]:
    return iter(())


_CLAIMS: dict[str, Callable[[Record, str], Iterator[Problem]]] = {
    "csv": _separated,
    "fixed": _fixed,
    "blanks": _fewest,
    "keyed": _keyed,
    "json": _nothing,
    "xml": _xml,
    "pattern": _groups,
}


def _rule(rule: Rule, layout: Layout, where: str) -> Iterator[Problem]:
    columns = {column.name for record in layout.record for column in record.columns}
    names = {record.name for record in layout.record}
    given = {name for each in layout.rule for name in each.gives}
    found = {group for each in layout.rule for text in each.when.values() for group in re.findall(r"\?P<(\w+)>", text)}
    for name in sorted(
        {*rule.when, *rule.among, *rule.equals, *rule.equals.values()} - columns - given - found - FIELDS
    ):
        yield Problem(f"no column is called {name!r}", f"there are: {', '.join(sorted(columns))}", where)
    for name in sorted(set(rule.record) - names):
        yield Problem(f"no record is called {name!r}", f"there are: {', '.join(sorted(names))}", where)
    for name in sorted(set(rule.among.values()) - layout.option.keys()):
        yield Problem(f"no option is called {name!r}", f"there are: {', '.join(layout.option) or 'none'}", where)
    for name, text in rule.gives.items():
        yield from _given(name, text, where)
    for text in rule.when.values():
        yield from _pattern(text, where, trusted=layout.trusted)


def _given(name: str, text: str, where: str) -> Iterator[Problem]:
    words = WORDS.get(name)
    if words and text not in words and not _PLACE.search(text):
        yield Problem(f"{name} cannot be {text!r}", f"it is one of: {', '.join(words)}", where)
    if set(_PLACE.sub("", text)) & set("{}"):
        yield Problem(f"{text!r} has a brace that names no column", "a column is named as {column}", where)


def _patterns(layout: Layout, where: str) -> Iterator[Problem]:
    for skip in layout.skip:
        yield from _pattern(skip.match, f"{where}, skip {skip.reason!r}", trusted=layout.trusted, ignore_case=True)
    for channel in layout.channel:
        yield from _pattern(channel.match, f"{where}, channel {channel.role}", trusted=layout.trusted)
        yield from _name(channel, f"{where}, channel {channel.role}", trusted=layout.trusted)
        if channel.role not in ROLES:
            yield Problem(f"a channel's role cannot be {channel.role!r}", f"it is one of: {', '.join(ROLES)}", where)


def _name(channel: Channel, where: str, *, trusted: bool) -> Iterator[Problem]:
    """Yield what is wrong with a template for what is behind a channel: its groups must be there."""
    try:
        groups = compiled(channel.match, trusted=trusted).groups
    except BadPattern:
        return  # told of already
    named = [int(number) for number in _GROUP.findall(channel.name)]
    if "\\" in _GROUP.sub("", channel.name) or any(number > groups for number in named):
        reason = f"a group of its pattern is written \\1, and there are {groups}"
        yield Problem(f"a channel's name cannot be {channel.name!r}", reason, where)


def _pattern(pattern: str, where: str, *, trusted: bool, ignore_case: bool = False) -> Iterator[Problem]:
    try:
        compiled(pattern, trusted=trusted, ignore_case=ignore_case)
    except BadPattern as fault:
        yield Problem(f"the pattern {pattern!r} cannot be used", str(fault), where)


def _options(layout: Layout, where: str) -> Iterator[Problem]:
    for name, option in layout.option.items():
        if option.choices and option.default and option.default not in option.choices:
            reason = f"it can be: {', '.join(option.choices)}"
            yield Problem(f"option {name} cannot be {option.default!r} by default", reason, where)
        if name == "encoding":
            yield from _encodings(option, where)


def _encodings(option: OptionText, where: str) -> Iterator[Problem]:
    if not option.choices:
        yield Problem("the option encoding needs choices", "any other name could stop the reader", where)
    yield from encoding_faults(option.choices, where)


def _outcomes(layout: Layout, where: str) -> Iterator[Problem]:
    for status, outcome in layout.outcomes.items():
        if outcome not in WORDS["outcome"]:
            reason = f"it is one of: {', '.join(WORDS['outcome'])}"
            yield Problem(f"status {status!r} cannot mean {outcome!r}", reason, where)
