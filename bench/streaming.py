"""Streams: what a burst, a crowd and its silence cost; see `bench.streams`."""

from __future__ import annotations

from bench.scene import Result, Scene
from bench.streams import burst, crowd


def measure(scene: Scene) -> Result:
    """Measure the burst, and then the crowd."""
    found = [burst.measure(scene), crowd.measure(scene)]
    return Result(
        tables=[table for result in found for table in result.tables],
        facts={fact: value for result in found for fact, value in result.facts.items()},
    )
