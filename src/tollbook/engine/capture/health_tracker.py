"""How one PBX is doing: said in a sentence; logged once when it goes and once when it is back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import structlog

from tollbook.clock import now
from tollbook.framing.streams import eighth_bit_is_noise
from tollbook.journal import Journal
from tollbook.model.health import Health, State
from tollbook.model.shape import Shape, sniff

_log = structlog.get_logger()
_SAMPLE = 2048
_TOO_SHORT = 64
"""Bytes from which nothing can be told of parity."""
_RECORD_ENDS = (b"\n", b"\r", b"\0", b"\3")
PARITY = (
    "about half of its characters have their eighth bit set: the line's parity or data bits are set wrongly; "
    "most PBXs send 7 bits with even parity, or 8 bits without"
)


def iso(moment: datetime) -> str:
    """Return an instant as pages and the API write it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_now() -> str:
    """Return the present instant as pages and the API write it."""
    return iso(now())


def last_record_at(journal: Journal, pbx: str) -> str | None:
    """Return when bytes of a PBX last arrived before this start; a web page is no record."""
    condition = "pbx = ? AND length > 0 AND source <> 'import' AND state <> 'odd' ORDER BY id DESC LIMIT 1"
    last = journal.bodies(condition, pbx)
    return iso(datetime.fromtimestamp((last[0].ended_at or last[0].opened_at) / 1e6, UTC)) if last else None


class HealthTracker:
    """One PBX's health in the making."""

    def __init__(self, pbx: str, last_record: str | None) -> None:
        self._pbx = pbx
        self._met = False
        self._peer = ""
        self._health = Health(
            pbx=pbx,
            state=State.STARTING,
            message="not asked yet",
            since=iso_now(),
            last_record_at=last_record,
        )

    @property
    def health(self) -> Health:
        """How the PBX is doing now."""
        last = self._health.last_record_at
        if last is None:
            return self._health
        silent_s = int((now() - datetime.fromisoformat(last)).total_seconds())
        return msgspec.structs.replace(self._health, silent_s=max(silent_s, 0))

    @property
    def message(self) -> str:
        """The last thing said of the PBX."""
        return self._health.message

    def took(self, data: bytes) -> None:
        """Note bytes that have been journalled."""
        moment = iso_now()
        self._note(bytes_taken=self._health.bytes_taken + len(data), last_byte_at=moment)
        if any(map(data.__contains__, _RECORD_ENDS)) and sniff(data, ended=True) is not Shape.MARKUP:
            self._note(last_record_at=moment)
        if len(data) >= _TOO_SHORT:
            self._note(noise=PARITY if eighth_bit_is_noise(data[:_SAMPLE]) else "")
        if self._peer:
            self._note(message=f"{self._peer} is connected and sends")

    def answered(self, message: str, took_s: float) -> None:
        """Note an answer as it should be."""
        self._note(answers=self._health.answers + 1, last_answer_at=iso_now(), poll_s=round(took_s, 3))
        self.become(State.WORKING, message)

    def connected(self, peer: str) -> None:
        """Note that a PBX which sends by itself is there."""
        self._met, self._peer = True, peer
        self._note(connected_since=iso_now())
        self.become(State.WORKING, f"{peer} is connected and has sent nothing yet")

    def waiting(self, message: str) -> None:
        """Note that nobody is there: not yet, or no longer."""
        self._peer = ""
        self._note(connected_since=None)
        self.become(State.NOT_REACHABLE if self._met else State.WAITING, message)

    def refused(self, peer: str, reason: str) -> None:
        """Note that somebody was not let in; each new one is logged once."""
        told = f"{peer}: {reason}"
        if told != self._health.last_refused:
            _log.warning("refused", pbx=self._pbx, peer=peer, reason=reason)
        self._note(refused=self._health.refused + 1, last_refused=told)

    def reset(self) -> None:
        """Note that a connection broke off."""
        self._note(resets=self._health.resets + 1)

    def open_bodies(self, number: int) -> None:
        """Note how many bodies are arriving now."""
        self._note(arriving=number)

    def trouble(self) -> None:
        """Count something that went wrong."""
        self._note(trouble=self._health.trouble + 1)

    def failed(self, message: str, *, permanent: bool) -> None:
        """Note that the outside failed."""
        self._peer = ""
        self._note(connected_since=None)
        self.trouble()
        self.become(State.NEEDS_ATTENTION if permanent else State.NOT_REACHABLE, message)

    def hold(self, state: State, message: str) -> None:
        """Note that nothing can be written for now."""
        if self._health.state is not state:
            self.trouble()
        self.become(state, message)

    def become(self, state: State, message: str) -> None:
        """Note a state; log the first time it goes and the first time it is back.

        A message may quote a file's name, which may be no text.
        """
        message = message.encode("utf-8", "backslashreplace").decode("utf-8")
        before = self._health.state
        self._note(message=message)
        if state is before:
            return
        self._note(state=state, since=iso_now())
        if state in (State.WORKING, State.WAITING):
            if before not in (State.STARTING, State.WAITING):
                _log.info("back", pbx=self._pbx)
        else:
            _log.warning(state.words, pbx=self._pbx, reason=message)

    def _note(self, **changes: Any) -> None:  # noqa: ANN401 - fields of Health, each with its own type
        self._health = msgspec.structs.replace(self._health, **changes)
