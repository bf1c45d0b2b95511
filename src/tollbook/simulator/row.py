"""One KX-HTS call record as the PBX holds it, and the ways a PBX may write it down.

A `CallRow` keeps the fifteen columns in one canonical text form (ISO dates, unique id with a
fraction, ``NO ANSWERED``); a `Style` says how the line looks on the wire. What the manual
leaves open (quoting, date form, fraction, encoding) is a choice here, so that a parser can
be shown every one of them. A row also knows what it was meant to say. The PBX's own clock is here too: instants to wall
time as text, right across DST changes, wrong on demand.

A `CallRow` is a named tuple, not a dataclass: a million of them are made for a benchmark and a
tuple is built five times faster.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

COLUMNS: Final = 15
NO_ANSWERED = "NO ANSWERED"

OUTCOMES = {
    "ANSWERED": "answered",
    NO_ANSWERED: "unanswered",
    "BUSY": "busy",
    "FAILED": "failed",
}


class Quoting(Enum):
    """Whether strings stand in quotes."""

    QUOTED = "quoted"
    """As Asterisk's cdr_csv: strings quoted, numbers and an empty answer time bare."""
    BARE = "bare"
    """Nothing quoted: the commas inside option 2 spill into columns of their own."""


class Dates(Enum):
    """How a date is written; both are PBX wall time."""

    ISO = "iso"
    """``2016-06-09 16:38:49``."""
    SLASHED = "slashed"
    """``2016/6/9 16:38:49``, no zero before month, day or hour."""


class UniqueId(Enum):
    """How the unique id is written."""

    FRACTION = "fraction"
    """``1465457929.12``: epoch seconds of the start and a running number."""
    BARE = "bare"
    """``1465457929``: epoch seconds only, not unique."""


class NoAnswer(Enum):
    """The word for a call nobody took."""

    MANUAL = "NO ANSWERED"
    ASTERISK = "NO ANSWER"


class OptionColumns(Enum):
    """Which of columns 6 to 8 hold the application and its arguments."""

    OWN = "own"
    """Feature, then application, then arguments."""
    SHIFTED = "shifted"
    """Application in the feature column, arguments after it, column 8 blank."""


class Encoding(Enum):
    """Character encoding of the file."""

    UTF8 = "utf-8"
    UTF8_BOM = "utf-8-sig"
    LATIN1 = "latin-1"


class LineEnd(Enum):
    """What ends a line."""

    LF = "\n"
    CRLF = "\r\n"


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How the PBX writes its rows; the defaults are Asterisk's."""

    quoting: Quoting = Quoting.QUOTED
    dates: Dates = Dates.ISO
    unique_id: UniqueId = UniqueId.FRACTION
    no_answer: NoAnswer = NoAnswer.MANUAL
    options: OptionColumns = OptionColumns.OWN
    line_end: LineEnd = LineEnd.LF
    encoding: Encoding = Encoding.UTF8


class Meant(msgspec.Struct, frozen=True, kw_only=True):
    """What a correct reader makes of a row.

    Times are aware UTC instants, durations whole seconds. `trunk` is a channel
    name without its suffix (``DAHDI/4``, ``SIP/carrier1_``); `trunk` of a transit call is
    the one it came in by. `extension` of an incoming or doorphone call is the called one (the
    floating one where a feature took it), otherwise the calling one; transit calls have none.
    """

    direction: str
    outcome: str
    extension: str
    trunk: str
    caller: str
    called: str
    account_code: str
    feature: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    ring_s: int
    talk_s: int
    total_s: int
    channels_suffice: bool
    """False where the destination channel is blank, so only the dialled number tells."""


class CallRow(NamedTuple):
    """The fifteen columns in canonical text, and behind them what the row was meant to say."""

    account_code: str
    caller: str
    callee: str
    source_channel: str
    destination_channel: str
    feature: str
    option1: str
    option2: str
    start_time: str
    answer_time: str
    end_time: str
    total_duration: str
    talking_duration: str
    status: str
    unique_id: str
    direction: str
    extension: str
    trunk: str
    started_s: int
    """Epoch seconds of the start, UTC."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The fifteen columns, in order."""
        return self[:15]

    @property
    def meant(self) -> Meant:
        """What a correct reader makes of this row."""
        total_s, talk_s = int(self.total_duration), int(self.talking_duration)
        ended_s = self.started_s + total_s
        answered = datetime.fromtimestamp(ended_s - talk_s, UTC) if self.answer_time else None
        return Meant(
            direction=self.direction,
            outcome=OUTCOMES[self.status],
            extension=self.extension,
            trunk=self.trunk,
            caller=self.caller,
            called=self.callee,
            account_code=self.account_code,
            feature=self.feature,
            started_at=datetime.fromtimestamp(self.started_s, UTC),
            answered_at=answered,
            ended_at=datetime.fromtimestamp(ended_s, UTC),
            ring_s=total_s - talk_s,
            talk_s=talk_s,
            total_s=total_s,
            channels_suffice=bool(self.destination_channel),
        )


AnyRow: TypeAlias = CallRow | bytes
"""A row, or a line that never was one."""


