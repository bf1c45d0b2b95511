"""What happens during a soak, and when.

All that ends the server's process comes in the first third, so that one process can be watched over the other two. In
the middle third a rebuild, PBXs that misbehave and sinks that are away come again; the last is quiet but for the load.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from bench.scene import SubjectFailed
from bench.soak import account
from bench.soak.account import Difference, Row
from bench.soak.far_sinks import Database, a_database
from bench.soak.gauge import Gauge, Use
from bench.soak.host import Host
from bench.soak.traffic import Traffic, pbxs
from bench.soak.visitors import Visitors
from bench.streams.watching import wait_for
from tests.fakes.hooks import Hook, a_hook
from tollbook.clock import monotonic_s
from tollbook.model.sink import Sink

_BATCH, _KILLS, _PATIENCE_S = 20, 1, 300
_TROUBLE = 0.03
"""Share of the time that trouble lasts."""
_RESTS = 3
Say = Callable[[str], None]


class Soaked(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `rests` are what the process used while nobody asked: after the first third, and at the end."""

    database: str
    figures: dict[str, int]
    thirds: list[Use]
    tenths: list[Use]
    rests: tuple[Use, Use]
    differences: list[Difference]


class Course:
    """One soak."""

    def __init__(self, lasting_s: float, parts: tuple[Host, Traffic, Database, Hook], say: Say) -> None:
        self.host, self.traffic, self.database, self.hook = parts
        self.gauge, self.visitors = Gauge(lasting_s), Visitors(self.host)
        self.found: list[Difference] = []
        self._lasting_s, self._say, self._begun = lasting_s, say, monotonic_s()
        self._first_rest = Use()

    def run(self) -> Soaked:
        """Let it all happen, and give an account of it."""
        posting = {"url": self.hook.url, "batch": str(_BATCH), "tries": "100"}
        sinks = [
            Sink(name="warehouse", kind="sql", settings=self.database.settings),
            Sink(name="crm", kind="webhook", settings=posting),
        ]
        self.host.set_up([peer.pbx() for peer in self.traffic.peers.values()], sinks)
        self.gauge.pid, self._begun = self.host.server.pid, monotonic_s()
        for part in (self.traffic, self.visitors, self.gauge):
            part.start()
        plan = (
            (0.05, self._kill), (0.12, self._end), (0.18, self._rebuild), (0.24, self._misbehave),
            (0.28, self._cut_off), (0.33, self._rest), (0.42, self._rebuild), (0.50, self._misbehave),
            (0.56, self._cut_off),
        )  # fmt: skip
        for share, what in plan:
            self._until(share)
            self._say(what.__name__.strip("_").replace("_", " "))
            what()
        self._until(1)
        return self._closed()

    def _until(self, share: float) -> None:
        threading.Event().wait(max(self._begun + share * self._lasting_s - monotonic_s(), 0))

    @contextmanager
    def _away(self) -> Iterator[None]:
        with self.traffic.careful():
            self._wait_for_ledger(self.traffic.forgetful)
            with self.visitors.excused():
                yield
                self.host.start()
                self.gauge.pid = self.host.server.pid
                threading.Event().wait(1)

    def _kill(self) -> None:
        with self._away():
            self.host.kill()

    def _end(self) -> None:
        with self._away():
            self._end_in_order()

    def _end_in_order(self) -> None:
        if code := self.host.end():
            self.found.append(Difference(what=f"exit code {code}", where="the server", why="it was ended by SIGTERM"))

    def _rebuild(self) -> None:
        self.host.run("rebuild")

    def _misbehave(self) -> None:
        with self.traffic.troubled():
            threading.Event().wait(self._lasting_s * _TROUBLE)

    def _cut_off(self) -> None:
        """Have the database out of reach, and the address answer with errors, for a while."""
        self.hook.fails = 1.0
        with self.database.away():
            threading.Event().wait(self._lasting_s * _TROUBLE)
        self.hook.fails = 0.0

    def _rest(self) -> None:
        with self.visitors.resting():
            self._first_rest = self.gauge.at_rest()

    def _last_rest(self) -> Use:
        """Give it time to close what it has open."""
        use = self.gauge.at_rest()
        for _ in range(_RESTS):
            if use.descriptors <= self._first_rest.descriptors and use.threads <= self._first_rest.threads:
                break
            use = self.gauge.at_rest()
        return use

    def _closed(self) -> Soaked:
        self._say("the account")
        self.traffic.stop()
        self._wait_for_ledger(self.traffic.sent)
        self._wait("all calls in the sinks", lambda: all(each["behind"] == 0 for each in self._asked("/api/sinks")))
        self.gauge.stop()
        with self.visitors.resting():
            rests = (self._first_rest, self._last_rest())
            listed: list[Row] = self._asked("/api/calls")
        self.visitors.stop()
        self._end_in_order()
        rows = self.database.rows()
        self._compare(listed, rows)
        return Soaked(
            database=self.database.name,
            figures=self._figures(listed, rows),
            thirds=[self.gauge.part(number, 3) for number in range(3)],
            tenths=[self.gauge.part(number, 10) for number in range(10)],
            rests=rests,
            differences=self.found,
        )

    def _wait_for_ledger(self, names: set[str] | dict[str, Any]) -> None:
        """Return once the ledger has every record that some PBXs have sent."""

        def reached() -> bool:
            calls = {each["pbx"]: each["calls"] for each in self._asked("/api/status")["pbxs"]}
            return all(calls.get(name, 0) >= self.traffic.sent[name].total() for name in names)

        self._wait("all records in the ledger", reached)

    def _wait(self, what: str, reached: Callable[[], bool]) -> None:
        try:
            wait_for(what, min(_PATIENCE_S, 60 + self._lasting_s), reached)
        except SubjectFailed as fault:
            self.found.append(Difference(what=str(fault), where="the server", why="something is late, or lost"))

    def _asked(self, address: str) -> Any:  # noqa: ANN401 - whatever the API tells
        with self.host.server.by_token() as client:
            return msgspec.json.decode(client.get(address, params={"format": "json"}).raise_for_status().content)

    def _compare(self, listed: list[Row], rows: list[Row]) -> None:
        ledger = account.read(self.host.site)
        self.found += account.of_records(self.traffic, ledger)
        self.found += account.of_table(ledger.calls, rows)
        self.found += account.of_hook(listed, self.hook, _KILLS * _BATCH)
        for failure in dict.fromkeys(self.visitors.failures):
            self.found.append(Difference(what=failure, where="a visitor", why="the server was there"))
        if b"Traceback" in (log := self.host.log.read_bytes()):
            why = log[log.index(b"Traceback") :][:2000].decode("utf-8", "replace")
            self.found.append(Difference(what="a traceback", where="the server's log", why=why))

    def _figures(self, listed: list[Row], rows: list[Row]) -> dict[str, int]:
        return {
            "records sent": sum(each.total() for each in self.traffic.sent.values()),
            "calls in the ledger": len(listed),
            "rows in the database": len(rows),
            "calls at the webhook": len({call["id"] for call in self.hook.calls}),
            "lines sent that are no records": sum(map(len, self.traffic.noise.values())),
            "times that a PBX misbehaved": self.traffic.broken,
            "questions of visitors": self.visitors.asked,
        }


def soak(folder: Path, lasting_s: float, say: Say) -> Soaked:
    """Soak a server over a site in a folder for so many seconds."""
    with ExitStack() as stack:
        traffic = stack.enter_context(pbxs(folder))
        database, hook = stack.enter_context(a_database(folder)), stack.enter_context(a_hook())
        host = Host(folder)
        stack.callback(host.kill)
        return Course(lasting_s, (host, traffic, database, hook), say).run()
