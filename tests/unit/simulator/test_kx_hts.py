"""The PBX over a real socket, read by somebody else's HTTP client."""

import gzip
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tollbook.simulator.answers import Framing
from tollbook.simulator.authentication import Authentication, AuthScheme
from tollbook.simulator.history import rows
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.office import Office
from tollbook.simulator.packing import Packing
from tollbook.simulator.row import CallRow, Encoding, Style, write
from tollbook.simulator.running import RunningPbx

AT = datetime(2025, 11, 3, 14, 0, tzinfo=UTC)
ROWS: list[CallRow] = list(rows(Office(), start=AT, end=AT + timedelta(hours=1), calls=40))
TEXT = b"".join(write(row, Style()) for row in ROWS)
CREDENTIALS = ("INSTALLER", "1234")


def test_an_answer_holds_the_file_and_clears_it() -> None:
    with RunningPbx() as pbx:
        pbx.add(ROWS)
        assert httpx2.get(pbx.url).content == TEXT
        assert pbx.pending == ()
        assert httpx2.get(pbx.url).content == b""


def test_an_empty_file_is_answered_with_200_and_nothing() -> None:
    with RunningPbx() as pbx:
        answer = httpx2.get(pbx.url)
    assert (answer.status_code, answer.content) == (200, b"")


def test_the_ledger_knows_what_went_out() -> None:
    with RunningPbx(now=lambda: AT) as pbx:
        pbx.add(ROWS)
        httpx2.get(pbx.url)
        [answer] = pbx.wait_for_answers(1)
    assert answer.rows == answer.cleared == tuple(ROWS)
    assert answer.body_sent == answer.body == TEXT
    assert b"".join(answer.lines_sent) == TEXT
    assert answer.complete
    assert answer.at == AT


def test_rows_that_come_after_an_answer_wait_for_the_next() -> None:
    with RunningPbx() as pbx:
        pbx.add(ROWS[:10])
        first = httpx2.get(pbx.url).content
        pbx.add(ROWS[10:])
        assert first + httpx2.get(pbx.url).content == TEXT


@pytest.mark.parametrize("framing", [Framing.LENGTH, Framing.CHUNKED, Framing.UNTIL_CLOSE])
def test_a_body_arrives_whole_however_its_end_is_told(framing: Framing) -> None:
    with RunningPbx(KxHtsSetup(framing=framing)) as pbx:
        pbx.add(ROWS)
        assert httpx2.get(pbx.url).content == TEXT
        [answer] = pbx.wait_for_answers(1)
    assert answer.body_sent == TEXT


def test_a_packed_body_holds_the_file() -> None:
    with RunningPbx(KxHtsSetup(packing=Packing.GZIP)) as pbx:
        pbx.add(ROWS)
        got = httpx2.get(pbx.url)
        [answer] = pbx.wait_for_answers(1)
    assert got.headers["content-type"] == "application/gzip"
    assert gzip.decompress(got.content) == TEXT
    assert len(answer.lines_sent) == len(ROWS)


def test_the_content_type_and_style_are_those_asked_for() -> None:
    style = Style(encoding=Encoding.UTF8_BOM)
    with RunningPbx(KxHtsSetup(content_type="application/octet-stream", style=style)) as pbx:
        pbx.add(ROWS)
        got = httpx2.get(pbx.url)
        [answer] = pbx.wait_for_answers(1)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.content == b"\xef\xbb\xbf" + TEXT
    assert len(answer.lines_sent) == len(ROWS)


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_lets_the_right_reader_in(algorithm: str) -> None:
    rule = Authentication(way=AuthScheme.DIGEST, algorithm=algorithm)
    with RunningPbx(KxHtsSetup(authentication=rule)) as pbx:
        pbx.add(ROWS)
        got = httpx2.get(pbx.url, auth=httpx2.DigestAuth(*CREDENTIALS))
        asked = pbx.requests
        handed_out = pbx.wait_for_answers(1)
    assert got.content == TEXT
    assert [request.authentication for request in asked] == ["", "digest"]
    assert len(handed_out) == 1


def test_basic_lets_the_right_reader_in() -> None:
    with RunningPbx(KxHtsSetup(authentication=Authentication(way=AuthScheme.BASIC))) as pbx:
        pbx.add(ROWS)
        assert httpx2.get(pbx.url, auth=httpx2.BasicAuth(*CREDENTIALS)).content == TEXT
        assert [request.authentication for request in pbx.requests] == ["basic"]


def test_query_parameters_let_the_right_reader_in() -> None:
    rule = Authentication(way=AuthScheme.QUERY, username_parameter="u", password_parameter="p")
    with RunningPbx(KxHtsSetup(authentication=rule)) as pbx:
        pbx.add(ROWS)
        assert httpx2.get(f"{pbx.url}?u=INSTALLER&p=1234").content == TEXT


@pytest.mark.parametrize("way", [AuthScheme.BASIC, AuthScheme.DIGEST, AuthScheme.QUERY])
def test_the_wrong_reader_is_turned_away_and_costs_nothing(way: AuthScheme) -> None:
    with RunningPbx(KxHtsSetup(authentication=Authentication(way=way))) as pbx:
        pbx.add(ROWS)
        wrong = httpx2.get(f"{pbx.url}?username=INSTALLER&password=no", auth=httpx2.BasicAuth("INSTALLER", "no"))
        assert wrong.status_code == 401
        assert pbx.pending == tuple(ROWS)
        assert pbx.handed_out == ()


def test_other_paths_and_methods_cost_nothing() -> None:
    with RunningPbx() as pbx:
        pbx.add(ROWS)
        assert httpx2.get(f"{pbx.url}x").status_code == 404
        assert httpx2.head(pbx.url).status_code == 405
        assert pbx.pending == tuple(ROWS)


def test_a_connection_can_be_kept() -> None:
    with RunningPbx(KxHtsSetup(keep_alive=True)) as pbx, httpx2.Client() as client:
        first, second = (client.get(pbx.url) for _ in range(2))
    assert first.headers["connection"] == second.headers["connection"] == "keep-alive"


def test_a_full_pbx_loses_its_oldest_rows() -> None:
    with RunningPbx(KxHtsSetup(capacity=30)) as pbx:
        pbx.add(ROWS)
        assert pbx.pending == tuple(ROWS[10:])
        assert pbx.dropped == tuple(ROWS[:10])


def test_a_request_is_kept_as_it_came() -> None:
    with RunningPbx(now=lambda: AT) as pbx:
        httpx2.get(f"{pbx.url}?a=1", headers={"X-Reader": "test"})
        [asked] = pbx.requests
    assert (asked.method, asked.path, asked.query, asked.at) == ("GET", "/cdr/Master.csv", "a=1", AT)
    assert asked.header("x-reader") == "test"


def test_waiting_for_what_never_happens_ends() -> None:
    with RunningPbx() as pbx, pytest.raises(TimeoutError, match="within 0 s"):
        pbx.wait_for_requests(1, patience_s=0)
