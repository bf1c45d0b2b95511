"""`/metrics` for Prometheus: what the engine knows, at the moment it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from tollbook.clock import now
from tollbook.engine.engine import Engine
from tollbook.model.health import Health, State
from tollbook.store import questions

_COUNTERS = (
    ("frames", "Raw records cut from what the PBX sent"),
    ("calls", "Calls stored"),
    ("duplicates", "Records that were there already"),
    ("skipped", "Lines known to be no record"),
)


class _EngineCollector(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from self._records()
        yield from _polls(self._engine.health())
        lag = self._engine.lag()
        yield GaugeMetricFamily("tollbook_lag_entries", "Journal entries not stored yet", lag.entries)

    def _records(self) -> Iterator[Metric]:
        counts = questions.counts_by_pbx(self._engine.site.store)
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
    up = GaugeMetricFamily("tollbook_pbx_up", "1 while the PBX answers as it should", labels=["pbx"])
    poll = GaugeMetricFamily("tollbook_poll_seconds", "How long the last answer took", labels=["pbx"])
    age = GaugeMetricFamily("tollbook_last_record_age_seconds", "Since the last record's bytes came", labels=["pbx"])
    taken = CounterMetricFamily("tollbook_bytes", "Bytes taken since the start", labels=["pbx"])
    for each in health:
        up.add_metric([each.pbx], float(each.state is State.WELL))
        taken.add_metric([each.pbx], each.bytes_taken)
        if each.poll_s is not None:
            poll.add_metric([each.pbx], each.poll_s)
        if each.last_record_at:
            age.add_metric([each.pbx], (now() - datetime.fromisoformat(each.last_record_at)).total_seconds())
    yield from (up, poll, age, taken)


def render(engine: Engine) -> bytes:
    """Return the figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_EngineCollector(engine))
    return generate_latest(registry)
