"""What can go wrong between a PBX and whoever reads it, as declared faults.

A `PbxFault` says what happens, a `Schedule` says to which answers. Several faults may hit the
same answer: rows are spoilt first, then the answer is written, then its bytes are delayed
and cut. Faults of the listener (`LISTENER`) hold from the moment they are asked for until
`lasting_s` is over or the PBX is told to behave, whatever the schedule.

What each kind does to an answer stands in `effects.py`.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Generic, TypeVar

_Choice = TypeVar("_Choice", bound=Enum)
_Fault = TypeVar("_Fault")


class FaultKind(Enum):
    """What goes wrong."""

    CUT = "cut"
    """The body ends after `after_bytes` bytes, as `ending` says."""
    CUT_CHUNKED = "cut-chunked"
    """The same inside a chunked body; `after_bytes` counts the chunks' frames too."""
    SILENT = "silent"
    """Clears the file and ends the connection before the first byte."""
    SERVER_ERROR = "server-error"
    """Clears the file and answers 500; `rows` = 0 leaves the body empty."""
    SLOW = "slow"
    """Waits `delay_s` after clearing, then sends `bytes_per_s` (0: as fast as it goes)."""
    UNAUTHORIZED = "unauthorized"
    """Answers 401 even to the right password."""
    FORBIDDEN = "forbidden"
    """Answers 403."""
    REDIRECT = "redirect"
    """Sends the reader to /login."""
    LOGIN_PAGE = "login-page"
    """Answers 200 with an HTML login form in place of the file."""
    LENGTH_SHORT = "length-short"
    """Content-Length is `by` bytes less than the body."""
    LENGTH_LONG = "length-long"
    """Content-Length is `by` bytes more than the body."""
    NO_STATUS_LINE = "no-status-line"
    """Sends the rows with no HTTP around them."""
    ODD_TYPE = "odd-type"
    """Names a Content-Type that has nothing to do with the body."""
    GARBAGE = "garbage"
    """`rows` lines of rubbish between the rows."""
    DUPLICATES = "duplicates"
    """The first `rows` rows stand twice in the same answer."""
    REPLAY = "replay"
    """The rows of the answer before come again in front of the new ones."""
    CLOCK_JUMP = "clock-jump"
    """The PBX clock is off by `hours`, unique ids with it."""
    FOLD = "fold"
    """Wall times are off by `hours` but unique ids are right, as around a DST change."""
    SELF_SIGNED = "self-signed"
    """TLS with a certificate nobody vouches for."""
    EXPIRED = "expired"
    """TLS with a certificate of last year."""
    WRONG_HOST = "wrong-host"
    """TLS with a certificate for another name."""
    OLD_TLS = "old-tls"
    """TLS 1.0 and 1.1 only."""
    REFUSE = "refuse"
    """Nobody listens on the port."""


LISTENER = frozenset(
    {FaultKind.SELF_SIGNED, FaultKind.EXPIRED, FaultKind.WRONG_HOST, FaultKind.OLD_TLS, FaultKind.REFUSE}
)


class BreakOff(Enum):
    """What happens to the connection where an answer is cut."""

    CLOSE = "close"
    """It is closed in order."""
    RESET = "reset"
    """It is reset."""
    STALL = "stall"
    """Nothing more comes, and it stays open until the reader gives up."""
    HOLD = "hold"
    """Nothing more comes until the PBX is told to go on; then the rest follows."""


