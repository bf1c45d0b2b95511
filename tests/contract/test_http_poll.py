"""External Application mode against a PBX that misbehaves: what is stored, what is said, and nothing asked twice."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.lines import a_line, connected
from tests.fakes.records import some_rows
from tests.fakes.sites import settle, until
from tollbook.model.health import State
from tollbook.simulator.answers import Framing
from tollbook.simulator.faults import OF_ANSWERS, BreakOff, FaultKind, PbxFault
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import CallRow
from tollbook.simulator.running import RunningPbx

ROWS = some_rows(6)
LOST = "What the PBX had cleared and not sent is lost."
ENDED = r"the connection ended in the middle of the answer \(.*\)"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, the state and the message it leaves, and how many of the six records are stored all the same."""

    fault: PbxFault
    state: State
    message: str
    calls: int
    bodies: int = 1


def cut(kind: FaultKind = FaultKind.CUT, ending: BreakOff = BreakOff.CLOSE) -> PbxFault:
    return PbxFault(kind=kind, after_bytes=560, ending=ending)


CASES = {
    "cut": Case(
        fault=cut(), state=State.NOT_REACHABLE, calls=3,
        message=rf"{ENDED}\. The 560 bytes it sent are kept\. {LOST}",
    ),
    "reset": Case(
        fault=cut(ending=BreakOff.RESET), state=State.NOT_REACHABLE, calls=3,
        message=rf"the connection broke \(.*\)\. The \d+ bytes it sent are kept\. {LOST}",
    ),
    "stalled": Case(
        fault=cut(ending=BreakOff.STALL), state=State.NOT_REACHABLE,
        message=rf"no more bytes came within the time-out\. The 560 bytes it sent are kept\. {LOST}", calls=3,
    ),
    "cut before the first byte": Case(
        fault=PbxFault(kind=FaultKind.CUT, after_bytes=0), state=State.NOT_REACHABLE, message=rf"{ENDED}\. {LOST}",
        calls=0, bodies=0,
    ),
    "cut in chunks": Case(
        fault=cut(FaultKind.CUT_CHUNKED), state=State.NOT_REACHABLE,
        message=rf"{ENDED}\. The 555 bytes it sent are kept\. {LOST}", calls=3,
    ),
    "silent": Case(
        fault=PbxFault(kind=FaultKind.SILENT), state=State.NOT_REACHABLE,
        message=rf"the PBX closed the connection without an answer\. {LOST}",
        calls=0, bodies=0,
    ),
    "error": Case(
        fault=PbxFault(kind=FaultKind.SERVER_ERROR, rows=0), state=State.NOT_REACHABLE,
        message=r"the PBX answered with error 500\.", calls=0, bodies=0,
    ),
    "error page": Case(
        fault=PbxFault(kind=FaultKind.SERVER_ERROR), state=State.NOT_REACHABLE,
        message=r"the PBX answered with error 500\. The \d+ bytes it sent are kept\.", calls=0,
    ),
    "slow": Case(
        fault=PbxFault(kind=FaultKind.SLOW, bytes_per_s=800), state=State.WORKING, message=r"answers; \d+ bytes taken",
        calls=6,
    ),
    "too slow": Case(
        fault=PbxFault(kind=FaultKind.SLOW, delay_s=3), state=State.NOT_REACHABLE,
        message=rf"no more bytes came within the time-out\. {LOST}",
        calls=0, bodies=0,
    ),
    "401": Case(
        fault=PbxFault(kind=FaultKind.UNAUTHORIZED), state=State.NEEDS_ATTENTION,
        message=r"the PBX refused the name or password \(401\)\. It asks for basic: set 'auth=basic'\. "
        r"Check 'username', 'password' and 'auth'\.",
        calls=0, bodies=0,
    ),
    "403": Case(
        fault=PbxFault(kind=FaultKind.FORBIDDEN), state=State.NEEDS_ATTENTION,
        message=r"the PBX forbids reading its records \(403\): may this machine's address ask, "
        r"is External Application on\?",
        calls=0,
    ),
    "redirect": Case(
        fault=PbxFault(kind=FaultKind.REDIRECT), state=State.NEEDS_ATTENTION,
        message=r"the PBX sends elsewhere \(302\), as for a login page; its redirect was not followed\.",
        calls=0, bodies=0,
    ),
    "login page": Case(
        fault=PbxFault(kind=FaultKind.LOGIN_PAGE), state=State.NEEDS_ATTENTION,
        message=r"the PBX answered with a web page, not records: is 'url' its External Application address\? "
        r"The \d+ bytes it sent are kept\.",
        calls=0,
    ),
    "length too short": Case(
        fault=PbxFault(kind=FaultKind.LENGTH_SHORT, by=300), state=State.WORKING, message=r"answers; \d+ bytes taken",
        calls=6,
    ),
    "length too long": Case(
        fault=PbxFault(kind=FaultKind.LENGTH_LONG, by=300), state=State.NOT_REACHABLE,
        message=rf"{ENDED}\. The \d+ bytes it sent are kept\. {LOST}", calls=6,
    ),
    "no status line": Case(
        fault=PbxFault(kind=FaultKind.NO_STATUS_LINE), state=State.WORKING,
        message=r"answers; \d+ bytes taken; it sent no HTTP status line, the text was taken as it came", calls=6,
    ),
    "odd type": Case(fault=PbxFault(kind=FaultKind.ODD_TYPE), state=State.WORKING, message=r"answers; \d+ bytes taken",
        calls=6),
    "garbage": Case(fault=PbxFault(kind=FaultKind.GARBAGE, rows=8), state=State.WORKING,
    message=r"answers; \d+ bytes taken", calls=6),
    "duplicates": Case(fault=PbxFault(kind=FaultKind.DUPLICATES, rows=2), state=State.WORKING,
    message=r"answers; \d+ bytes taken", calls=8),
    "replay": Case(fault=PbxFault(kind=FaultKind.REPLAY), state=State.WORKING, message=r"answers; \d+ bytes taken",
        calls=6),
    "clock jump": Case(fault=PbxFault(kind=FaultKind.CLOCK_JUMP, hours=-5), state=State.WORKING,
    message=r"answers; \d+ bytes taken", calls=6),
    "fold": Case(fault=PbxFault(kind=FaultKind.FOLD, hours=1), state=State.WORKING, message=r"answers; \d+ bytes taken",
        calls=6),
}  # fmt: skip
each_case = pytest.mark.parametrize("name", CASES)


