"""Files on a server, whichever protocol fetches them: new, known, grown, replaced, torn, hostile, moved, deleted."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.fakes.file_peers import Peer
from tests.fakes.file_rounds import Desk, all_taken, took
from tests.fakes.file_servers import a_foreign_ftp_server, an_ftp_server, an_sftp_server
from tests.fakes.records import START, some_lines, without_end
from tests.fakes.sites import PATIENCE_S, ZONE, at_work, dump, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.pbx import Pbx
from tollbook.simulator.packing import Packing, pack
from tollbook.sources.contract import Answered, Asking, Began, Ended, Took

LINES = some_lines(12)
WHOLE = b"".join(LINES)
QUICK = {"minimum-age": "100ms", "interval": "1s"}
SERVERS: dict[str, Callable[[Path], AbstractContextManager[Peer]]] = {
    "ftp": an_ftp_server,
    "ftp-foreign": a_foreign_ftp_server,
    "sftp": an_sftp_server,
}
OUR_OWN = ("ftp", "sftp")


def kind_of(name: str) -> str:
    return name.partition("-")[0]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "server"
    made.mkdir()
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return kind_of(request.param)


@pytest.fixture
def peer(request: pytest.FixtureRequest, root: Path) -> Iterator[Peer]:
    """A server of each kind, its settings quick."""
    name = request.node.callspec.params.get("kind", "ftp")
    with SERVERS[name](root) as running:
        running.settings |= QUICK
        yield running


every = pytest.mark.parametrize("kind", SERVERS, indirect=True)
at_fault = pytest.mark.parametrize("kind", OUR_OWN, indirect=True)


# ---------------------------------------------------------------- taking


@every
def test_every_file_is_taken_oldest_first_and_then_known(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("cdr_2.csv", *LINES[4:], age=0)
    peer.put("cdr_1.csv", *LINES[:4], age=60)

    assert desk.rounds(kind, peer.settings, 2) == ["2 files taken, 0 known", "0 files taken, 2 known"]
    assert desk.bodies() == [
        ("cdr_1.csv", "complete", b"".join(LINES[:4])),
        ("cdr_2.csv", "complete", b"".join(LINES[4:])),
    ]


@every
def test_after_a_restart_nothing_is_taken_again(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("cdr_1.csv", WHOLE)
    desk.rounds(kind, peer.settings)

    assert desk.rounds(kind, peer.settings) == ["0 files taken, 1 known"]
    assert len(desk.took()) == 1


@every
def test_a_file_that_has_grown_is_gone_on_with(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("Master.csv", *LINES[:5])
    desk.rounds(kind, peer.settings)
    peer.grow("Master.csv", *LINES[5:])
    desk.rounds(kind, peer.settings)

    assert desk.bodies() == [("Master.csv", "complete", WHOLE)]
    assert desk.took() == [b"".join(LINES[:5]), b"".join(LINES[5:])]


@every
def test_another_file_under_the_same_name_is_taken_from_its_beginning(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("Master.csv", *LINES[:5])
    desk.rounds(kind, peer.settings)
    peer.put("Master.csv", *LINES[6:], age=-60)
    desk.rounds(kind, peer.settings)

    assert desk.bodies() == [
        ("Master.csv", "complete", b"".join(LINES[:5])),
        ("Master.csv", "complete", b"".join(LINES[6:])),
    ]


@every
def test_a_file_that_was_only_touched_is_not_taken_again(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("Master.csv", WHOLE)
    desk.rounds(kind, peer.settings)
    peer.grow("Master.csv")
    desk.rounds(kind, peer.settings)

    assert desk.rounds(kind, peer.settings) == ["0 files taken, 1 known"]
    assert desk.bodies() == [("Master.csv", "complete", WHOLE)]


@every
def test_a_large_file_comes_in_pieces_and_whole(kind: str, peer: Peer, desk: Desk) -> None:
    many = WHOLE * 700
    peer.put("big.csv", many)
    desk.rounds(kind, peer.settings)

    assert b"".join(desk.took()) == many
    assert max(map(len, desk.took())) <= 256 << 10


@every
def test_an_archive_is_handed_on_as_it_is(kind: str, peer: Peer, desk: Desk) -> None:
    data = pack(Packing.GZIP, "Master.csv", WHOLE, START)
    peer.put("cdr.gz", data)
    desk.rounds(kind, peer.settings)

    assert desk.bodies() == [("cdr.gz", "complete", data)]


@every
def test_only_names_of_the_pattern_are_taken_and_no_unfinished_ones(kind: str, peer: Peer, desk: Desk) -> None:
    for name in ("cdr_1", "cdr_2.tmp", "cmr_1", ".cdr_3", "cdr_é"):
        peer.put(name, LINES[0])
    (peer.root / "cdr_folder").mkdir()
    desk.rounds(kind, {**peer.settings, "names": "cdr_*"})

    assert {name for name, _, _ in desk.bodies()} == {"cdr_1", "cdr_é"}


@every
def test_an_empty_folder_and_an_empty_file_are_well(kind: str, peer: Peer, desk: Desk) -> None:
    assert desk.rounds(kind, peer.settings) == ["answers; no file has come yet"]
    peer.put("cdr_1")
    assert desk.rounds(kind, peer.settings) == ["0 files taken, 1 known"]
    assert desk.bodies() == []


@every
def test_files_that_no_name_takes_are_told(kind: str, peer: Peer, desk: Desk) -> None:
    names = {**peer.settings, "names": "*.csv"}
    peer.put(".hidden", LINES[0])
    (peer.root / "taken").mkdir()
    assert desk.rounds(kind, names) == ["answers; no file has come yet"]
    peer.put("SMDR-0101.txt", LINES[0])
    assert desk.rounds(kind, names) == ["answers; SMDR-0101.txt is there, but 'names' takes only *.csv"]


@every
def test_several_files_that_no_name_takes_are_counted(kind: str, peer: Peer, desk: Desk) -> None:
    for day in range(3):
        peer.put(f"SMDR-010{day}.txt", LINES[0])
    (message,) = desk.rounds(kind, {**peer.settings, "names": "*.csv,cdr_*"})

    assert message == (
        "answers; 3 files are there, and 'names' takes only *.csv, cdr_*, which none of them fits, e.g. SMDR-0100.txt"
    )
    assert desk.bodies() == []


@every
def test_a_folder_that_is_not_there_is_said(kind: str, peer: Peer, desk: Desk) -> None:
    desk.rounds(kind, {**peer.settings, "path": "elsewhere"})

    assert str(desk.said[-1]).startswith("unavailable: the folder elsewhere cannot be ")


@every
def test_the_origin_names_the_server_and_the_path_and_no_secret(kind: str, peer: Peer, desk: Desk) -> None:
    (peer.root / "cdr").mkdir()
    peer.put("cdr/1.csv", WHOLE)
    desk.rounds(kind, {**peer.settings, "path": "cdr"})

    assert [event.origin for event in desk.said if isinstance(event, Began)] == [f"{kind}://127.0.0.1/./cdr/1.csv"]


@pytest.mark.slow
@at_fault
def test_ten_thousand_files_are_listed_and_known(kind: str, peer: Peer, desk: Desk) -> None:
    for number in range(10_000):
        peer.put(f"cdr_{number:05}")
    peer.put("new", LINES[0])

    assert desk.rounds(kind, peer.settings, 2) == ["1 file taken, 10000 known", "0 files taken, 10001 known"]


@every
def test_a_folder_of_more_files_than_are_looked_at_is_said(kind: str, peer: Peer, desk: Desk) -> None:
    for number in range(5):
        peer.put(f"cdr_{number}", LINES[number])
    desk.rounds(kind, {**peer.settings, "most": "3"})

    assert len(desk.bodies()) == 3
    assert str(desk.said[-1]).startswith("permanent: the folder holds more than the 3 files of 'most'")


@every
def test_more_files_than_are_looked_at_are_worked_off_where_they_go(kind: str, peer: Peer, desk: Desk) -> None:
    for number in range(5):
        peer.put(f"cdr_{number}", LINES[number])
    messages = desk.rounds(kind, {**peer.settings, "most": "3", "after": "delete"}, 2)

    assert messages == ["3 files taken, 0 known; more wait for the next round", "2 files taken, 0 known"]
    assert list(peer.root.iterdir()) == []


@pytest.fixture
def _five_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a folder hold five names, with its own and that of the folder above."""
    monkeypatch.setattr("tollbook.sources.sftp.session.SERVER_NAMES", 5)


