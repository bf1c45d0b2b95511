"""What the server's process uses, sampled every few seconds, and whether it stays level.

The first third is left out: caches fill, and the restarts fall into it. After that the ledger and its caches grow with
the calls that come, some kilobytes a call, and the allocator keeps a little more after each rebuild. So the last third
may be a tenth and 8 MB above the middle one. A leak of a few kilobytes with each request or record would be more.
Threads of pools begin when they are first needed, each with its connections to files: a few more of both are level.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import msgspec

from bench.soak.account import Difference
from tollbook.clock import monotonic_s

_EVERY_S, _LOOKS = 2.0, 40
_SHARE, _MORE_BYTES = 0.10, 8 << 20
SOME = 5
"""Descriptors and threads that pools may have more at the end; a leak with each rebuild or visit would be more."""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What a process uses, at a moment or as the medians of some time."""

    rss: float = 0
    pss: float = 0
    descriptors: float = 0
    threads: float = 0


class Gauge:
    """Samples whatever process is the server's, from `start` to `stop`; what is at rest is sampled on demand.

    A soak of less than a minute looks less often at what is at rest, since it would last no longer than that.
    """

    def __init__(self, lasting_s: float) -> None:
        self.pid = 0
        self._looks = min(_LOOKS, int(lasting_s))
        self._samples: list[tuple[float, Use]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gauge", daemon=True)
        self.start = self._thread.start

    def stop(self) -> None:
        """Sample no more."""
        self._done.set()
        self._thread.join()

    def at_rest(self) -> Use:
        """Return what it uses between its rounds of asking: the fewest descriptors and threads of some looks."""
        seen = []
        for _ in range(self._looks):
            seen += self._now()
            threading.Event().wait(0.1)
        return min(seen, key=lambda use: (use.descriptors, use.threads), default=Use())

    def part(self, number: int, of: int) -> Use:
        """Return the medians of one of so many equal parts of the time, from 0."""
        first, last = (self._samples[0][0], self._samples[-1][0] + _EVERY_S) if self._samples else (0, 0)
        there = [use for at, use in self._samples if number <= (at - first) * of / (last - first) < number + 1]
        fields = Use.__struct_fields__
        return Use(**{name: median(getattr(use, name) for use in there) for name in fields} if there else {})

    def _run(self) -> None:
        while not self._done.wait(_EVERY_S):
            self._samples += [(monotonic_s(), use) for use in self._now()]

    def _now(self) -> list[Use]:
        """Return what the process uses now; nothing while there is none."""
        place = Path(f"/proc/{self.pid}")
        try:
            status, shares = _figures(place / "status"), _figures(place / "smaps_rollup")
            descriptors = len(list((place / "fd").iterdir()))
        except OSError:
            return []
        rss, pss = status.get("VmRSS", 0) << 10, shares.get("Pss", 0) << 10
        return [Use(rss=rss, pss=pss, descriptors=descriptors, threads=status.get("Threads", 0))]


def allowed(middle: float) -> float:
    """Return how much memory the last third may use beside what the middle one did."""
    return middle * (1 + _SHARE) + _MORE_BYTES


def rises(middle: Use, last: Use, rests: tuple[Use, Use]) -> Iterator[Difference]:
    """Say what has not stayed level."""
    for name in ("rss", "pss"):
        before, after = getattr(middle, name), getattr(last, name)
        if after > allowed(before):
            what = f"{name} rose from {before / 1e6:.1f} to {after / 1e6:.1f} MB in the last third of the time"
            why = f"no more than {allowed(before) / 1e6:.1f} MB belong there"
            yield Difference(what=what, where="the server's memory", why=why)
    for name in ("descriptors", "threads"):
        before, after = (getattr(rest, name) for rest in rests)
        if after > before + SOME:
            what = f"{after} {name} after {before}"
            yield Difference(what=what, where="the server at rest", why="something is not given back")


def _figures(path: Path) -> dict[str, int]:
    lines = (line.partition(":") for line in path.read_text("utf-8").splitlines())
    return {name: int(rest.split()[0]) for name, _, rest in lines if rest.split() and rest.split()[0].isdigit()}
