"""The form of a `dialect.toml`: what a layout may say, as frozen values.

`checking` finds the faults in one. The page for people who write layouts is docs/develop/add-a-dialect.md.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tollbook.model.problem import Misconfigured, Problem
from tollbook.model.record_lines import RecordLines
from tollbook.model.rules import Rules

Form = Literal["csv", "fixed", "blanks", "keyed", "json", "pattern", "xml"]
"""How a record's text is divided into cells."""


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of a record: its name among ours, its kind, and what the PBX's maker says it means.

    `name` is that of a call's column, or any other that rules read. `means` is what the PBX's maker says of it. `kind`
    is what its cells hold. `form` says how a date, time or duration is written (several: the first that fits). `at` is
    where it stands in a `fixed` record: bytes before it, and its length (0: to the end); `also` are further places,
    whose texts follow, of a value whose parts stand apart. `key` is its name in a `keyed` or `json` record, the way to
    it in an `xml` one, or the named group of a `pattern`, where that is not `name`. An `empty` cell stands for nothing
    where its kind would refuse it; one of the texts in `unset` stands for a clock that the PBX did not know. Signs are
    put back by `replace` before anything else; `match` is a pattern that the cell's text must hold for the record to be
    one. Seconds are those since the moment in the column `minus`, where both are counted from one beginning: 0 where
    one of the two is not there.
    """

    name: str
    means: str
    kind: str = "text"
    form: list[str] = []
    at: tuple[int, int] = (0, 0)
    also: list[tuple[int, int]] = []
    key: str | None = None
    empty: bool = False
    unset: list[str] = []
    replace: dict[str, str] = {}
    match: str = ""
    minus: str = ""

    @property
    def is_needed(self) -> bool:
        """Whether a record without it is none: it may not be empty, and is no text of any kind."""
        return not self.empty and (self.kind != "text" or bool(self.match))


class Surplus(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to read a row with too many fields, because a field's text holds unquoted separators.

    The first `first` and the last `last` fields stand; of those between, the one that spills takes all that is over.
    Or the texts of the columns `into` may spill over: fields are joined into them until each column that has a `match`
    holds it, where that can be done in one way only.
    """

    first: int = 0
    last: int = 0
    into: list[str] = []


class Moved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Columns that some PBXs write one place too far left, so that the first holds what belongs into the second.

    They have been moved where the first of the `columns` holds a text that is none of `unless` and the last holds
    nothing of its own.
    """

    columns: list[str]
    unless: list[str]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of record: how its text is divided, and its columns in order.

    A line belongs to the first record that claims it. `shape` claims by what stands where: `9` a digit, `#` a digit or
    a blank, `A` a letter, `X` anything but a blank, `?` anything, any other sign itself, and so any behind a backslash;
    several: one of them. `name` stands in rules and rejects. `form` is how its text is divided into cells, `columns`
    are these in order; a `separator` stands between two fields of a `csv` or `keyed` record. `surplus` is for rows with
    too many fields, `moved` for columns in the wrong place. `match` is the verbose pattern of a `pattern` record, whose
    named groups are its columns; of a `keyed` record it is what stands before the first name, of a `csv` record what
    its lines begin with, where others have as many fields, of an `xml` record how its element begins, anywhere. A `csv`
    or `blanks` record claims by the number of its fields: all its columns, or at least the first `fewest`. The values
    of a `json` or `xml` record are `encoded` where they are percent-encoded as in a URL; the tags of an `xml` one may
    be so, too, where it was posted as a field of a form.
    """

    name: str
    form: Form
    columns: list[Column]
    shape: list[str] = []
    match: str = ""
    separator: str = ","
    fewest: int = 0
    surplus: Surplus | None = None
    moved: Moved | None = None
    encoded: Literal["plain", "url"] = "plain"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What cells say about a call. Of the rules of one `group`, the first whose conditions all hold is applied.

    `when` are patterns by column, looked for anywhere in the cell; their named groups become columns. `gives` are texts
    for columns, in which `{name}` is the text of another column. A record that a rule with `skip` applies to is no
    call, and that is the reason shown. Without `record` a rule is for every kind of record. `among` are further
    conditions: a column's text is one of the words that the owner of the PBX gave in an option; and so are `equals`: a
    column's text, of which there is some, is that of the other column.
    """

    group: str = "way"
    record: list[str] = []
    when: dict[str, str] = {}
    gives: dict[str, str] = {}
    skip: str = ""
    among: dict[str, str] = {}
    equals: dict[str, str] = {}


class LayoutTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How times are meant: the moment in `date` and `time` is the start of the call or its end.

    `moment` says which. `unanswered` is what stands for the moment of answering where nobody did: nothing, or the
    moment of the end.
    """

    moment: Literal["start", "end"] = "start"
    unanswered: Literal["empty", "end"] = "empty"


