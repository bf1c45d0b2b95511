"""Each thing that can go wrong goes wrong as declared, and the ledger tells the truth."""

import http.client
import ssl
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError, URLError

import pytest

from tollbook.simulator.faults import BreakOff, Clearing, FaultKind, FaultPlan, PbxFault, parse
from tollbook.simulator.history import rows
from tollbook.simulator.kx_hts import KxHts
from tollbook.simulator.office import Office
from tollbook.simulator.row import CallRow, Style, write
from tollbook.simulator.running import RunningPbx
from tollbook.simulator.streams import Pty, Pusher, SerialPort, TcpDialler, TcpListener, UdpSender, Uploader
from tollbook.simulator.streams.folder import WebConsole

AT = datetime(2025, 11, 3, 14, 0, tzinfo=UTC)
ROWS: list[CallRow] = list(rows(Office(), start=AT, end=AT + timedelta(hours=1), calls=40))
LINES = [write(row, Style()) for row in ROWS]
TEXT = b"".join(LINES)
SLOW = PbxFault(kind=FaultKind.SLOW)


@pytest.fixture
def pbx() -> Iterator[RunningPbx]:
    with RunningPbx() as running:
        running.add(ROWS)
        yield running


def opened(pbx: RunningPbx, tls: ssl.SSLContext | None = None) -> http.client.HTTPResponse:
    answer: http.client.HTTPResponse = urllib.request.urlopen(  # noqa: S310 - our own PBX
        pbx.url,
        timeout=20,
        context=tls,
    )
    return answer


def fetch(pbx: RunningPbx) -> bytes:
    """What arrives, also when the end is missing."""
    try:
        with opened(pbx) as answer:
            return answer.read()
    except http.client.IncompleteRead as cut:
        return cut.partial


@pytest.mark.parametrize("after_bytes", [0, 1, 100, len(LINES[0]), len(TEXT) - 1])
def test_a_cut_body_ends_where_asked_and_the_rows_are_gone(
    pbx: RunningPbx, after_bytes: int,
) -> None:  # fmt: skip
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=after_bytes))
    assert fetch(pbx) == TEXT[:after_bytes]
    [answer] = pbx.wait_for_answers(1)
    assert answer.body_sent == TEXT[:after_bytes]
    assert not answer.complete
    assert fetch(pbx) == b""


def test_only_lines_that_got_out_whole_count_as_sent(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=len(LINES[0] + LINES[1]) - 1))
    fetch(pbx)
    [answer] = pbx.wait_for_answers(1)
    assert answer.lines_sent == (LINES[0],)


def test_a_chunked_body_can_be_cut(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CUT_CHUNKED, after_bytes=500))
    with pytest.raises(http.client.IncompleteRead):
        opened(pbx).read()
    [answer] = pbx.wait_for_answers(1)
    assert answer.body_sent == TEXT[: len(answer.body_sent)]
    assert 400 < len(answer.body_sent) < 500


def test_a_connection_can_be_reset(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=0, ending=BreakOff.RESET))
    with pytest.raises(OSError, match="reset"):
        opened(pbx).read()


def test_a_stalled_answer_lasts_until_the_reader_gives_up(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=5, ending=BreakOff.STALL))
    with opened(pbx) as answer:
        assert answer.read(5) == TEXT[:5]
        assert [a.ended for a in pbx.handed_out] == [False]
    [ended] = pbx.wait_for_answers(1)
    assert ended.body_sent == TEXT[:5]


def test_a_held_answer_goes_on_when_told(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=5, ending=BreakOff.HOLD))
    with opened(pbx) as answer:
        first = answer.read(5)
        assert [a.body_sent for a in pbx.handed_out] == [first]
        pbx.wait(lambda: pbx.held == 1)
        pbx.go_on()
        assert first + answer.read() == TEXT
    [ended] = pbx.wait_for_answers(1)
    assert ended.complete


def test_a_pbx_can_stop_while_an_answer_is_held() -> None:
    with RunningPbx() as pbx:
        pbx.add(ROWS)
        pbx.misbehave(PbxFault(kind=FaultKind.CUT, ending=BreakOff.HOLD))
        reader = threading.Thread(target=fetch, args=(pbx,))
        reader.start()
        pbx.wait(lambda: pbx.held == 1)
    reader.join(20)
    assert not reader.is_alive()