def test_every_kind_of_misbehaviour_of_an_answer_has_a_case() -> None:
    assert {case.fault.kind for case in CASES.values()} == OF_ANSWERS


@each_case
def test_a_misbehaving_pbx_loses_nothing_that_it_sent_is_asked_once_and_spoken_of_rightly(
    name: str,
    tmp_path: Path,
) -> None:
    case = CASES[name]
    with a_line(tmp_path, timeout="1s") as line:
        tested = line.ask(*ROWS, fault=case.fault)
        answer = line.pbx.handed_out[-1]

        assert re.fullmatch(case.message, tested.message), tested.message
        assert (line.health.state, line.health.message, tested.well) == (
            case.state,
            tested.message,
            case.state is State.WORKING,
        )
        assert len(line.pbx.requests) == 2
        assert line.kept() == answer.body_sent
        assert [body.length for body in line.bodies()] == [len(answer.body_sent)] * case.bodies
        assert sum(line.raws().values()) == case.calls
        written = zip(answer.rows, answer.lines, strict=True)
        sent = [text for row, text in written if isinstance(row, CallRow) and text in answer.lines_sent]
        assert Counter(text.rstrip(b"\n") for text in sent) <= line.raws()


@pytest.mark.parametrize("name", ["cut", "silent", "error", "401", "login page", "too slow", "length too long"])
def test_a_pbx_that_behaves_again_is_asked_as_if_nothing_had_been(name: str, tmp_path: Path) -> None:
    with a_line(tmp_path, timeout="1s") as line:
        line.ask(*ROWS[:3], fault=CASES[name].fault)
        tested = line.ask(*ROWS[3:])

        assert tested.well
        assert line.health.state is State.WORKING
        assert set(map(line.raw, ROWS[3:])) <= set(line.raws())
        assert len(line.pbx.requests) == 3


# ---------------------------------------------------------------- what faults of single records come to


def test_a_cut_record_is_a_reject_that_says_why_and_the_body_says_it_is_cut(tmp_path: Path) -> None:
    with a_line(tmp_path, timeout="1s") as line:
        line.ask(*ROWS, fault=cut())
        body = line.bodies()[-1]
        half = line.kept().rpartition(b"\n")[2]

        assert line.rejects() == [(half, f"cut off in the middle of a record: {body.reason}")]
        assert (body.state, re.fullmatch(ENDED, body.reason) is not None) == ("cut", True)


