"""What a dialect's folder has to show, whoever's PBX it reads.

Its cases come to what a person has accepted, and everything that its layout declares has a case and an explanation. A
check yields what it finds in words. What is wrong with the dialect is `grave`; what it lacks is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from tollbook.dialects.authoring.cases import Case, Cutters, Dialect, Outcome, in_order
from tollbook.dialects.authoring.privacy import suspicious
from tollbook.dialects.layout.layout import Layout, Record
from tollbook.dialects.layout.patterns import compiled
from tollbook.dialects.reading.kinds import KINDS
from tollbook.dialects.reading.part import RecordReader
from tollbook.model.limits import FORMAT_CASE, FORMAT_CASES
from tollbook.model.reading import Reading

_SHOWN = 80


class CatalogueFault(msgspec.Struct, frozen=True):
    """One thing that a check has found; `grave` says that the dialect is wrong, not merely without a case."""

    check: str
    what: str
    grave: bool


class Audited:
    """A dialect with its cases, each read once."""

    def __init__(self, dialect: Dialect, cutters: Cutters) -> None:
        self.dialect = dialect
        self.layout = dialect.layout
        self.cases = dialect.cases(cutters)

    @cached_property
    def readings(self) -> list[Reading]:
        """What the cases come to."""
        return [case.reading for case in self.cases]

    @cached_property
    def outcomes(self) -> list[list[Outcome]]:
        """What the cases come to, in order and as a person reads it."""
        return [in_order(reading) for reading in self.readings]

    @cached_property
    def parts(self) -> list[tuple[Case, RecordReader]]:
        """Each case with each kind of record, set up as the case says."""
        return [(case, part) for case in self.cases for part in case.reader().parts]

    def values(self, column: str) -> list[object]:
        """Return what a column of calls holds in any case."""
        columns = [getattr(reading.calls, column) for reading in self.readings]
        return [value for each in columns if each is not None for value in each]

    def holds(self, record: Record, column: str) -> bool:
        """Say whether a column of a record holds anything in any case; those after it are not divided."""
        found = (part.cells(case.frames, column) for case, part in self.parts if part.record.name == record.name)
        return any(text for texts in found for text in texts)

    def differs_with(self, **changes: object) -> bool:
        """Say whether any case comes to something else with a changed layout; those after it are not read."""
        layout: Layout = msgspec.structs.replace(self.layout, **changes)
        other = Dialect(self.dialect.slug, layout, self.dialect.folder)
        return any(
            in_order(case.read(case.frames, other)) != outcomes
            for case, outcomes in zip(self.cases, self.outcomes, strict=True)
        )

    def readme(self) -> str:
        """Return the text of the folder's README, empty where there is none."""
        path: Path = self.dialect.folder / "README.md"
        return path.read_text("utf-8") if path.is_file() else ""


Check = Callable[[Audited], Iterator[str]]


def audit(audited: Audited, others: list[Audited], apart: list[Audited] | None = None) -> list[CatalogueFault]:
    """Return everything that is wrong with a dialect, or that it lacks, among others.

    `apart` are dialects of another origin. A site's own may be a variant of one that comes with Tollbook, so that it
    reads the same lines; that is worth a word, and no fault.
    """
    found = [CatalogueFault(name, what, name in GRAVE) for name, check in CHECKS.items() for what in check(audited)]
    shared = (next(claims(audited, [other]), None) for other in apart or [])
    return [
        *found,
        *(CatalogueFault("claims", what, grave=True) for what in claims(audited, others)),
        *(CatalogueFault("claims", what, grave=False) for what in shared if what),
    ]


def claims(audited: Audited, others: list[Audited]) -> Iterator[str]:
    """Yield the lines of a dialect that others take for theirs, and those of others that it takes for its own.

    A case may hold lines of another format, to show that they are refused: such a line belongs to the other one.
    """
    for other in others:
        yield from (f"{other.dialect.slug} takes {line}" for case in audited.cases for line in taken(other, case))
        yield from (f"it takes {line}" for case in other.cases for line in taken(audited, case))


def taken(audited: Audited, case: Case) -> Iterator[str]:
    """Yield the first line of another's case that is understood there and that a dialect makes a call of."""
    mine = {*case.reading.calls.offsets, *(skip.offset for skip in case.reading.skipped)}
    both = sorted(mine.intersection(case.read(case.frames, audited.dialect).calls.offsets))
    yield from (f"a line of {case}: {_line(case, case.frames.offsets.index(offset))}" for offset in both[:1])