def test_a_silent_pbx_clears_and_says_nothing(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.SILENT))
    with pytest.raises(http.client.RemoteDisconnected):
        fetch(pbx)
    [answer] = pbx.wait_for_answers(1)
    assert (answer.sent_bytes, answer.cleared) == (0, tuple(ROWS))


@pytest.mark.parametrize(
    ("kind", "status", "cleared"),
    [
        (FaultKind.SERVER_ERROR, 500, len(ROWS)),
        (FaultKind.UNAUTHORIZED, 401, 0),
        (FaultKind.FORBIDDEN, 403, 0),
    ],
)
def test_an_error_says_whether_it_cost_the_rows(pbx: RunningPbx, kind: FaultKind, status: int, cleared: int) -> None:
    pbx.misbehave(PbxFault(kind=kind))
    with pytest.raises(HTTPError) as error:
        fetch(pbx)
    error.value.close()
    [answer] = pbx.wait_for_answers(1)
    assert (error.value.code, answer.status) == (status, status)
    assert (len(answer.cleared), len(answer.rows)) == (cleared, 0)


def test_a_fault_can_be_told_to_keep_the_rows(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=9, clearing=Clearing.KEEPS))
    fetch(pbx)
    assert fetch(pbx) == TEXT


@pytest.mark.parametrize("kind", [FaultKind.REDIRECT, FaultKind.LOGIN_PAGE])
def test_a_login_page_comes_in_place_of_the_file(pbx: RunningPbx, kind: FaultKind) -> None:
    pbx.misbehave(PbxFault(kind=kind))
    assert b'type="password"' in fetch(pbx)
    assert fetch(pbx) == TEXT


def test_a_length_too_small_hides_the_end(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.LENGTH_SHORT, by=10))
    assert fetch(pbx) == TEXT[:-10]
    [answer] = pbx.wait_for_answers(1)
    assert answer.body_sent == TEXT


def test_a_length_too_large_promises_what_never_comes(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.LENGTH_LONG, by=10))
    with pytest.raises(http.client.IncompleteRead, match="10 more expected"):
        opened(pbx).read()


def test_rows_can_come_without_any_http(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.NO_STATUS_LINE))
    with pytest.raises(http.client.BadStatusLine):
        fetch(pbx)
    [answer] = pbx.wait_for_answers(1)
    assert answer.body_sent == TEXT
    assert answer.sent_bytes == len(TEXT)


def test_a_slow_answer_arrives_whole(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.SLOW, delay_s=0.01, bytes_per_s=1_000_000))
    assert fetch(pbx) == TEXT


def test_a_content_type_can_be_nonsense(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.ODD_TYPE))
    with opened(pbx) as answer:
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.read() == TEXT


def test_garbage_stands_between_the_rows(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.GARBAGE, rows=20))
    body = fetch(pbx)
    [answer] = pbx.wait_for_answers(1)
    assert body == b"".join(answer.lines)
    assert [row for row in answer.rows if isinstance(row, CallRow)] == ROWS
    assert len(answer.rows) == len(ROWS) + 20


def test_rows_can_stand_twice_in_one_answer(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.DUPLICATES, rows=2))
    assert fetch(pbx) == LINES[0] * 2 + LINES[1] * 2 + b"".join(LINES[2:])


def test_the_last_answer_can_come_again_before_the_new_rows(pbx: RunningPbx) -> None:
    fetch(pbx)
    pbx.add(ROWS[:1])
    pbx.misbehave(PbxFault(kind=FaultKind.REPLAY))
    assert fetch(pbx) == TEXT + LINES[0]


def test_a_clock_can_jump(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.CLOCK_JUMP, hours=-2))
    fetch(pbx)
    [answer] = pbx.wait_for_answers(1)
    starts = [row.meant.started_at for row in answer.rows if isinstance(row, CallRow)]
    assert starts == [row.meant.started_at - timedelta(hours=2) for row in ROWS]


