"""The server killed with SIGKILL at random moments, while PBXs send and clear."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.fakes.killed import Lane, account
from tests.fakes.sites import at_work, dump, raw_calls, settle
from tollbook.model.pbx import Pbx

LANES, ROUNDS = 3, 17


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_record_received_is_stored_once_however_often_the_server_is_killed(tmp_path: Path) -> None:
    with ExitStack() as stack:
        lanes = [Lane(tmp_path / f"site{number}", stack, seed=number + 1, rounds=ROUNDS) for number in range(LANES)]
        run_together(lanes)
        for lane in lanes:
            check(lane)

        assert sum(lane.figures.kills for lane in lanes) == LANES * ROUNDS >= 50
        assert sum(lane.figures.cut for lane in lanes) >= 10
        print(*(lane.figures for lane in lanes), sep="\n")  # noqa: T201 - what happened, for whoever asks with -s


class Runs(Protocol):
    """What can be run."""

    def run(self) -> None: ...


def run_together(lanes: Sequence[Runs]) -> None:
    faults: list[BaseException] = []

    def run(lane: Runs) -> None:
        try:
            lane.run()
        except BaseException as fault:  # noqa: BLE001 - raised again below, by the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for fault in faults:
        raise fault


def check(lane: Lane) -> None:
    """Compare what is stored with what was received, and with what a rebuild makes of the journal."""
    # As `pbx add` set them up: what no option says is the default.
    pbxs = [Pbx(name=pbx.name, dialect="panasonic-kx-hts", source="http_poll") for pbx in lane.pbxs]
    with at_work(lane.site, *pbxs, sources=False) as engine:
        settle(engine)
        journal, store = engine.site.journal, engine.site.store
        expected = account(lane, journal)
        stored = Counter(raw_calls(journal, store))
        lane.figures.rows_stored = sum(stored.values())

        assert stored == sum(expected.values(), Counter())
        assert set(stored.values()) == {1}
        assert store.rows("SELECT count(*) FROM tally WHERE frames <> calls + duplicates + skipped + rejected") == [
            (0,),
        ]
        reasons = {reason for (reason,) in store.rows("SELECT DISTINCT reason FROM reject")}
        assert [
            reason for reason in reasons if not reason.startswith(("cut off in the middle", *map(str, range(1, 15))))
        ] == []
        before = dump(store)
        engine.rebuild()
        settle(engine)
        assert dump(store) == before