def _expected(audited: Audited) -> Iterator[str]:
    for case in audited.cases:
        if not case.expected_path.exists():
            yield f"{case.name}: there are no expected outcomes"
        elif case.outcomes != case.expected:
            yield f"{case.name}: {_difference(case)}"


def _difference(case: Case) -> str:
    now, accepted = case.outcomes, case.expected
    if len(now) != len(accepted):
        return f"{len(now)} outcomes where {len(accepted)} are expected"
    number = next(place for place, (one, two) in enumerate(zip(now, accepted, strict=True)) if one != two)
    names = {**accepted[number], **now[number]}
    changed = [name for name in names if now[number].get(name) != accepted[number].get(name)]
    told = (f"{name} {now[number].get(name, '')!r}, not {accepted[number].get(name, '')!r}" for name in changed)
    return f"outcome {number + 1} has {', '.join(told)}"


def _one_outcome(audited: Audited) -> Iterator[str]:
    for case, reading in zip(audited.cases, audited.readings, strict=True):
        skipped = [skip.offset for skip in reading.skipped]
        rejected = [reject.offset for reject in reading.rejected]
        there = [*case.frames.offsets, *(reject.offset for reject in case.endless)]
        if sorted([*reading.calls.offsets, *skipped, *rejected]) != sorted(there):
            yield f"{case.name}: a line has no outcome, or several"


def _one_record(audited: Audited) -> Iterator[str]:
    for case in audited.cases:
        claimed = [(part.record.name, set(part.claimed(case.frames))) for part in case.reader().parts]
        for number, (name, rows) in enumerate(claimed):
            for other, others in claimed[number + 1 :]:
                yield from (
                    f"{case.name}: records {name} and {other} both claim {_line(case, row)}"
                    for row in sorted(rows & others)
                )


def _private(audited: Audited) -> Iterator[str]:
    for case in audited.cases:
        text = case.data.decode("latin-1") + "\n" + "\n".join(map(str, case.settings.values()))
        yield from (f"{case.name}: {digits} could be somebody's number" for digits in suspicious(text))


def _cases(audited: Audited) -> Iterator[str]:
    if not any(len(reading.calls) for reading in audited.readings):
        yield "no case has a call"
    if not any(reading.rejected for reading in audited.readings):
        yield "no case has a line that is rejected, such as one that is cut short"


def _records(audited: Audited) -> Iterator[str]:
    met = {part.record.name for case, part in audited.parts if part.claimed(case.frames)}
    yield from (f"no case has a record {record.name}" for record in audited.layout.record if record.name not in met)


def _columns(audited: Audited) -> Iterator[str]:
    for record in audited.layout.record:
        for column in record.columns:
            if not audited.holds(record, column.name):
                yield f"no case has anything in column {column.name} of record {record.name}"


def _unreadable(audited: Audited) -> Iterator[str]:
    strict = {
        record.name
        for record in audited.layout.record
        for column in record.columns
        if record.form != "pattern" and (column.match or not KINDS[column.kind].is_text)
    }
    met = {each.rule for reading in audited.readings for each in reading.rejected if each.column}
    yield from (f"no case has a record {name} with a cell that cannot be read" for name in sorted(strict - met))


def _rules(audited: Audited) -> Iterator[str]:
    rules = audited.layout.rule
    for number, rule in enumerate(rules):
        if not audited.differs_with(rule=rules[:number] + rules[number + 1 :]):
            yield f"no case has a line on which rule {number + 1} has a say ({rule.when or 'always'})"


def _spills(audited: Audited) -> Iterator[str]:
    records = audited.layout.record
    for number, record in enumerate(records):
        without = [*records]
        without[number] = msgspec.structs.replace(record, surplus=None)
        if record.surplus is not None and not audited.differs_with(record=without):
            yield f"no case has a record {record.name} that spills over"


def _skips(audited: Audited) -> Iterator[str]:
    declared = [skip.reason for skip in audited.layout.skip]
    by_rule = [rule.skip for rule in audited.layout.rule if rule.skip]
    met = {each.reason for reading in audited.readings for each in reading.skipped}
    yield from (f"no case has a line skipped as: {reason}" for reason in sorted({*declared, *by_rule} - met))
    yield from (f"two skips have one reason: {each}" for each in sorted(set(declared)) if declared.count(each) > 1)


def _channels(audited: Audited) -> Iterator[str]:
    sides = ("source_channel", "destination_channel")
    met = {str(channel) for side in sides for channel in audited.values(side)}
    bare = {channel.rpartition("-")[0] or channel for channel in met}
    shapes = audited.layout.channel
    patterns = [compiled(shape.match, trusted=audited.layout.trusted) for shape in shapes]
    first = {next((place for place, pattern in enumerate(patterns) if pattern.match(each)), -1) for each in bare}
    yield from (f"no case has a channel {each.match}" for place, each in enumerate(shapes) if place not in first)


