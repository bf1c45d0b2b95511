"""The calls of an office as formats of any PBX know them: an outside party, an extension, a trunk with a number.

They come from the same people, habits and hours as the KX-HTS's records. What only that PBX has (its doorphone, its
paging, calls that merely pass through) is left out, and some calls are handed on to a colleague.
"""

import random
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache

import msgspec

from tollbook import clock
from tollbook.simulator import office as place
from tollbook.simulator.history import Switchboard, ends
from tollbook.simulator.office import Office
from tollbook.simulator.row import OUTCOMES, CallRow

_TRANSFERRED = 0.06
"""Share of incoming answered calls that are handed on."""
_NAMED = 0.6
"""Share of callers whose name comes with the number."""
_IDS = 1_000_000
_SIP_TRUNKS = ("5", "6", "7", "8")
_KINDS = frozenset(("incoming", "outgoing", "internal"))
_ENDS = frozenset(("answered", "unanswered", "busy"))
_FEATURES = frozenset(("", "Voicemail"))
_NAMES = (
    "ALDER SUPPLY", "BIRCH & SONS", "CEDAR HOTEL", "DOGWOOD LTD", "ELM STREET", "FIR LOGISTICS", "GINKGO CARE",
    "HAZEL FOODS", "IVY BOOKS", "JUNIPER CO", "LARCH PRINT", "MAPLE DENTAL",
)  # fmt: skip


class OfficeCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call. Moments are aware, by the PBX's wall clock; durations whole seconds; texts empty where there is none.

    `extension2` is who was called inside, or whom the call was handed on to. `number` are the outside party's digits.
    """

    words: frozenset[str]
    """Its direction and outcome, and `transferred` where it was."""
    id: int
    epoch: int
    start: datetime
    answer: datetime | None
    end: datetime
    ring: int
    talk: int
    total: int
    extension: str
    extension2: str
    trunk: str
    number: str
    caller: str
    called: str
    account: str
    name: str

    @property
    def zone(self) -> str:
        """The name of the zone of the PBX's clock."""
        return str(self.start.tzinfo)


Wanted = Callable[[OfficeCall], bool]
"""Says whether a format writes such calls; raises ValueError where it seems to write none."""


class PastCalls(msgspec.Struct, frozen=True, kw_only=True):
    """So many calls of an office that ended between two aware instants."""

    office: Office
    start: datetime
    end: datetime
    calls: int


def calls_from_now(office: Office, wanted: Wanted) -> Iterator[OfficeCall]:
    """Calls of a wanted kind that end the moment they are asked for, without end."""
    desk = _Desk(office, wanted)
    while True:
        yield desk.ended(int(clock.now().timestamp()))


def calls_between(past: PastCalls, wanted: Wanted) -> Iterator[OfficeCall]:
    """Calls of a wanted kind, in the order in which they ended."""
    desk = _Desk(past.office, wanted)
    for end_s in ends(past.office, start=past.start, end=past.end, calls=past.calls):
        yield desk.ended(end_s)


class _Desk:
    """Takes an exchange's rows for calls."""

    def __init__(self, office: Office, wanted: Wanted) -> None:
        self._exchange = Switchboard(office)
        self._wanted = wanted
        self._zone = office.zone
        self._chance = random.Random(f"{office.seed} desk")  # noqa: S311 - plausible calls, not secrets
        self._extensions = tuple(office.devices())
        self._id = -1

    def ended(self, end_s: int) -> OfficeCall:
        """A call that ended at this instant."""
        # A PBX that is started later goes on with other ids.
        self._id = self._id + 1 if self._id >= 0 else end_s
        while True:
            row = self._exchange.ended(end_s)
            call = self._call(row, self._id % _IDS) if _is_plain(row) else None
            if call and self._wanted(call):
                return call

    def _call(self, row: CallRow, number: int) -> OfficeCall:
        inside, incoming = row.direction == "internal", row.direction == "incoming"
        ring_s, talk_s, total_s = _lasting(row)
        second = row.callee if inside else self._colleague(row)
        words = (row.direction, OUTCOMES[row.status], *(("transferred",) if second and not inside else ()))
        reached_s, zone = row.started_s + ring_s, self._zone
        return OfficeCall(
            words=frozenset(words),
            id=number,
            epoch=row.started_s,
            start=datetime.fromtimestamp(row.started_s, zone),
            answer=datetime.fromtimestamp(reached_s, zone) if row.answer_time else None,
            end=datetime.fromtimestamp(row.started_s + total_s, zone),
            ring=ring_s,
            talk=talk_s,
            total=total_s,
            extension=row.extension,
            extension2=second,
            trunk="" if inside else self._trunk(row.trunk),
            number="" if inside else row.caller if incoming else row.callee,
            caller=row.caller,
            called=row.callee,
            account=row.account_code,
            name=_name(row.caller if incoming else row.extension),
        )

    def _colleague(self, row: CallRow) -> str:
        """Whom an incoming call was handed on to, if it was."""
        if (row.direction, row.status) != ("incoming", "ANSWERED") or self._chance.random() >= _TRANSFERRED:
            return ""
        return self._chance.choice([each for each in self._extensions if each != row.extension])

    def _trunk(self, channel: str) -> str:
        """The number of a trunk: those of the analog lines, and any of the SIP trunk's."""
        if channel in place.ANALOG_TRUNKS:
            return channel.partition("/")[2]
        return self._chance.choice(_SIP_TRUNKS)


def _is_plain(row: CallRow) -> bool:
    """Say whether it is a call that any PBX could have had."""
    return (
        row.direction in _KINDS
        and OUTCOMES[row.status] in _ENDS
        and row.feature in _FEATURES
        and row.caller != "*"
        and not row.source_channel.startswith(place.DOORPHONE)
    )


def _lasting(row: CallRow) -> tuple[int, int, int]:
    """Ring, talk and total seconds."""
    total_s, talk_s = int(row.total_duration), int(row.talking_duration)
    return total_s - talk_s, talk_s, total_s


@lru_cache(maxsize=4096)
def _name(digits: str) -> str:
    """The name that goes with a number, the same each time; not everybody has one."""
    chance = random.Random(f"{digits} name")  # noqa: S311 - a plausible name
    return chance.choice(_NAMES) if digits and chance.random() < _NAMED else ""
