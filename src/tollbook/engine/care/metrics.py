"""`/metrics` for Prometheus: what the engine knows, at the moment it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.backup import BackupState
from tollbook.model.health import Health, State
from tollbook.model.sink import SinkHealth
from tollbook.store import questions

_COUNTERS = (
    ("frames", "Raw records cut from what the PBX sent"),
    ("calls", "Calls stored"),
    ("duplicates", "Records that were there already"),
    ("replayed", "Records that the PBX sent again after it had connected anew"),
    ("skipped", "Lines known to be no record"),
)
_UP = (State.WORKING, State.WAITING)


class _EngineCollector(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from self._records()
        health = self._engine.health()
        yield from _polls(health)
        yield from _streams(health)
        yield from _sinks(self._engine.sinks.health())
        yield from _backups(self._engine.backups.state())
        lag = self._engine.lag()
        yield GaugeMetricFamily("tollbook_lag_entries", "Journal entries not stored yet", lag.entries)

    def _records(self) -> Iterator[Metric]:
        counts = questions.counts_by_pbx(self._engine.ledger(EVERYTHING_ALLOWED))
        for name, text in _COUNTERS:
            family = CounterMetricFamily(f"tollbook_{name}", text, labels=["pbx"])
            for pbx, each in counts.items():
                family.add_metric([pbx], getattr(each, name))
            yield family
        rejects = GaugeMetricFamily("tollbook_rejects", "Records that cannot be read, standing now", labels=["pbx"])
        for pbx, each in counts.items():
            rejects.add_metric([pbx], each.rejected)
        yield rejects


def _polls(health: list[Health]) -> Iterator[Metric]:
    up = GaugeMetricFamily("tollbook_pbx_up", "1 while nothing is wrong with the PBX", labels=["pbx"])
    poll = GaugeMetricFamily("tollbook_poll_seconds", "How long the last answer took", labels=["pbx"])
    age = GaugeMetricFamily("tollbook_last_record_age_seconds", "Since the last record's bytes came", labels=["pbx"])
    taken = CounterMetricFamily("tollbook_bytes", "Bytes taken since the start", labels=["pbx"])
    for each in health:
        up.add_metric([each.pbx], float(each.state in _UP))
        taken.add_metric([each.pbx], each.bytes_taken)
        if each.poll_s is not None:
            poll.add_metric([each.pbx], each.poll_s)
        if each.last_record_at:
            age.add_metric([each.pbx], (now() - datetime.fromisoformat(each.last_record_at)).total_seconds())
    yield from (up, poll, age, taken)


def _streams(health: list[Health]) -> Iterator[Metric]:
    connections = GaugeMetricFamily("tollbook_pbx_connections", "Connections that are open", labels=["pbx"])
    resets = CounterMetricFamily("tollbook_pbx_resets", "Connections that broke off since the start", labels=["pbx"])
    refused = CounterMetricFamily("tollbook_pbx_refused", "Peers not let in since the start", labels=["pbx"])
    for each in health:
        # A connection is counted from its first byte on; of one that has said nothing yet only the beginning is known.
        connections.add_metric([each.pbx], max(each.arriving, int(each.connected_since is not None)))
        resets.add_metric([each.pbx], each.resets)
        refused.add_metric([each.pbx], each.refused)
    yield from (connections, resets, refused)


def _sinks(health: list[SinkHealth]) -> Iterator[Metric]:
    up = GaugeMetricFamily("tollbook_sink_up", "1 while nothing is wrong with the sink", labels=["sink"])
    behind = GaugeMetricFamily("tollbook_sink_behind", "Changes that the sink has not been handed", labels=["sink"])
    refused = GaugeMetricFamily("tollbook_sink_refused", "Deliveries put aside, standing now", labels=["sink"])
    sent = CounterMetricFamily("tollbook_sink_sent", "Calls handed on since the sink was added", labels=["sink"])
    for each in health:
        up.add_metric([each.sink], float(each.state is State.WORKING))
        behind.add_metric([each.sink], each.behind)
        refused.add_metric([each.sink], each.refused)
        sent.add_metric([each.sink], each.sent)
    yield from (up, behind, refused, sent)


def _backups(state: BackupState) -> Iterator[Metric]:
    if state.plan is None:
        return
    yield GaugeMetricFamily("tollbook_backup_failing", "1 while planned backups fail", float(bool(state.failed_why)))
    if state.last_at:
        age_s = (now() - datetime.fromisoformat(state.last_at)).total_seconds()
        yield GaugeMetricFamily("tollbook_backup_age_seconds", "Since the newest planned backup was begun", age_s)


def render(engine: Engine) -> bytes:
    """Return the figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_EngineCollector(engine))
    return generate_latest(registry)