@pytest.mark.usefixtures("_five_names")
@pytest.mark.parametrize(("names", "said"), [(3, "answers; 3 files are there"), (4, "holds more than 5 names")])
def test_a_folder_on_an_sftp_server_has_an_end(names: int, said: str, tmp_path: Path, desk: Desk) -> None:
    root = tmp_path / "full"
    root.mkdir()
    for number in range(names):
        (root / f"unwanted-{number}").touch()
    with an_sftp_server(root) as peer:
        assert said in desk.rounds("sftp", {**peer.settings, "names": "cdr_*"})[-1]


@every
def test_a_file_that_is_too_large_is_left_and_said_and_the_others_are_taken(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("a-huge", b"x" * (3 << 20))
    peer.put("b", LINES[0])
    desk.rounds(kind, {**peer.settings, "largest": "2"})

    assert [name for name, _, _ in desk.bodies()] == ["b"]
    assert str(desk.said[-1]).startswith("permanent: a-huge has 3 MB, over the 2 of 'largest', and is left;")


@every
def test_a_file_at_fault_does_not_keep_a_fresh_one_waiting_for_ever(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("a-huge", b"x" * (3 << 20))
    os.utime(peer.put("b", LINES[0]))
    desk.rounds(kind, {**peer.settings, "largest": "2"})

    assert [name for name, _, _ in desk.bodies()] == ["b"]
    assert str(desk.said[-1]).startswith("permanent: a-huge has 3 MB")


# ---------------------------------------------------------------- still being written


@every
def test_a_file_that_has_just_changed_is_left_until_it_rests(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("cdr_1", WHOLE)
    os.utime(peer.root / "cdr_1")
    first = desk.rounds(kind, {**peer.settings, "minimum-age": "1h"})

    assert first == ["0 files taken, 0 known, 1 still being written: cdr_1"]
    assert desk.rounds(kind, peer.settings, over=all_taken)[-1] == "1 file taken, 0 known"
    assert desk.bodies() == [("cdr_1", "complete", WHOLE)]


@at_fault
def test_a_file_that_grows_while_it_is_taken_costs_no_record(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("Master.csv", *LINES[:4], LINES[4][:30])
    peer.faults.before_data = lambda: peer.grow("Master.csv", LINES[4][30:], *LINES[5:])
    desk.rounds(kind, peer.settings, over=all_taken)

    assert desk.bodies() == [("Master.csv", "complete", WHOLE)]
    assert b"".join(desk.took()) == WHOLE


@at_fault
def test_text_that_never_rests_is_taken_line_by_line(kind: str, peer: Peer, desk: Desk) -> None:
    os.utime(peer.put("Master.csv", LINES[0], LINES[1][:20]))
    settings = {**peer.settings, "minimum-age": "1h"}
    rest = iter([(LINES[1][20:], LINES[2][:9]), (LINES[2][9:], LINES[3]), (LINES[4], LINES[5][:9]), (LINES[5][9:],)])

    def grow() -> None:
        peer.grow("Master.csv", *next(rest, ()))

    desk.rounds(kind, settings, 5, between=grow)

    assert b"".join(desk.took()) == b"".join(LINES[: b"".join(desk.took()).count(b"\n")])
    assert len(desk.took()) > 1
    assert len(desk.bodies()) == 1


# ---------------------------------------------------------------- torn


@at_fault
@pytest.mark.parametrize("cut_at", [0, 1, 100, 70_000, 300_000])
def test_a_cut_transfer_loses_and_doubles_nothing(kind: str, cut_at: int, peer: Peer, desk: Desk) -> None:
    many = WHOLE * 200
    peer.put("Master.csv", many)
    peer.faults.cut_at = cut_at
    desk.rounds(kind, peer.settings)
    cut = [state for _, state, _ in desk.bodies()]
    desk.rounds(kind, peer.settings)

    assert cut in ([], ["cut"])
    assert desk.bodies() == [("Master.csv", "complete", many)]
    assert b"".join(desk.took()) == many


@at_fault
def test_a_cut_transfer_leaves_no_half_record(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("Master.csv", WHOLE * 200)
    peer.faults.cut_at = 300_007
    desk.rounds(kind, peer.settings)
    (_, state, data), *others = desk.bodies()

    assert (state, others) == ("cut", [])
    assert data.endswith(b"\n")
    assert str(desk.said[-1]).startswith("unavailable: ")


@at_fault
def test_a_cut_archive_is_taken_anew(kind: str, peer: Peer, desk: Desk) -> None:
    data = pack(Packing.ZIP, "Master.csv", os.urandom(300_000), START)
    peer.put("cdr.zip", data)
    peer.faults.cut_at = 200_000
    desk.rounds(kind, peer.settings)
    desk.rounds(kind, peer.settings)

    assert [state for _, state, _ in desk.bodies()] == ["cut", "complete"]
    assert desk.bodies()[-1] == ("cdr.zip", "complete", data)


@at_fault
def test_a_transfer_that_a_crash_broke_off_is_gone_on_with(kind: str, peer: Peer, desk: Desk) -> None:
    many = WHOLE * 200
    peer.put("Master.csv", many)
    desk.rounds(kind, peer.settings, over=took)
    assert [state for _, state, _ in desk.bodies()] == ["open"]
    desk.rounds(kind, peer.settings)

    assert desk.bodies() == [("Master.csv", "complete", many)]


@at_fault
def test_a_file_replaced_after_a_crash_ends_the_body_of_the_old_one(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("Master.csv", WHOLE * 200)
    desk.rounds(kind, peer.settings, over=took)
    other = b"".join(reversed(LINES)) * 200
    peer.put("Master.csv", other, age=-60)
    desk.rounds(kind, peer.settings)

    assert [state for _, state, _ in desk.bodies()] == ["cut", "complete"]
    assert desk.bodies()[-1] == ("Master.csv", "complete", other)


@at_fault
def test_one_file_that_breaks_off_keeps_no_other_from_being_taken(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("a", WHOLE, age=60)
    peer.put("b", LINES[0])
    peer.faults.cut_at = 100
    desk.rounds(kind, peer.settings)

    assert ("b", "complete", LINES[0]) in desk.bodies()


@at_fault
def test_a_server_that_stalls_is_waited_for_no_longer_than_the_time_out(kind: str, peer: Peer, desk: Desk) -> None:
    go_on = threading.Event()
    peer.put("Master.csv", WHOLE)
    peer.faults.before_data = lambda: go_on.wait(PATIENCE_S)
    try:
        desk.rounds(kind, {**peer.settings, "timeout": "1s"}, over=lambda event: isinstance(event, Answered))
    finally:
        go_on.set()

    assert "within 1 s" in str(desk.said[-1])
    assert desk.rounds(kind, peer.settings) == ["1 file taken, 0 known"]


@at_fault
def test_who_is_stopped_while_a_server_stalls_goes_at_once(kind: str, peer: Peer, desk: Desk) -> None:
    stalled, go_on = threading.Event(), threading.Event()
    peer.put("Master.csv", WHOLE)

    def stall() -> None:
        stalled.set()
        go_on.wait(PATIENCE_S)

    peer.faults.before_data = stall

    async def stop_in_the_middle() -> None:
        running = asyncio.create_task(desk.run(kind, {**peer.settings, "timeout": "600s"}))
        await asyncio.to_thread(stalled.wait, PATIENCE_S)
        running.cancel()
        await asyncio.wait({running}, timeout=PATIENCE_S)
        assert running.cancelled()

    try:
        asyncio.run(stop_in_the_middle())
        until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("ftp_")])
    finally:
        go_on.set()


# ---------------------------------------------------------------- hostile names


HOSTILE = [b"../../x", b"..", b"/etc/passwd", b"a\rDELE b", b"a\\b", b"\x00", b"x" * 5000, b"\xff\xfe" * 400 + b"/y"]


@at_fault
@pytest.mark.parametrize("name", [*HOSTILE, b"x\ny"])
def test_a_hostile_name_never_leaves_the_folder(kind: str, name: bytes, peer: Peer, desk: Desk) -> None:
    (peer.root / "cdr").mkdir()
    (peer.root.parent / "x").write_bytes(b"not yours")
    peer.put("x", b"not yours either")
    peer.put("cdr/good", LINES[0])
    peer.faults.names = [name]
    message = desk.rounds(kind, {**peer.settings, "path": "cdr", "after": "delete"})[0]

    assert desk.bodies() == [("good", "complete", LINES[0])]
    assert (peer.root.parent / "x").exists()
    assert (peer.root / "x").exists()
    assert "\n" not in message


@at_fault
def test_names_that_no_encoding_can_read_are_taken_all_the_same(kind: str, peer: Peer, desk: Desk) -> None:
    for number, name in enumerate((b"caf\xe9.csv", "café.csv".encode(), b"%s{0}'.csv")):
        (peer.root / os.fsdecode(name)).write_bytes(LINES[number])
        os.utime(peer.root / os.fsdecode(name), (0, 0))
    desk.rounds(kind, peer.settings)

    assert Counter(data for _, _, data in desk.bodies()) == Counter(LINES[:3])


# ---------------------------------------------------------------- afterwards


@every
def test_a_file_is_deleted_only_after_it_is_stored(kind: str, peer: Peer, desk: Desk) -> None:
    path = peer.put("cdr_1", WHOLE)
    seen: list[bool] = []
    desk.on_stored = lambda: seen.append(path.exists())
    desk.rounds(kind, {**peer.settings, "after": "delete"})

    assert seen == [True]
    assert not path.exists()
    assert [type(event) for event in desk.said] == [Asking, Began, Took, Ended, str, Answered]


@every
def test_a_file_is_moved_under_a_name_that_is_free(kind: str, peer: Peer, desk: Desk) -> None:
    for number in range(3):
        peer.put("cdr.csv", LINES[number], age=-number)
        desk.rounds(kind, {**peer.settings, "after": "move", "move-to": "done"})

    assert {path.name: path.read_bytes() for path in (peer.root / "done").iterdir()} == {
        "cdr.csv": LINES[0],
        "cdr.1.csv": LINES[1],
        "cdr.2.csv": LINES[2],
    }
    assert not (peer.root / "cdr.csv").exists()


@every
def test_a_file_that_was_left_goes_once_it_is_to_go(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("cdr_1", WHOLE)
    desk.rounds(kind, peer.settings)
    desk.rounds(kind, {**peer.settings, "after": "delete"})

    assert list(peer.root.iterdir()) == []
    assert len(desk.took()) == 1


@every
def test_a_file_that_grew_after_it_was_taken_is_not_let_go(kind: str, peer: Peer, desk: Desk) -> None:
    peer.put("cdr_1", *LINES[:6])
    desk.on_stored = lambda: peer.grow("cdr_1", *LINES[6:]) if len(desk.took()) == 1 else None
    desk.rounds(kind, {**peer.settings, "after": "delete"})
    assert (peer.root / "cdr_1").exists()
    desk.rounds(kind, {**peer.settings, "after": "delete"})

    assert desk.bodies() == [("cdr_1", "complete", WHOLE)]
    assert not (peer.root / "cdr_1").exists()


@every
def test_a_file_cannot_be_moved_to_where_it_is(kind: str, peer: Peer, desk: Desk) -> None:
    desk.rounds(kind, {**peer.settings, "after": "move", "path": "cdr", "move-to": "../cdr"})

    assert str(desk.said[-1]).startswith("permanent: 'move-to' is the folder the files are in already")


# ---------------------------------------------------------------- who is asked


@every
def test_a_wrong_password_needs_a_person_and_is_not_shown(kind: str, peer: Peer, desk: Desk) -> None:
    desk.rounds(kind, {**peer.settings, "password": "a-wrong-secret"})

    assert str(desk.said[-1]).startswith("permanent: 127.0.0.1:")
    assert "refused the name or password" in str(desk.said[-1])
    assert "a-wrong-secret" not in str(desk.said[-1])


@every
def test_a_refused_connection_may_pass(kind: str, peer: Peer, desk: Desk) -> None:
    desk.rounds(kind, {**peer.settings, "port": "1"})

    assert str(desk.said[-1]).startswith("unavailable: cannot connect to 127.0.0.1:1: connection refused")


@every
def test_the_password_may_be_in_a_file(kind: str, peer: Peer, desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(peer.settings.pop("password") + "\n")
    assert desk.rounds(kind, {**peer.settings, "password-file": str(secret)}) == ["answers; no file has come yet"]
    secret.unlink()
    desk.rounds(kind, {**peer.settings, "password-file": str(secret)})

    assert desk.said[-1] == "permanent: the password file cannot be read: No such file or directory"


# ---------------------------------------------------------------- the whole way


def a_pbx(kind: str, peer: Peer, **settings: str) -> Pbx:
    return Pbx(
        name="hts",
        dialect="panasonic-kx-hts",
        source=kind,
        timezone=ZONE,
        settings={**peer.settings, **settings},
    )


def raws(engine: Engine) -> Counter[bytes]:
    return Counter(raw_calls(engine.site.journal, engine.site.store))


@every
def test_calls_come_the_whole_way_once_and_stay_the_same_when_rebuilt(kind: str, peer: Peer, tmp_path: Path) -> None:
    peer.put("cdr_1.csv", *LINES[:3])
    with at_work(tmp_path / "site", a_pbx(kind, peer)) as engine:
        until(lambda: raws(engine) == Counter(without_end(LINES[:3])))
        peer.grow("cdr_1.csv", *LINES[3:6])
        until(lambda: raws(engine) == Counter(without_end(LINES[:6])))
    peer.put("cdr_2.csv", *LINES[6:])
    with at_work(tmp_path / "site", a_pbx(kind, peer)) as engine:
        until(lambda: raws(engine) == Counter(without_end(LINES)))
        assert engine.test("hts").well
        settle(engine)
        before = dump(engine.site.store)
        engine.rebuild()
        settle(engine)

        assert dump(engine.site.store) == before
        assert engine.site.store.rows("SELECT frames, calls, duplicates, rejected FROM tally ORDER BY body") == [
            (6, 6, 0, 0),
            (6, 6, 0, 0),
        ]


@at_fault
def test_calls_of_a_cut_file_are_stored_once_and_nothing_is_rejected(kind: str, peer: Peer, tmp_path: Path) -> None:
    lines = some_lines(1500)
    peer.put("Master.csv", *lines)
    peer.faults.cut_at = 200_003
    with at_work(tmp_path / "site", a_pbx(kind, peer)) as engine:
        until(lambda: engine.health()[0].state is State.NOT_REACHABLE)
        assert [body.state for body in engine.site.journal.bodies()] == ["cut"]
        engine.test("hts")
        until(lambda: raws(engine) == Counter(without_end(lines)))
        settle(engine)

        assert engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]
        assert [body.state for body in engine.site.journal.bodies()] == ["complete"]


@every
def test_a_file_is_not_deleted_while_the_store_takes_no_calls(
    kind: str,
    peer: Peer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with at_work(tmp_path / "site", a_pbx(kind, peer, after="delete")) as engine:
        until(lambda: engine.health()[0].answers > 0)
        with monkeypatch.context() as broken:
            broken.setattr(engine.site.store, "write", _fail)
            path = peer.put("Master.csv", WHOLE)
            until(lambda: engine.lag().trouble != "")
            until(lambda: [body.state for body in engine.site.journal.bodies()] == ["complete"])
            assert path.exists()
        until(lambda: not path.exists())

        assert raws(engine) == Counter(without_end(LINES))


def _fail(_batch: object) -> None:
    raise OSError(28, "No space left on device")
