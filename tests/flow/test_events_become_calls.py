"""Events of a PBX, the whole way: into the journal in pieces, made calls of in the store, and made again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.catalogue.found import DIALECTS
from tests.fakes.sites import a_pbx, at_work, import_file, settle
from tollbook.engine.engine import Engine
from tollbook.model.pbx import Pbx


def pbx(slug: str) -> Pbx:
    return msgspec.structs.replace(a_pbx(), dialect=slug, timezone="Europe/Berlin")


def case(slug: str, name: str) -> list[bytes]:
    """Return the lines of a case."""
    return (DIALECTS[slug].folder / "cases" / f"{name}.txt").read_bytes().splitlines(keepends=True)


def calls(engine: Engine) -> list[tuple[object, ...]]:
    columns = "direction, outcome, extension, caller, ring_s, talk_s, status"
    return list(engine.site.store.rows(f"SELECT {columns} FROM call ORDER BY started_at, caller"))  # noqa: S608 - ours


TWO = [
    ("incoming", "answered", "201", "2125550125", 7, 60, "ANSWER"),
    ("incoming", "answered", "206", "2125550126", 5, 45, "ANSWER"),
]
QUEUE = [("incoming", "answered", "207", "2125550129", 12, 167, "ANSWER")]
PAIR = [("internal", "answered", "206", "206", 0, 20, "200"), ("internal", "unanswered", "206", "206", 0, 0, "487")]


KINDS = {
    ("asterisk-cel", "two-at-once"): TWO,
    ("asterisk-cel", "queue-and-handed-on"): QUEUE,
    ("kamailio-acc", "in-a-log"): PAIR,
}


@pytest.mark.parametrize(("slug", "name"), KINDS)
@pytest.mark.parametrize("order", ["in order", "second half first", "line by line"])
def test_events_that_come_in_parts_in_any_order_are_the_same_calls(
    slug: str,
    name: str,
    order: str,
    tmp_path: Path,
) -> None:
    lines = case(slug, name)
    halves = [b"".join(lines[: len(lines) // 2]), b"".join(lines[len(lines) // 2 :])]
    parts = {"in order": halves, "second half first": halves[::-1], "line by line": lines}[order]
    with at_work(tmp_path, pbx(slug), sources=False) as engine:
        for part in parts:
            import_file(engine, "hts", part)
        assert calls(engine) == KINDS[slug, name]

        engine.rebuild()
        settle(engine)
        assert calls(engine) == KINDS[slug, name]


def test_a_call_goes_on_until_its_end_is_heard(tmp_path: Path) -> None:
    lines = case("asterisk-cel", "two-at-once")
    with at_work(tmp_path, pbx("asterisk-cel"), sources=False) as engine:
        seen = []
        for start in range(0, len(lines), 8):
            import_file(engine, "hts", b"".join(lines[start : start + 8]))
            seen.append([(call[1], call[-1]) for call in calls(engine)])

    assert seen[0] == [("unknown", "no end heard")] * 2
    assert seen[1] == [("answered", "no end heard")] * 2
    assert seen[-1] == [("answered", "ANSWER")] * 2
