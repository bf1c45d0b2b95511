"""Numbers and owners: questions by country and by department over all calls, and setting them again after a change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from bench import importing
from bench.engines import duck
from bench.scene import DIRECTORY, MOVED, PBX, PLAN, Fact, Result, Scene
from bench.tables import Table, count, duration
from tollbook.clock import monotonic_s
from tollbook.store.ledger import Ledger
from tollbook.store.store import Store

_OTHER_PLAN = {"": {**PLAN[""], "area-code": "415"}}
_QUESTIONS: dict[str, tuple[Fact | None, str]] = {
    "by department, all time": (
        Fact.BY_DEPARTMENT_S,
        (
            "SELECT o.department, count(*), sum(talk_s) FROM call LEFT JOIN main.owner o ON o.id = assignment "
            "GROUP BY 1 ORDER BY 2 DESC"
        ),
    ),
    "by country and kind, all time": (
        Fact.BY_COUNTRY_S,
        "SELECT number_country, number_kind, count(*), sum(talk_s) FROM call GROUP BY 1, 2 ORDER BY 3 DESC",
    ),
    "by person and month": (
        None,
        (
            "SELECT o.person, date_trunc('month', started_local), count(*) FROM call "
            "LEFT JOIN main.owner o ON o.id = assignment GROUP BY 1, 2 ORDER BY 1, 2"
        ),
    ),
}


def measure(scene: Scene) -> Result:
    """Ask over the larger number of calls, then change the plan and the directory."""
    large = large_store(scene)
    with closing(Store(large)) as store:
        store.copy_directory(DIRECTORY)
        calls = int(store.rows("SELECT count(*) FROM call")[0][0])
        facts: dict[Fact, float] = {}
        rows: list[tuple[str, ...]] = []
        for name, (fact, query) in _QUESTIONS.items():
            scene.say(f"meaning: {name}")
            took = _middle(partial(Ledger(store).rows, query), scene.sizes.repeats)
            facts |= {fact: took} if fact else {}
            rows.append((name, duration(took), ""))
        scene.say("meaning: another dial plan")
        took = _took(lambda: store.renumber(PBX, _OTHER_PLAN))
        facts[Fact.RENUMBERING_RATE] = calls / took
        rows.append(("another dial plan, all calls numbered again", duration(took), f"{count(calls / took)} calls/s"))
        scene.say("meaning: a person moves")
        moved = _took(lambda: store.copy_directory(MOVED))
        rows.append(("a person moves, their calls set again", duration(moved), ""))
    table = Table(
        title=f"Numbers and owners, {count(calls)} calls",
        columns=("what", "time", "rate"),
        words=frozenset(("what",)),
        rows=rows,
        notes=("Questions: median of several, after one to warm up. Changes: once.",),
    )
    return Result(tables=[table], facts=facts)


def large_store(scene: Scene) -> Path:
    """Return a store of the larger number of calls, made where it is not there yet."""
    large = scene.folder / "large.duckdb"
    if not large.exists():
        scene.say("meaning: making a large store")
        duck.multiply(importing.fill(scene) / "calls.duckdb", large, scene.sizes.more)
    return large


def _middle(ask: Callable[[], object], repeats: int) -> float:
    ask()
    return median(_took(ask) for _ in range(repeats))


def _took(work: Callable[[], object]) -> float:
    begun = monotonic_s()
    work()
    return monotonic_s() - begun