def write(row: CallRow, style: Style) -> bytes:
    """One line as the PBX writes it in this style, line end included."""
    return writer(style)(row)


@lru_cache(maxsize=256)
def writer(style: Style) -> Callable[[CallRow], bytes]:
    """The function that writes rows in this style; for long loops."""
    join = _quoted if style.quoting is Quoting.QUOTED else _bare
    encoding = "latin-1" if style.encoding is Encoding.LATIN1 else "utf-8"
    end = style.line_end.value
    if _restyle(style):
        return lambda row: (join(_styled(row, style)) + end).encode(encoding, "replace")
    return lambda row: (join(row) + end).encode(encoding, "replace")


def head(style: Style) -> bytes:
    """The bytes a file in this style begins with: a byte order mark or nothing."""
    return b"\xef\xbb\xbf" if style.encoding is Encoding.UTF8_BOM else b""


def _restyle(style: Style) -> bool:
    plain = Style(quoting=style.quoting, line_end=style.line_end, encoding=style.encoding)
    return style != plain


def _styled(row: CallRow, style: Style) -> tuple[str, ...]:
    cells: list[str] = list(row.columns)
    if style.options is OptionColumns.SHIFTED and not row.feature:
        cells[5:8] = [row.option1, row.option2, ""]
    if style.dates is Dates.SLASHED:
        cells[8:11] = [slashed(text) for text in cells[8:11]]
    if row.status == NO_ANSWERED:
        cells[13] = style.no_answer.value
    if style.unique_id is UniqueId.BARE:
        cells[14] = row.unique_id.partition(".")[0]
    return tuple(cells)


def slashed(text: str) -> str:
    """An ISO wall time in the form the manual prints.

    >>> slashed("2016-06-09 06:38:49")
    '2016/6/9 6:38:49'
    """
    if not text:
        return text
    hour = text[12:] if text[11] == "0" else text[11:]
    return f"{_slashed_day(text[:10])} {hour}"


@lru_cache(maxsize=8192)
def _slashed_day(day: str) -> str:
    year, month, date = day.split("-")
    return f"{year}/{int(month)}/{int(date)}"


def _quoted(row: tuple[object, ...]) -> str:
    cells = row[:COLUMNS]
    text = (
        '"%s","%s","%s","%s","%s","%s","%s","%s","%s","%s","%s",%s,%s,"%s","%s"' % cells  # noqa: UP031 - twice as fast as an f-string of fifteen indexed cells
    )
    if text.count('"') == 26:  # noqa: PLR2004 - two for each of the thirteen strings
        return text if cells[9] else _without_answer(text)
    doubled = tuple(str(cell).replace('"', '""') for cell in cells)
    return _quoted_slowly(doubled)


def _without_answer(text: str) -> str:
    """Asterisk writes a date never reached as nothing at all, without quotes."""
    before, _, after = text.rpartition(',"","')
    return f'{before},,"{after}'


def _quoted_slowly(cells: tuple[str, ...]) -> str:
    bare = {11, 12} if cells[9] else {9, 11, 12}
    return ",".join(c if i in bare else f'"{c}"' for i, c in enumerate(cells))


def _bare(row: tuple[object, ...]) -> str:
    return ",".join(map(str, row[:COLUMNS]))


_QUARTER_S = 900
_WITHIN_HOUR = tuple(f"{minute:02d}:{second:02d}" for minute in range(60) for second in range(60))


class WallClock:
    """Epoch seconds to the wall time of a zone, as text.

    Fast because a million rows need three million wall times: date and hour are looked up once per quarter of an hour.
    Since 1972 every zone is whole quarters away from UTC; instants before that are not supported.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._quarters: dict[int, tuple[str, int]] = {}

    def text(self, epoch_s: int) -> str:
        """ISO wall time of an instant, without its offset."""
        quarter = epoch_s // _QUARTER_S
        try:
            hour, base = self._quarters[quarter]
        except KeyError:
            hour, base = self._look_up(quarter)
        return hour + _WITHIN_HOUR[epoch_s + base]

    def _look_up(self, quarter: int) -> tuple[str, int]:
        """Date and hour of a quarter, and what makes an instant in it an index into the hour."""
        start_s = quarter * _QUARTER_S
        local = datetime.fromtimestamp(start_s, UTC).astimezone(self.zone)
        found = f"{local:%Y-%m-%d %H:}", local.minute * 60 - start_s
        self._quarters[quarter] = found
        return found


def moved(row: CallRow, clock: WallClock, *, wall_s: int, epoch_s: int) -> CallRow:
    """The row as a PBX with a wrong clock writes it: wall times and unique id off by seconds.

    What the row is meant to say moves with the unique id.
    """
    total_s, talk_s = int(row.total_duration), int(row.talking_duration)
    start_s = row.started_s + wall_s
    start, dot, sequence = row.unique_id.partition(".")
    return row._replace(
        start_time=clock.text(start_s),
        answer_time=clock.text(start_s + total_s - talk_s) if row.answer_time else "",
        end_time=clock.text(start_s + total_s),
        unique_id=f"{int(start) + epoch_s}{dot}{sequence}",
        started_s=row.started_s + epoch_s,
    )
