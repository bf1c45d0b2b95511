"""The server killed with SIGKILL at random moments, while PBXs of every kind send."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.fakes.lanes import Lane
from tests.fakes.sites import at_work, dump, settle
from tests.flow.test_killed import run_together
from tollbook.engine.engine import Engine

LANES, ROUNDS = 2, 26


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_however_often_the_server_is_killed_every_source_gives_each_record_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        lanes = [Lane(tmp_path / f"lane{number}", stack, seed=number + 1, rounds=ROUNDS) for number in range(LANES)]
        run_together(lanes)
        for lane in lanes:
            check(lane)

        assert sum(lane.kills for lane in lanes) == LANES * ROUNDS >= 50


def check(lane: Lane) -> None:
    """Compare what is stored with what was sent, and with what a rebuild makes of the journal."""
    with at_work(lane.site, *(peer.pbx() for peer in lane.peers), sources=False) as engine:
        settle(engine)
        for peer in lane.peers:
            sent, stored = lane.sent[peer.pbx().name], calls(engine, peer.pbx().name)
            if peer.keeps:
                assert stored == sent, f"{peer.kind}: lost {sent - stored}, doubled {stored - sent}"
            assert stored <= sent, peer.kind
        before = dump(engine.site.store)
        engine.rebuild()
        settle(engine)
        assert dump(engine.site.store) == before


def calls(engine: Engine, pbx: str) -> Counter[bytes]:
    rows = engine.site.store.rows("SELECT body, position, length FROM call WHERE pbx = ?", [pbx])
    return Counter(engine.site.journal.slice(*row) for row in rows)
