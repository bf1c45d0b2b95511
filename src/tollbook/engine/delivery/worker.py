"""Sends the messages of one destination, one after the other, on a thread of its own.

In the moment in which the other side has taken a message it is noted as sent, in the next statement and nothing before
it. What fails is put back with a growing pause, so that others have their turn, and given up after `MESSAGE_TRIED_S`.
"""

from __future__ import annotations

from datetime import timedelta

from tollbook import clock
from tollbook.delivery import known
from tollbook.delivery.contract import MessageRefused, Messenger, NotNow
from tollbook.engine.backoff import Backoff
from tollbook.engine.changes.consumer import Consumer
from tollbook.model.fence import Fence
from tollbook.model.limits import MESSAGE_TRIED_S
from tollbook.model.message import MessageDestination
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.site.outbox import operations as box
from tollbook.site.outbox.operations import ClaimedMessage
from tollbook.site.reaching import check_reach

_FIRST_S, _LONGEST_S, _LONGEST_AWAY_S = 10.0, 3600.0, 600.0


def opened(destination: MessageDestination, fence: Fence) -> Messenger:
    """Return a destination, not connected yet; raises `Misconfigured` or `Unavailable` for settings that cannot be."""
    kind, where = known.find(destination.kind), f"destination {destination.name}"
    options = read_options(kind.options, destination.settings, where)
    check_reach(options, where, fence)
    return kind.open(options, fence)


class DeliveryWorker:
    """The worker of one destination. `start` it once, `stop` it once."""

    def __init__(self, destination: MessageDestination, fence: Fence, process: str) -> None:
        self.destination, self._fence, self._process = destination, fence, process
        self._consumer = Consumer("destination", destination.name)
        self.news, self.stop = self._consumer.news, self._consumer.stop
        self._carrier: Messenger | None = None

    @property
    def consumer(self) -> Consumer:
        """Who runs it, and knows how it is doing."""
        return self._consumer

    def start(self) -> None:
        """Begin."""
        self._consumer.start(self)

    # ------------------------------------------------------------------ work of a consumer

    def begin(self) -> None:
        """Look at the settings; nobody is reached before there is a message."""
        self._carrier = opened(self.destination, self._fence)
        if not self._consumer.health.last_error:
            self._consumer.well("ready")

    def step(self) -> bool:
        """Send the next message that is due; return whether there may be another."""
        claimed = box.claim(self.destination.name, self._process)
        if claimed is None or self._carrier is None:
            return False
        try:
            answer = self._carrier.send(claimed.message, claimed.recipient)
        except MessageRefused as fault:
            box.refused(claimed.number, self._process, str(fault))
        except NotNow as fault:
            self._put_back(claimed, str(fault), _LONGEST_S)
        except Unavailable as fault:
            self._put_back(claimed, str(fault), _LONGEST_AWAY_S)
            raise
        except Exception as fault:
            self._put_back(claimed, f"it could not be sent: {type(fault).__name__}", _LONGEST_S)
            raise
        else:
            box.sent(claimed.number, self._process, answer)
            self._consumer.well("the last message was taken")
        return True

    def end(self) -> None:
        """Close the connections to the other side and to the site's settings."""
        from django.db import connections

        carrier, self._carrier = self._carrier, None
        if carrier:
            carrier.close()
        connections.close_all()

    def failed(self, *, permanent: bool) -> None:
        """Begin again; what was being sent has been put back."""

    def _put_back(self, claimed: ClaimedMessage, reason: str, longest_s: float) -> None:
        now = clock.now()
        if (now - claimed.made_at).total_seconds() > MESSAGE_TRIED_S:
            box.given_up(claimed.number, self._process, reason)
            return
        pauses = Backoff(first_s=_FIRST_S, longest_s=longest_s, permanent_s=longest_s, failures=claimed.tries)
        box.later(claimed.number, self._process, reason, now + timedelta(seconds=pauses.failed(permanent=False)))