def _outcome_words(audited: Audited) -> Iterator[str]:
    met = {str(status).upper() for status in audited.values("status")}
    yield from (f"no case has the status {status}" for status in audited.layout.outcomes if status not in met)


def _options(audited: Audited) -> Iterator[str]:
    for name in audited.layout.option:
        if not any(_differs_without(case, name) for case in audited.cases if name in case.settings):
            yield f"no case would come out otherwise without option {name}"


def _differs_without(case: Case, option: str) -> bool:
    bare = Case(case.dialect, case.path, case.cutters)
    bare.settings = {name: text for name, text in case.settings.items() if name != option}
    return bare.outcomes != case.outcomes


def _ways(audited: Audited) -> Iterator[str]:
    met = set(audited.values("direction"))
    yield from (f"no case has a call that is {word}" for word in ("incoming", "outgoing") if word not in met)
    ends = set(audited.values("outcome"))
    if audited.layout.assembly and audited.layout.assembly.talk:
        ends.add("answered")  # which no event says by itself
    if "answered" not in ends or not ends - {"answered"}:
        yield "no case has both calls that were answered and calls that were not"


def _arrives(audited: Audited) -> Iterator[str]:
    layout = audited.layout
    if not layout.transport:
        yield "it is not said by which ways its records usually come (transport)"
    yield from (f"delivered.{kind} is of no usual way" for kind in layout.delivered if kind not in layout.transport)


def _encodings(audited: Audited) -> Iterator[str]:
    declared = audited.layout.encodings
    raws = [raw for case in audited.cases for raw in case.frames.raws]
    met = {_encoding_of(raw, declared) for raw in raws}
    yield from (f"no case has a line that needs {each}" for each in declared if each not in met)


def _encoding_of(raw: bytes, encodings: list[str]) -> str:
    fitting = (encoding for encoding in encodings if raw.decode(encoding, "ignore").encode(encoding) == raw)
    return next(fitting, "")


def _explained(audited: Audited) -> Iterator[str]:
    layout = audited.layout
    for record in layout.record:
        unsaid = (column.name for column in record.columns if not column.means.strip())
        yield from (f"column {name} of record {record.name} says not what it means" for name in unsaid)
    for name, option in layout.option.items():
        if not (option.help and option.form and option.example):
            yield f"option {name} lacks its help, form or example"


def _evidence(audited: Audited) -> Iterator[str]:
    layout = audited.layout
    if not layout.certainty.strip() or not layout.evidence:
        yield "it is not said where the layout was read, and how sure that is"
    for each in layout.evidence:
        if not (each.title and each.says and each.certainty):
            yield f"evidence {each.title!r} lacks its title, what it says, or how sure that is"


def _readme(audited: Audited) -> Iterator[str]:
    text = audited.readme()
    if not text.startswith("# "):
        yield "README.md does not begin with a title"
    yield from (f"README.md does not name the {model}" for model in audited.layout.models if model not in text)
    if not re.search(r"^## .*(sure|unknown)", text, re.MULTILINE | re.IGNORECASE):
        yield "README.md has no heading with what is sure or unknown"


def _line(case: Case, row: int) -> str:
    return repr(case.frames.raws[row][:_SHOWN].decode("latin-1"))


def _sizes(audited: Audited) -> Iterator[str]:
    paths = audited.dialect.case_paths()
    if len(paths) > FORMAT_CASES:
        yield f"there are {len(paths)} cases, of which the first {FORMAT_CASES} are looked at"
    for case in audited.cases:
        if case.path.stat().st_size > FORMAT_CASE:
            yield f"cases/{case.path.name} has more than {FORMAT_CASE} bytes, of which the first are looked at"


CHECKS: dict[str, Check] = {
    "sizes": _sizes,
    "expected": _expected,
    "one outcome": _one_outcome,
    "one record": _one_record,
    "private": _private,
    "cases": _cases,
    "records": _records,
    "columns": _columns,
    "unreadable": _unreadable,
    "rules": _rules,
    "spills": _spills,
    "skips": _skips,
    "channels": _channels,
    "outcomes": _outcome_words,
    "options": _options,
    "ways": _ways,
    "arrives": _arrives,
    "encodings": _encodings,
    "explained": _explained,
    "evidence": _evidence,
    "readme": _readme,
}
GRAVE = frozenset(("expected", "one outcome", "one record", "private", "claims"))