class Clearing(Enum):
    """Whether a faulty answer costs the rows."""

    AS_USUAL = "as-usual"
    """As that kind of fault does by itself."""
    CLEARS = "clears"
    KEEPS = "keeps"


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxFault:
    """One thing that goes wrong, with its measures; those a kind does not use are ignored."""

    kind: FaultKind
    after_bytes: int = 0
    by: int = 1
    rows: int = 1
    hours: float = 1.0
    delay_s: float = 0.0
    bytes_per_s: int = 0
    lasting_s: float = 0.0
    """Of a fault of the listener: seconds until it is over; 0: until told to behave."""
    ending: BreakOff = BreakOff.CLOSE
    clearing: Clearing = Clearing.AS_USUAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which answers a fault hits: from the `after`-th on, `times` of them, each with a chance."""

    times: int | None = 1
    """None: for ever."""
    probability: float = 1.0
    after: int = 0
    """Answers left alone first."""


NEXT = Schedule()
ALWAYS = Schedule(times=None)


def randomly(probability: float) -> Schedule:
    """Each answer is hit with this chance (0 to 1), for ever."""
    return Schedule(times=None, probability=probability)


@dataclass(slots=True)
class _Planned(Generic[_Fault]):
    fault: _Fault
    probability: float
    wait: int
    left: int | None


class Mischief(Generic[_Fault]):
    """The faults still to come, of any sort; seeded, so that chance repeats."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(f"{seed} mischief")  # noqa: S311 - repeatable, not secret
        self._planned: list[_Planned[_Fault]] = []

    def add(self, fault: _Fault, schedule: Schedule = NEXT) -> None:
        """Let the fault happen as scheduled, beside those already planned."""
        planned = _Planned(fault, schedule.probability, schedule.after, schedule.times)
        self._planned.append(planned)

    def clear(self) -> None:
        """Forget all faults."""
        self._planned.clear()

    @property
    def idle(self) -> bool:
        """Whether no fault is to come."""
        return not self._planned

    def due(self) -> tuple[_Fault, ...]:
        """The faults of the answer (or record) about to be given; each call is one answer."""
        hit = tuple(p.fault for p in self._planned if self._hits(p))
        self._planned = [p for p in self._planned if p.left is None or p.left > 0]
        return hit

    def _hits(self, planned: _Planned[_Fault]) -> bool:
        if planned.wait > 0:
            planned.wait -= 1
            return False
        if planned.probability < 1 and self._random.random() >= planned.probability:
            return False
        if planned.left is not None:
            planned.left -= 1
        return True


def parse(text: str) -> tuple[PbxFault, Schedule]:
    """A fault and its schedule as written on a command line.

    >>> fault, schedule = parse("cut after_bytes=100 ending=reset times=3")
    >>> fault.kind.value, fault.after_bytes, fault.ending.value, schedule.times
    ('cut', 100, 'reset', 3)

    Raises:
        ValueError: says what is wrong and what would be right.
    """
    name, values = settings(text, {field.name for field in fields(PbxFault)} - {"kind"})
    return _fault(member(FaultKind, name), values), schedule(values)


def settings(text: str, fault_names: set[str]) -> tuple[str, Mapping[str, str]]:
    """The name in front, and the settings behind it, each one a fault or a schedule has.

    Raises:
        ValueError: there is no such setting.
    """
    name, *pairs = text.split() or [""]
    values = {key: value for key, _, value in (pair.partition("=") for pair in pairs)}
    schedule_names = {field.name for field in fields(Schedule)}
    if unknown := values.keys() - fault_names - schedule_names:
        known = ", ".join(sorted(fault_names | schedule_names))
        raise ValueError(f"a fault has no {min(unknown)!r}; it has {known}")
    return name, values


def _fault(kind: FaultKind, values: Mapping[str, str]) -> PbxFault:
    plain = PbxFault(kind=kind)
    return PbxFault(
        kind=kind,
        after_bytes=int(values.get("after_bytes", plain.after_bytes)),
        by=int(values.get("by", plain.by)),
        rows=int(values.get("rows", plain.rows)),
        hours=float(values.get("hours", plain.hours)),
        delay_s=float(values.get("delay_s", plain.delay_s)),
        bytes_per_s=int(values.get("bytes_per_s", plain.bytes_per_s)),
        lasting_s=float(values.get("lasting_s", plain.lasting_s)),
        ending=member(BreakOff, values.get("ending", plain.ending.value)),
        clearing=member(Clearing, values.get("clearing", plain.clearing.value)),
    )


def schedule(values: Mapping[str, str]) -> Schedule:
    """The schedule in settings: once, unless they say otherwise."""
    probability = float(values.get("probability", 1))
    times = values.get("times", "always" if probability < 1 else "1")
    return Schedule(
        times=None if times == "always" else int(times),
        probability=probability,
        after=int(values.get("after", 0)),
    )


def member(choices: type[_Choice], value: str) -> _Choice:
    """The member of an enumeration with a value.

    Raises:
        ValueError: there is none; says which there are.
    """
    try:
        return choices(value)
    except ValueError:
        known = ", ".join(str(choice.value) for choice in choices)
        raise ValueError(f"there is no {value!r}; choose from {known}") from None