def test_a_login_page_is_one_reject_that_says_what_it_is(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        line.ask(*ROWS, fault=PbxFault(kind=FaultKind.LOGIN_PAGE))

        reasons = [reason for _, reason in line.rejects()]
        assert reasons == ["a web page titled 'Web Maintenance Console' where call records belong"]
        assert line.bodies()[-1].state == "odd"
        assert line.health.last_record_at is None


def test_records_sent_again_with_the_next_ones_are_stored_once(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        line.ask(*ROWS[:3])
        line.ask(*ROWS[3:], fault=PbxFault(kind=FaultKind.REPLAY))

        assert line.raws() == Counter(map(line.raw, ROWS))


def test_lines_of_rubbish_are_counted_and_cost_no_record(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        line.ask(*ROWS, fault=PbxFault(kind=FaultKind.GARBAGE, rows=20))
        totals = "SELECT sum(frames), sum(calls), sum(duplicates + skipped + rejected) FROM tally"
        frames, calls, others = line.engine.site.store.rows(totals)[0]

        assert (calls, frames) == (6, calls + others)
        assert line.raws() == Counter(map(line.raw, ROWS))


@pytest.mark.parametrize("kind", [FaultKind.CLOCK_JUMP, FaultKind.FOLD])
def test_a_call_of_a_pbx_whose_clock_is_off_is_where_its_clock_says(kind: FaultKind, tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        line.ask(ROWS[0], fault=PbxFault(kind=kind, hours=-5))
        row = "SELECT epoch(started_local)::BIGINT - epoch(started_at)::BIGINT, epoch(started_at)::BIGINT FROM call"
        ahead_s, started_s = line.engine.site.store.rows(row)[0]

        assert ahead_s == -18_000
        assert started_s - ROWS[0].started_s == -18_000


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize("framing", [Framing.LENGTH, Framing.CHUNKED, Framing.UNTIL_CLOSE, Framing.NAKED])
@pytest.mark.parametrize("packing", Packing)
def test_records_are_taken_out_of_any_wrapping(packing: Packing, framing: Framing, tmp_path: Path) -> None:
    with a_line(tmp_path, KxHtsSetup(packing=packing, framing=framing)) as line:
        tested = line.ask(*ROWS)

        assert tested.well
        assert line.engine.site.store.rows("SELECT count(*), count(DISTINCT id) FROM call") == [(6, 6)]
        assert line.rejects() == []


def test_an_empty_answer_is_no_fault_and_no_body(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        tested = line.ask()

        assert (tested.well, tested.message) == (True, "answers; no new calls")
        assert line.bodies() == []


def test_a_pbx_that_keeps_the_connection_open_is_answered_for_without_waiting_for_its_end(tmp_path: Path) -> None:
    with a_line(tmp_path, KxHtsSetup(keep_alive=True), timeout="60s") as line:
        assert line.ask(*ROWS).well
        assert sum(line.raws().values()) == 6


def test_an_answer_over_the_limit_is_cut_off_and_said(tmp_path: Path) -> None:
    with a_line(tmp_path, largest="1") as line:
        tested = line.ask(*[b"x" * 999 + b"\n"] * 1300)

        assert tested.message.startswith("the answer is over 1 MB; what is over was not taken. The ")
        assert line.kept() == (b"x" * 999 + b"\n") * (len(line.kept()) // 1000) + b"x" * (len(line.kept()) % 1000)


def test_nothing_at_this_address_is_said(tmp_path: Path) -> None:
    with RunningPbx() as pbx, connected(tmp_path, pbx, url=pbx.url.replace("Master", "Elsewhere")) as line:
        settle(line.engine)

        assert line.health.state is State.NEEDS_ATTENTION
        assert (
            line.health.message == "the PBX has nothing at this address (404): the path of 'url' is not the right one"
        )


def test_a_pbx_that_does_not_listen_is_gone_and_then_back(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        gone = line.ask(*ROWS, fault=PbxFault(kind=FaultKind.REFUSE))
        line.pbx.behave()
        back = line.ask()

        assert gone.message == (
            f"cannot connect to 127.0.0.1:{line.pbx.port}: connection refused; is the port the one of its CDR settings?"
        )
        assert (gone.well, back.well, line.health.state) == (False, True, State.WORKING)
        assert line.raws() == Counter(map(line.raw, ROWS))


def test_every_piece_is_in_the_journal_before_the_next_is_asked_for(tmp_path: Path) -> None:
    with a_line(tmp_path) as line:
        line.pbx.add(ROWS)
        line.pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=560, ending=BreakOff.HOLD))
        asking = threading.Thread(target=line.engine.test, args=("hts",))
        asking.start()
        line.pbx.wait(lambda: line.pbx.held == 1)
        until(lambda: len(line.kept()) == 560)
        settle(line.engine)
        assert sum(line.raws().values()) == 3
        line.pbx.go_on()
        asking.join()

        assert line.raws() == Counter(map(line.raw, ROWS))
