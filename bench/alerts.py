"""Alerts: how many calls a second ten thousand rules are evaluated over, and how soon a mail is handed on.

The rules are each of one extension of 2,500: calls and minutes in sliding windows, long calls, calls abroad outside
office hours. They look at calls as the watch does, a batch of changes at a time. The mail is that of a missed call
among a hundred calls a second: from the moment its record is handed over until the mail server has the whole mail.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from bench import importing
from bench.scene import PBX, ZONE, Fact, Result, Scene, SubjectFailed
from bench.serving import Server, new_site, run_command, running
from bench.tables import Table, count, duration
from tests.fakes.mail_server import MailPeer, a_mail_server
from tests.fakes.peers import free_port
from tollbook.clock import monotonic_s, now
from tollbook.engine.alerts.evaluating import scoped
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.model.alert import AlertRule, OwnedRule
from tollbook.simulator.history import Switchboard
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow, Style, write
from tollbook.store.alert_calls import ChangesAsked
from tollbook.store.ledger import Ledger
from tollbook.store.scoping import scope_of
from tollbook.store.store import Store

_EXTENSIONS, _FIRST = 2_500, 1_000
_AT_ONCE, _BATCHES = 5_000, 10
_BEGUN = datetime(2000, 1, 1, tzinfo=UTC)
_CALLS_A_SECOND, _LIVE_S = 100, 20
_PATIENCE_S = 30.0
_NEVER = "999999"
_KINDS: tuple[tuple[str, dict[str, str], dict[str, str]], ...] = (
    ("usage", {"measure": "calls", "within": "10m", "warning": "2"}, {}),
    ("usage", {"measure": "minutes", "within": "1h", "warning": _NEVER}, {}),
    ("long_call", {"warning": "10h", "critical": "20h"}, {}),
    ("international_call", {"least": "5h"}, {"hours": "mon-fri 08:00-18:00", "when": "outside"}),
)


def measure(scene: Scene) -> Result:
    """Evaluate many rules over the last calls of a site, then let calls come one by one."""
    compiled_s, took, found = _evaluated(scene)
    rate = _AT_ONCE * len(took) / sum(took)
    lags = _live(scene)
    many = Table(
        title=f"Ten thousand alerts over {count(scene.sizes.calls)} calls of {count(_EXTENSIONS)} extensions",
        columns=("alerts", "made ready", "calls", "calls/s", "slowest batch of 5,000", "found"),
        words=frozenset(),
        rows=[
            (
                count(_EXTENSIONS * len(_KINDS)),
                duration(compiled_s),
                count(_AT_ONCE * len(took)),
                count(rate),
                duration(max(took)),
                count(found),
            )
        ],
    )
    mails = Table(
        title=f"From a record to its mail, {_CALLS_A_SECOND} calls a second",
        columns=("missed calls", "p50", "p95", "longest"),
        words=frozenset(),
        rows=[(count(len(lags)), *map(duration, (lags[len(lags) // 2], lags[len(lags) * 95 // 100], lags[-1])))],
        notes=(
            "From the record handed over by TCP to the mail server's having the whole mail; journal, store, outbox.",
        ),
    )
    return Result(tables=[many, mails], facts={Fact.ALERTS_RATE: rate, Fact.ALERT_MAIL_S: lags[-1]})


def _evaluated(scene: Scene) -> tuple[float, list[float], int]:
    """Return how long the rules took to be made ready, each batch of calls took, and how much was found."""
    path = scene.folder / "alerts.duckdb"
    shutil.copy(importing.fill(scene) / "calls.duckdb", path)
    with closing(Store(path)) as store:
        scene.say(f"alerts: calls of {count(_EXTENSIONS)} extensions")
        with store.cursor() as cursor:
            spread = "UPDATE call SET extension = CAST($first + hash(id) % $count AS VARCHAR)"
            cursor.execute(spread, {"first": _FIRST, "count": _EXTENSIONS})
        begun = monotonic_s()
        known = scoped(_rules(), lambda access: Ledger(store, scope_of(access)))
        compiled_s = monotonic_s() - begun
        took, found = [], 0
        last = store.position().last
        scene.say(f"alerts: {count(_AT_ONCE * _BATCHES)} calls")
        for after in range(last - _AT_ONCE * _BATCHES, last, _AT_ONCE):
            begun = monotonic_s()
            asked = ChangesAsked(after, after + _AT_ONCE, _BEGUN.replace(tzinfo=None))
            found += sum(len(rules.found(asked)) for _, rules in known)
            took.append(monotonic_s() - begun)
    path.unlink()
    return compiled_s, took, found


def _rules() -> Iterator[OwnedRule]:
    for number in range(_EXTENSIONS * len(_KINDS)):
        kind, settings, hours = _KINDS[number % len(_KINDS)]
        rule = AlertRule(
            id=number,
            name=f"rule-{number}",
            kind=kind,
            settings=settings,
            words={"extension": str(_FIRST + number // len(_KINDS))},
            since=_BEGUN,
            owner=TOLLBOOK,
            **hours,  # type: ignore[arg-type] # hours and when
        )
        yield OwnedRule(rule, EVERYTHING_ALLOWED)


def _live(scene: Scene) -> list[float]:
    """Return the seconds from each missed call's record to its mail, in ascending order."""
    site, port = scene.folder / "alerts-live", free_port()
    arrived: list[tuple[float, str]] = []
    with ExitStack() as stack:
        mails = stack.enter_context(a_mail_server())
        mails.before_answer = lambda: arrived.append((monotonic_s(), mails.taken[-1].text()))
        stack.enter_context(_at_work(site, mails, port))
        scene.say(f"alerts: {_CALLS_A_SECOND} calls a second")
        sent = _send(port)
        deadline = monotonic_s() + _PATIENCE_S
        while not all(any(number in text for _, text in arrived) for number in sent) and monotonic_s() < deadline:
            time.sleep(0.05)
    shutil.rmtree(site, ignore_errors=True)
    lags = [
        next((at for at, text in arrived if number in text), float("inf")) - handed for number, handed in sent.items()
    ]
    if not lags or max(lags) == float("inf"):
        raise SubjectFailed("a missed call was not told of")
    return sorted(lags)


