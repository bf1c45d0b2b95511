"""What can go wrong with a PBX, as declared faults, whatever carries its records.

A `PbxFault` says what happens and how often: to answers of a PBX that is asked, to records of one that sends by itself,
to connections (`AT_CONNECTION`), or to its port (`OF_PORT`: from the moment it is asked for until `lasting_s` is over
or the PBX is told to behave). Several may hit the same answer or record: first what is in it changes, then its bytes,
then what is done with them. Which faults a PBX can show is said by `knows`, of the PBX or of its carrier.
"""

import random
from enum import Enum
from typing import Self

import msgspec


class FaultKind(Enum):
    """What goes wrong."""

    means: str

    def __new__(cls, name: str, means: str) -> Self:
        """Let a kind say what happens."""
        kind = object.__new__(cls)
        kind._value_ = name
        kind.means = means
        return kind

    CUT = (
        "cut",
        "it breaks off after `after_bytes` (0: a record in its middle), and the connection ends as `ending` says",
    )
    # An answer of a PBX that is asked.
    CUT_CHUNKED = "cut-chunked", "the same inside a chunked body; `after_bytes` counts the chunks' frames too"
    SILENT = "silent", "clears the file and ends the connection before the first byte"
    SERVER_ERROR = "server-error", "clears the file and answers 500; `rows` = 0 leaves the body empty"
    SLOW = "slow", "waits `delay_s` after clearing, then sends `bytes_per_s` (0: as fast as it goes)"
    UNAUTHORIZED = "unauthorized", "answers 401 even to the right password"
    FORBIDDEN = "forbidden", "answers 403"
    REDIRECT = "redirect", "sends the reader to /login"
    LOGIN_PAGE = "login-page", "answers 200 with an HTML login form in place of the file"
    LENGTH_SHORT = "length-short", "Content-Length is `by` bytes less than the body"
    LENGTH_LONG = "length-long", "Content-Length is `by` bytes more than the body"
    NO_STATUS_LINE = "no-status-line", "sends the rows with no HTTP around them"
    ODD_TYPE = "odd-type", "names a Content-Type that has nothing to do with the body"
    GARBAGE = "garbage", "`rows` lines of rubbish between the rows"
    DUPLICATES = "duplicates", "the first `rows` rows stand twice in the same answer"
    REPLAY = "replay", "the rows of the answer before come again in front of the new ones"
    CLOCK_JUMP = "clock-jump", "the PBX clock is off by `hours`, unique ids with it"
    FOLD = "fold", "wall times are off by `hours` but unique ids are right, as around a DST change"
    # A connection of a PBX that sends by itself.
    HALF_OPEN = "half-open", "nothing more comes on this connection, and it is never closed; the next one is a new one"
    FLAP = "flap", "a connection is ended, as `ending` says, after `records` records"
    SILENCE = "silence", "a connection stays silent for `delay_s` (0: until the reader gives up)"
    DENY = "deny", "the right password is refused on a connection with a log-in"
    # A record of a PBX that sends by itself.
    DRIP = "drip", "a record comes one byte at a time, with `delay_s` between bytes"
    ENDLESS = "endless", "`size_bytes` bytes without a line end come before a record"
    LOST = "lost", "a record is never sent"
    DOUBLED = "doubled", "a record is sent twice"
    SWAPPED = "swapped", "two records come in the wrong order"
    NUL_END = "nul-end", "a record ends with NUL in place of a line end"
    LEADING_NULS = "leading-nuls", "NULs stand before a record"
    STX_ETX = "stx-etx", "a record stands between STX and ETX, without a line end"
    CR_ONLY = "cr-only", "a record ends with CR alone"
    CRLFLF = "crlflf", "a record ends with CR LF LF"
    HEADING = "heading", "a form feed and a page heading stand before a record"
    TELNET = "telnet", "telnet commands stand in the middle of a record"
    EIGHTH_BIT = "eighth-bit", "some bytes of a record have their eighth bit set"
    PARITY = "parity", "all bytes of a record have a parity bit, as 7E1 looks to who reads 8N1"
    NOISE = "noise", "random bytes come before a record, as when a serial line is plugged in"
    # The port of a PBX that listens.
    REFUSE = "refuse", "nobody listens on the port"
    SELF_SIGNED = "self-signed", "TLS with a certificate nobody vouches for"
    EXPIRED = "expired", "TLS with a certificate of last year"
    WRONG_HOST = "wrong-host", "TLS with a certificate for another name"
    OLD_TLS = "old-tls", "TLS 1.0 and 1.1 only"


def _between(first: FaultKind, last: FaultKind) -> frozenset[FaultKind]:
    """Return the kinds from one to another, in the order in which they stand above."""
    kinds = list(FaultKind)
    return frozenset(kinds[kinds.index(first) : kinds.index(last) + 1])


