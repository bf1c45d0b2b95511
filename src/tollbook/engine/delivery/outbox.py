"""The outbox of a site: whoever has something to send puts it here, and each destination's worker sends it.

How to use it: `engine().outbox.put(message, destination, recipients)`. When it returns, the message is in the site's
database, and is sent once by whichever process serves the site, be it killed in between. A message put a second time
under the same key is the same message. Within a transaction it is stored with whatever else that keeps, or not at all.

Django's tables are asked for within the methods: a site may be opened without them.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tollbook.delivery import known
from tollbook.delivery.contract import MessageRefused, NotNow
from tollbook.engine.capture.health_tracker import iso_now
from tollbook.model.fence import Fence
from tollbook.model.health import State, Tested
from tollbook.model.message import DeliveryMessage, DestinationHealth, MessageDestination, MessageState
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.plugins import read_options
from tollbook.site.reaching import problems_in_reach

if TYPE_CHECKING:
    from tollbook.engine.delivery.worker import DeliveryWorker

_TIDY_EVERY_S = 3600.0
_GRACE_S = 10.0


class MessageOutbox:
    """The outbox of one site. `start` it once, `stop` it once; `apply` after a change of destinations."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence
        self.directory: Callable[[], list[MessageDestination]] | None = None
        """Tells which destinations there are; without it nothing is sent."""
        self._process = uuid.uuid4().hex
        self._known: dict[str, MessageDestination] = {}
        self._workers: dict[str, DeliveryWorker] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._tidying: threading.Thread | None = None

    # ------------------------------------------------------------------ life

    def start(self) -> None:
        """Begin to send; what an earlier process was sending when it ended is sent again."""
        if self.directory is None:
            return
        from tollbook.site.outbox import operations as box

        box.release(self._process)
        self._tidying = threading.Thread(target=self._tidy, name="outbox", daemon=True)
        self._tidying.start()

    def apply(self, *, run: bool) -> None:
        """Read the directory again; end workers of what has changed or gone, start those of what is new."""
        with self._lock:
            self._known = {each.name: each for each in (self.directory() if self.directory else [])}
            wanted = {name: each for name, each in self._known.items() if run and not each.paused}
            self._end([name for name, worker in self._workers.items() if wanted.get(name) != worker.destination])
            for name, destination in wanted.items():
                if name not in self._workers:
                    self._begin(destination)

    def _begin(self, destination: MessageDestination) -> None:
        from tollbook.engine.delivery.worker import DeliveryWorker

        worker = DeliveryWorker(destination, self._fence, self._process)
        self._workers[destination.name] = worker
        worker.start()

    def stop(self) -> None:
        """End all workers; what they were sending is sent again at the next start."""
        self._ended.set()
        with self._lock:
            self._end(list(self._workers))
        if self._tidying:
            self._tidying.join(_GRACE_S)

    def _end(self, names: Sequence[str]) -> None:
        ending = [threading.Thread(target=self._workers.pop(name).stop) for name in names]
        for thread in ending:
            thread.start()
        for thread in ending:
            thread.join()

    # ------------------------------------------------------------------ sending

    def put(self, message: DeliveryMessage, destination: str, recipients: Sequence[str] = ()) -> int:
        """Store a message to be sent; return for how many recipients it is new.

        `recipients` are mail addresses, or nobody where the destination leads somewhere by itself. Raises `NotThere`
        for a destination that there is not, `Misconfigured` for recipients or a message that it cannot take.
        """
        from django.db import transaction

        from tollbook.site.destinations import operations as destinations
        from tollbook.site.destinations.checks import recipient_problems
        from tollbook.site.outbox import operations as box

        place = destinations.find(destination)
        problems = recipient_problems(place, [each.strip() for each in recipients])
        if problems:
            raise Misconfigured(*problems)
        put = box.put(message, place, [each.strip() for each in recipients] or [""])
        transaction.on_commit(lambda: self.news(destination))
        return put

    def news(self, destination: str) -> None:
        """Say that there may be a message for a destination."""
        worker = self._workers.get(destination)
        if worker:
            worker.news()

    # ------------------------------------------------------------------ what people ask

    def health(self) -> list[DestinationHealth]:
        """Say how every destination is doing, and what stands in the outbox for it."""
        from tollbook.site.outbox import operations as box

        counts = box.counts()
        return [
            self._health_of(each, counts.get(each.name, {})) for each in (self.directory() if self.directory else [])
        ]

    def troubles(self) -> int:
        """Count the destinations that do not take messages now; asks no table, for every page shows it."""
        workers = list(self._workers.values())
        troubled = (State.NOT_REACHABLE, State.NEEDS_ATTENTION)
        return sum(worker.consumer.health.state in troubled for worker in workers)

    def _health_of(self, destination: MessageDestination, counts: dict[str, int]) -> DestinationHealth:
        worker = self._workers.get(destination.name)
        said = worker.consumer.health if worker else None
        resting = "paused: messages wait" if destination.paused else "not served by this process"
        return DestinationHealth(
            destination=destination.name,
            kind=destination.kind,
            state=said.state if said else State.PAUSED,
            message=said.message if said else resting,
            since=said.since if said else iso_now(),
            last_error=said.last_error if said else "",
            waiting=sum(counts.get(each, 0) for each in (MessageState.WAITING, MessageState.SENDING)),
            sent=counts.get(MessageState.SENT, 0),
            refused=sum(counts.get(each, 0) for each in (MessageState.REFUSED, MessageState.GIVEN_UP)),
        )

    def in_reach(self, destination: MessageDestination) -> list[Problem]:
        """Return a problem for every setting of a destination that names what is out of this server's reach."""
        where = f"destination {destination.name}"
        options = read_options(known.options_of(destination.kind), destination.settings, where)
        return problems_in_reach(options, where, self._fence)

    def test(self, name: str, recipient: str = "") -> Tested:
        """Reach a destination now: with a message, unless it has to be told to whom and is not. Raises `NotThere`."""
        from tollbook.site.destinations import operations as destinations

        return self.try_out(destinations.find(name), recipient)

    def try_out(self, destination: MessageDestination, recipient: str = "") -> Tested:
        """Reach a destination that need not be kept, as `test` does."""
        from tollbook.engine.delivery.worker import opened
        from tollbook.site.destinations.checks import recipient_problems

        kind = known.find(destination.kind)
        problems = recipient_problems(destination, [recipient]) if recipient else []
        if problems:
            return Tested(well=False, message="\n\n".join(map(str, problems)))
        try:
            carrier = opened(destination, self._fence)
            try:
                if kind.addressed and not recipient:
                    return Tested(well=True, message=carrier.check())
                answer = carrier.send(_test_message(destination), recipient)
            finally:
                carrier.close()
        except (Unavailable, NotNow, MessageRefused, Misconfigured) as fault:
            return Tested(well=False, message=str(fault))
        return Tested(well=True, message=f"a test message was taken: {answer}")

    # ------------------------------------------------------------------ inside

    def _tidy(self) -> None:
        """Delete what is old, now and every hour."""
        from django.db import connections

        from tollbook.site.outbox import operations as box

        while not self._ended.is_set():
            try:
                box.tidy()
            finally:
                connections.close_all()
            self._ended.wait(_TIDY_EVERY_S)


def _test_message(destination: MessageDestination) -> DeliveryMessage:
    return DeliveryMessage(
        key=f"test-{destination.name}-{uuid.uuid4().hex}",
        subject="Test from Tollbook",
        text=f"This is a test of the destination {destination.name}. Messages of Tollbook arrive here.",
        topic="test",
    )