class Skip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shape of line that is no record: `match` is a pattern of how it begins, `reason` what it is."""

    match: str
    reason: str


class Channel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    r"""A shape of channel text: the pattern `match` finds it, `role` is what is behind it.

    `name` is what that is called: a group of the pattern, as `\1`.
    """

    match: str
    role: str
    name: str = r"\1"


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the layout was read: the `title` of a document, what it `says`, and the `certainty` of that.

    `address` is where it can be read.
    """

    title: str
    says: str
    certainty: str
    address: str = ""


class OptionText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A setting of the dialect that a person may give per PBX; `choices` are all it can be, `default` what it is.

    `help` says what it is for, `form` how it is written, `example` shows one.
    """

    help: str
    form: str
    example: str
    default: str = ""
    choices: list[str] = []


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole `dialect.toml`.

    `title` is what the format is called, `vendor` who makes the PBX, and `models` are those that write it. `certainty`
    says how sure the layout is, and `evidence` where it was read. By `framing`, records end where lines do. `encodings`
    are tried in order. A `record` is a kind of line. A `rule` says what cells mean for a call, a `skip` which lines are
    no records, a `channel` what texts of channels mean, and an `option` what a person may set per PBX. `times` says how
    moments are meant, `assembly` which records are one call.
    `derive` says how calls come of cells: from two `channels`, as Asterisk-based PBXs name them, or by `rules`.
    `transport` are the usual ways in, kinds of source, the most usual first; `delivered` is by such a kind how PBXs
    are set as they are delivered: settings of that source.
    `lines` is there where a record may span several of them.
    `outcomes` are what the texts of a `status` column mean. `trusted` is not written: it is whether the layout came
    with Tollbook.
    """

    title: str
    vendor: str
    models: list[str]
    certainty: str
    framing: Literal["lines"]
    encodings: list[str]
    record: list[Record]
    evidence: list[Evidence]
    lines: RecordLines | None = None
    derive: Literal["channels", "rules"] = "rules"
    outcomes: dict[str, str] = {}
    times: LayoutTimes = LayoutTimes()
    rule: list[Rule] = []
    skip: list[Skip] = []
    channel: list[Channel] = []
    option: dict[str, OptionText] = {}
    assembly: Rules | None = None
    transport: list[str] = []
    delivered: dict[str, dict[str, str]] = {}
    trusted: bool = True

    @property
    def framed(self) -> RecordLines | None:
        """What is to be known to cut records out of what a PBX writes; None where each line is one."""
        if not any(record.form == "xml" for record in self.record):
            return self.lines
        return msgspec.structs.replace(self.lines or RecordLines(count=1), xml=True)

    @property
    def tells_seconds(self) -> bool:
        """Whether the PBX writes times of day to the second; where it does not, seconds of a call are reckoned."""
        columns = [column for record in self.record for column in record.columns]
        forms = [form for column in columns if column.kind in ("time", "moment") for form in column.form]
        return any("s" in form for form in forms) or not forms


def read_layout(slug: str, document: dict[str, Any], *, trusted: bool = True) -> Layout:
    """Check a parsed `dialect.toml` and return it as values; raises `Misconfigured` with every fault found."""
    from tollbook.dialects.layout.checking import faults

    where = f"dialect {slug}"
    try:
        layout = msgspec.convert({**document, "trusted": trusted}, Layout)
    except msgspec.ValidationError as fault:
        raise Misconfigured(Problem("the layout cannot be used", str(fault), where)) from fault
    found = faults(layout, where)
    if found:
        raise Misconfigured(*found)
    return layout