def test_a_fold_moves_wall_times_and_leaves_unique_ids(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.FOLD, hours=-1))
    fetch(pbx)
    [answer] = pbx.wait_for_answers(1)
    spoilt = [row for row in answer.rows if isinstance(row, CallRow)]
    assert [row.unique_id for row in spoilt] == [row.unique_id for row in ROWS]
    assert all(a.start_time != b.start_time for a, b in zip(spoilt, ROWS, strict=True))
    assert [row.meant for row in spoilt] == [row.meant for row in ROWS]


def test_a_refusing_pbx_keeps_its_port_and_its_rows(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.REFUSE))
    with pytest.raises(URLError, match="refused"):
        fetch(pbx)
    pbx.behave()
    assert fetch(pbx) == TEXT


def test_a_pbx_can_refuse_for_a_while(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.REFUSE, lasting_s=0.05))
    pbx.wait(lambda: pbx.listening)
    assert fetch(pbx) == TEXT


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (FaultKind.SELF_SIGNED, "self-signed"),
        (FaultKind.EXPIRED, "certificate verify failed"),
        (FaultKind.WRONG_HOST, "certificate verify failed"),
        (FaultKind.OLD_TLS, "SSL"),
    ],
)
def test_bad_tls_is_refused_by_a_careful_reader(
    pbx: RunningPbx, kind: FaultKind, complaint: str,
) -> None:  # fmt: skip
    pbx.misbehave(PbxFault(kind=kind))
    assert pbx.url.startswith("https://")
    with pytest.raises(URLError, match=complaint):
        fetch(pbx)
    assert pbx.pending == tuple(ROWS)


def test_old_tls_is_spoken_to_those_who_speak_it(pbx: RunningPbx) -> None:
    pbx.misbehave(PbxFault(kind=FaultKind.OLD_TLS))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with opened(pbx, context) as answer:
        assert answer.read() == TEXT


def test_a_fault_of_records_cannot_happen_to_a_pbx_that_is_asked(pbx: RunningPbx) -> None:
    complaint = r"'drip' cannot happen on http://127\.0\.0\.1:\d+/cdr/Master\.csv; choose from"
    with pytest.raises(ValueError, match=complaint):
        pbx.misbehave(PbxFault(kind=FaultKind.DRIP))


def test_every_fault_can_happen_somewhere() -> None:
    carriers = (TcpListener, TcpDialler, UdpSender, SerialPort, Pty, Pusher, Uploader, WebConsole)
    known = KxHts.knows.union(*(carrier.knows for carrier in carriers))
    assert set(FaultKind) - known == {FaultKind.DENY}, "a log-in is refused by the PBX, not by what carries it"


def test_a_fault_happens_as_often_as_scheduled() -> None:
    plan = FaultPlan()
    plan.add(PbxFault(kind=FaultKind.SLOW, times=2, after=1))
    assert [len(plan.due()) for _ in range(5)] == [0, 1, 1, 0, 0]


def test_a_fault_can_happen_always_and_beside_another() -> None:
    plan = FaultPlan()
    plan.add(PbxFault(kind=FaultKind.SLOW, times=None))
    plan.add(SLOW)
    assert [len(plan.due()) for _ in range(3)] == [2, 1, 1]
    plan.clear()
    assert plan.due() == ()


def test_chance_repeats_with_its_seed() -> None:
    hits = []
    for seed in (1, 1, 2):
        plan = FaultPlan(seed)
        plan.add(PbxFault(kind=FaultKind.SLOW, times=None, probability=0.5))
        hits.append([len(plan.due()) for _ in range(100)])
    assert hits[0] == hits[1] != hits[2]
    assert 30 < sum(hits[0]) < 70


def test_a_fault_is_read_from_a_command_line() -> None:
    assert parse("cut after_bytes=7 ending=stall clearing=keeps probability=0.1") == PbxFault(
        kind=FaultKind.CUT, after_bytes=7, ending=BreakOff.STALL, clearing=Clearing.KEEPS, times=None, probability=0.1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("explode", "there is no 'explode'; choose from cut, cut-chunked"),
        ("cut bytes=5", "a fault has no 'bytes'; it has after, after_bytes"),
        ("cut ending=bang", "there is no 'bang'; choose from close, reset, stall, hold"),
        ("", "there is no ''; choose from"),
        ("cut after_bytes=some", "is no fault: Expected `int`, got `str`"),
    ],
)
def test_a_fault_that_makes_no_sense_is_explained(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text)