def _at_work(site: Path, mails: MailPeer, port: int) -> AbstractContextManager[Server]:
    password = new_site(site)
    listening = ("--set", f"listen=127.0.0.1:{port}", "--set", f"timezone={ZONE}")
    run_command(site, "pbx", "add", PBX, "--dialect", "panasonic-kx-hts", "--source", "tcp-server", *listening)
    sets = [word for name, text in mails.settings().items() for word in ("--set", f"{name}={text}")]
    run_command(site, "destination", "add", "office", "--kind", "mail", *sets)
    told = ("--to", "office:anna@example.com", "--throttle", "0")
    run_command(site, "alert", "add", "missed", "--kind", "missed-call", *told)
    return running(site, password)


def _send(port: int) -> dict[str, float]:
    """Send calls at their pace; return when each missed one was handed over, by the number that called."""
    exchange, sent = Switchboard(Office(seed=5)), dict[str, float]()
    with socket.create_connection(("127.0.0.1", port)) as line:
        begun = monotonic_s()
        for number in range(_CALLS_A_SECOND * _LIVE_S):
            threading.Event().wait(max(0.0, begun + number / _CALLS_A_SECOND - monotonic_s()))
            row = exchange.ended(int(now().timestamp()) + 1)
            if _is_missed(row):
                row = row._replace(caller=f"21277{number:05}")
                sent[row.caller] = monotonic_s()
            line.sendall(write(row, Style()))
        threading.Event().wait(1)
    return sent


def _is_missed(row: CallRow) -> bool:
    return row.direction == "incoming" and row.status != "ANSWERED"