OF_ANSWERS = _between(FaultKind.CUT, FaultKind.FOLD)
OF_PORT = _between(FaultKind.REFUSE, FaultKind.OLD_TLS)
AT_CONNECTION = frozenset({FaultKind.FLAP, FaultKind.SILENCE, FaultKind.DENY})
OF_RECORDS = _between(FaultKind.LOST, FaultKind.NOISE)
"""What can happen to records and to their bytes, whatever carries them."""
OF_LINES = OF_RECORDS | {FaultKind.DRIP, FaultKind.ENDLESS}
"""What can happen on a line that carries bytes without bounds."""
OF_CONNECTIONS = OF_LINES | {FaultKind.CUT, FaultKind.HALF_OPEN, FaultKind.FLAP, FaultKind.SILENCE}
"""What can happen on a line that can be cut."""


class BreakOff(Enum):
    """What happens to the connection where something is cut."""

    CLOSE = "close"
    """It is closed in order."""
    RESET = "reset"
    """It is reset."""
    STALL = "stall"
    """Nothing more comes, and it stays open until the reader gives up."""
    HOLD = "hold"
    """Nothing more comes until the PBX is told to go on; then the rest follows."""


class Clearing(Enum):
    """Whether a fault costs the records it hits."""

    AS_USUAL = "as-usual"
    """As that kind of fault does by itself."""
    CLEARS = "clears"
    KEEPS = "keeps"


class PbxFault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that goes wrong, with its measures; those a kind does not use are ignored.

    It leaves `after` answers (or records, or connections) alone, and then hits `times` of them (None: all), each with
    a chance of `probability`.
    """

    kind: FaultKind
    after_bytes: int = 0
    by: int = 1
    rows: int = 1
    records: int = 10
    hours: float = 1.0
    delay_s: float = 0.0
    bytes_per_s: int = 0
    size_bytes: int = 10_000_000
    lasting_s: float = 0.0
    """Of a fault of the port: seconds until it is over; 0: until told to behave."""
    ending: BreakOff = BreakOff.CLOSE
    clearing: Clearing = Clearing.AS_USUAL
    after: int = 0
    times: int | None = 1
    probability: float = 1.0


class FaultPlan:
    """The faults still to come; seeded, so that chance repeats."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(f"{seed} mischief")  # noqa: S311 - repeatable, not secret
        self._planned: list[_Planned] = []

    def add(self, fault: PbxFault) -> None:
        """Let the fault happen, beside those already planned."""
        self._planned.append(_Planned(fault, fault.after, fault.times))

    def clear(self) -> None:
        """Forget all faults."""
        self._planned.clear()

    @property
    def idle(self) -> bool:
        """Whether no fault is to come."""
        return not self._planned

    def due(self) -> tuple[PbxFault, ...]:
        """The faults of the answer, record or connection that comes now; each call is one of them."""
        hit = tuple(planned.fault for planned in self._planned if self._hits(planned))
        self._planned = [planned for planned in self._planned if planned.left != 0]
        return hit

    def _hits(self, planned: "_Planned") -> bool:
        if planned.wait > 0:
            planned.wait -= 1
            return False
        if planned.fault.probability < 1 and self._random.random() >= planned.fault.probability:
            return False
        if planned.left is not None:
            planned.left -= 1
        return True


class _Planned(msgspec.Struct):
    fault: PbxFault
    wait: int
    left: int | None


def parse(text: str) -> PbxFault:
    """A fault as written on a command line.

    >>> fault = parse("cut after_bytes=100 ending=reset times=3")
    >>> fault.kind.value, fault.after_bytes, fault.ending.value, fault.times
    ('cut', 100, 'reset', 3)

    Raises:
        ValueError: says what is wrong and what would be right.
    """
    name, *pairs = text.split() or [""]
    given: dict[str, str | None] = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
    known = sorted(set(PbxFault.__struct_fields__) - {"kind"})
    if unknown := given.keys() - set(known):
        raise ValueError(f"a fault has no {min(unknown)!r}; it has {', '.join(known)}")
    _check(name, FaultKind)
    _check(given.get("ending", "close"), BreakOff)
    _check(given.get("clearing", "as-usual"), Clearing)
    # What happens by chance goes on happening, unless it is said how often.
    if given.get("times", "always" if "probability" in given else "1") == "always":
        given["times"] = None
    try:
        return msgspec.convert({**given, "kind": name}, PbxFault, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"{text!r} is no fault: {error}") from None


def _check(value: str | None, choices: type[Enum]) -> None:
    known = [str(choice.value) for choice in choices]
    if value not in known:
        raise ValueError(f"there is no {value!r}; choose from {', '.join(known)}")
