"""Logging in over HTTP(S): each way, each certificate, and a password that nobody ever reads anywhere."""

from __future__ import annotations

import base64
import multiprocessing
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog

from tests.fakes.lines import Line, a_line, connected
from tests.fakes.records import some_rows
from tests.fakes.sites import a_pbx, at_work, until
from tollbook import clock
from tollbook.model.health import State
from tollbook.simulator.authentication import Authentication, AuthScheme
from tollbook.simulator.certificates import Certificate, Signer, WantedCertificate, make
from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.running import RunningPbx
from tollbook.sources.http_poll import poll

ROWS = some_rows(4)
WORD = 's3cret/?&=é"'
USER = "INSTALLER"
REFUSED = "the PBX refused the name or password (401)."
CHECK = " Check 'username', 'password' and 'auth'."


def guarded(way: AuthScheme, **more: str) -> KxHtsSetup:
    return KxHtsSetup(authentication=Authentication(way=way, username=USER, password=WORD, **more))


def authorizations(line: Line) -> list[str]:
    return [asked.authentication for asked in line.pbx.requests]


# ---------------------------------------------------------------- ways


@pytest.mark.parametrize("way", [AuthScheme.NONE, AuthScheme.BASIC, AuthScheme.QUERY])
def test_a_login_that_needs_no_challenge_asks_once(way: AuthScheme, tmp_path: Path) -> None:
    with a_line(tmp_path, guarded(way), auth=way.value, username=USER, password=WORD) as line:
        tested = line.ask(*ROWS)

        assert tested.well
        assert len(line.pbx.requests) == len(line.pbx.handed_out) == 2
        assert sum(line.raws().values()) == 4


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_is_refused_once_at_the_start_and_never_again(algorithm: str, tmp_path: Path) -> None:
    setup = guarded(AuthScheme.DIGEST, algorithm=algorithm)
    with a_line(tmp_path, setup, auth="digest", username=USER, password=WORD) as line:
        for row in ROWS:
            assert line.ask(row).well

        assert authorizations(line) == ["", *["digest"] * 5]
        assert len(line.pbx.handed_out) == 5
        assert sum(line.raws().values()) == 4
        assert all(body.state == "complete" for body in line.bodies())


def test_each_question_with_digest_is_counted_so_that_it_cannot_be_replayed(tmp_path: Path) -> None:
    with a_line(tmp_path, guarded(AuthScheme.DIGEST), auth="digest", username=USER, password=WORD) as line:
        line.ask()
        line.ask()
        counts = [asked.header("authorization").partition("nc=")[2][:8] for asked in line.pbx.requests[1:]]

        assert counts == ["00000001", "00000002", "00000003"]


def test_digest_against_a_pbx_that_answers_401_with_something_else_asks_no_second_time(tmp_path: Path) -> None:
    with a_line(tmp_path, auth="digest", username=USER, password=WORD) as line:
        tested = line.ask(fault=PbxFault(kind=FaultKind.UNAUTHORIZED))

        assert tested.message == f"{REFUSED} It asks for basic: set 'auth=basic'.{CHECK}"
        assert len(line.pbx.requests) == 2


@pytest.mark.parametrize(
    ("way", "check", "asked"),
    [
        (AuthScheme.BASIC, " Check 'username' and 'password'.", 1),
        (AuthScheme.DIGEST, " Check 'username' and 'password'.", 2),
        (AuthScheme.QUERY, CHECK, 1),
    ],
)
def test_a_wrong_password_needs_a_person_and_costs_the_pbx_nothing(
    way: AuthScheme,
    check: str,
    asked: int,
    tmp_path: Path,
) -> None:
    with RunningPbx(guarded(way)) as pbx:
        pbx.add(ROWS)
        with connected(tmp_path, pbx, auth=way.value, username=USER, password="wrong") as line:
            assert (line.health.state, line.health.message) == (State.NEEDS_ATTENTION, f"{REFUSED}{check}")
            assert len(pbx.requests) == asked
            assert len(pbx.pending) == 4


def test_the_names_of_the_query_parameters_are_those_that_are_set(tmp_path: Path) -> None:
    setup = guarded(AuthScheme.QUERY, username_parameter="u", password_parameter="p")
    settings = {"auth": "query", "username": USER, "password": WORD, "query-username": "u", "query-password": "p"}
    with RunningPbx(setup) as pbx, connected(tmp_path, pbx, url=f"{pbx.url}?mode=1", **settings) as line:
        assert line.health.state is State.WORKING
        assert pbx.requests[0].query == "mode=1&u=INSTALLER&p=s3cret%2F%3F%26%3D%C3%A9%22"


def test_a_password_is_read_from_its_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{WORD}\r\n", "utf-8")
    with a_line(
        tmp_path / "site",
        guarded(AuthScheme.BASIC),
        auth="basic",
        username=USER,
        password_file=str(file),
    ) as line:
        assert line.health.state is State.WORKING


def test_a_password_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with a_line(tmp_path, password_file=str(tmp_path.parent / "nowhere")) as line:
        message = "the password file cannot be read: No such file or directory"

        assert (line.health.state, line.health.message) == (State.NEEDS_ATTENTION, message)
        assert line.pbx.requests == ()


# ---------------------------------------------------------------- secrecy


@pytest.mark.parametrize("way", [AuthScheme.BASIC, AuthScheme.DIGEST, AuthScheme.QUERY])
def test_the_password_stands_in_no_log_line_message_or_origin(way: AuthScheme, tmp_path: Path) -> None:
    spellings = [WORD, "s3cret", base64.b64encode(f"{USER}:{WORD}".encode()).decode()]
    faults = [
        FaultKind.UNAUTHORIZED,
        FaultKind.CUT,
        FaultKind.LOGIN_PAGE,
        FaultKind.REDIRECT,
        FaultKind.SERVER_ERROR,
        FaultKind.REFUSE,
    ]
    with structlog.testing.capture_logs() as logs:
        with a_line(tmp_path, guarded(way), auth=way.value, username=USER, password=WORD) as line:
            said = [line.ask(ROWS[0], fault=PbxFault(kind=kind, after_bytes=50)).message for kind in faults]
            said += [str(line.engine.health()), str(line.bodies()), str(line.engine.doctor())]

        assert len(logs) > 0
        assert [text for text in [*said, *map(str, logs)] if any(spelling in text for spelling in spellings)] == []


def test_a_password_left_in_the_address_is_refused_without_repeating_it(tmp_path: Path) -> None:
    address = "http://INSTALLER:s3cret@127.0.0.1:9/cdr"
    with structlog.testing.capture_logs() as logs, at_work(tmp_path, a_pbx(url=address)) as engine:
        until(lambda: engine.health()[0].state is State.NEEDS_ATTENTION)
        said = [engine.health()[0].message, *map(str, logs)]

        assert "'http://…@127.0.0.1:9/cdr'" in said[0]
        assert [text for text in said if "s3cret" in text] == []


# ---------------------------------------------------------------- one poller


def _hold(path: str, url: str, held: object, done: object) -> None:
    hts = a_pbx(url=url, auth="none", interval="1h")
    with at_work(Path(path), hts) as engine:
        until(lambda: engine.health()[0].state is State.WORKING)
        held.set()  # type: ignore[attr-defined]
        done.wait()  # type: ignore[attr-defined]


def test_a_second_poller_of_the_same_pbx_is_refused_before_it_asks(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    held, done = processes.Event(), processes.Event()
    with RunningPbx() as pbx:
        other = processes.Process(target=_hold, args=(str(tmp_path / "other"), pbx.url, held, done))
        other.start()
        try:
            assert held.wait(30)
            pbx.add(ROWS)
            with connected(tmp_path / "site", pbx) as line:
                assert line.health.state is State.NEEDS_ATTENTION
                assert line.health.message == (
                    "another Tollbook on this machine asks this PBX already; two readers would each lose records"
                )
                assert (len(pbx.requests), len(pbx.pending)) == (1, 4)
                done.set()
                other.join()
                assert line.ask().well
                assert sum(line.raws().values()) == 4
        finally:
            done.set()
            other.join()


@pytest.mark.parametrize("spelled", ["http://LOCALHOST:{port}{path}", "HTTP://localhost:{port}{path}?x=1"])
def test_a_pbx_is_the_same_however_its_address_is_spelled(spelled: str, tmp_path: Path) -> None:
    with RunningPbx() as pbx:
        path = urlsplit(pbx.url).path
        first = a_pbx("first", url=f"http://localhost:{pbx.port}{path}", auth="none", interval="1h")
        second = a_pbx("second", url=spelled.format(port=pbx.port, path=path), auth="none", interval="1h")
        with at_work(tmp_path, first, second) as engine:
            until(lambda: State.STARTING not in {each.state for each in engine.health()})

            assert sum("another Tollbook" in each.message for each in engine.health()) == 1
            assert len(pbx.requests) == 1


def test_a_machine_that_lets_nothing_be_held_is_not_taken_for_another_tollbook(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(poll, "AF_UNIX", 99)  # as where a service may use no such sockets
    with a_line(tmp_path) as line:
        assert line.health.state is State.NOT_REACHABLE
        assert line.health.message == (
            "it cannot be told whether another Tollbook asks this PBX, so it is not asked: "
            "address family not supported by protocol"
        )
        assert line.pbx.requests == ()


# ---------------------------------------------------------------- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    wanted = WantedCertificate(since=clock.now() - timedelta(days=1), signer=Signer.AUTHORITY)
    return make(tmp_path_factory.mktemp("tls"), wanted)


@pytest.fixture
def secure(certificate: Certificate) -> Iterator[RunningPbx]:
    setup = KxHtsSetup(tls=certificate.context(), authentication=Authentication(way=AuthScheme.BASIC, password=WORD))
    with RunningPbx(setup) as pbx:
        yield pbx


LOGIN = {"auth": "basic", "username": USER, "password": WORD}


def test_a_certificate_of_the_owners_authority_is_trusted(
    secure: RunningPbx,
    certificate: Certificate,
    tmp_path: Path,
) -> None:
    with connected(tmp_path, secure, **LOGIN, ca_file=str(certificate.authority)) as line:
        assert line.ask(*ROWS).well


def test_a_certificate_that_nobody_vouches_for_is_refused_before_a_word_is_said(
    secure: RunningPbx,
    tmp_path: Path,
) -> None:
    with connected(tmp_path, secure, **LOGIN) as line:
        assert line.health.state is State.NEEDS_ATTENTION
        assert line.health.message == (
            f"the certificate of 127.0.0.1:{secure.port} is not trusted (unable to get local issuer certificate); "
            "set 'ca-file', or 'certificate=pinned' with its 'fingerprint'"
        )
        assert secure.requests == ()


@pytest.mark.parametrize("spelling", ["plain", "colons"])
def test_the_pinned_certificate_is_trusted(
    secure: RunningPbx,
    certificate: Certificate,
    spelling: str,
    tmp_path: Path,
) -> None:
    digits = certificate.fingerprint
    pin = ":".join(digits[at : at + 2].upper() for at in range(0, 64, 2)) if spelling == "colons" else digits
    with connected(tmp_path, secure, **LOGIN, certificate="pinned", fingerprint=pin) as line:
        assert line.ask(*ROWS).well


def test_another_certificate_than_the_pinned_one_is_refused_before_a_password_is_sent(
    secure: RunningPbx,
    certificate: Certificate,
    tmp_path: Path,
) -> None:
    with connected(tmp_path, secure, **LOGIN, certificate="pinned", fingerprint="0" * 64) as line:
        assert line.health.state is State.NEEDS_ATTENTION
        assert line.health.message == (
            f"127.0.0.1:{secure.port} shows another certificate than the pinned one; "
            f"its fingerprint is {certificate.fingerprint}"
        )
        assert secure.requests == ()


def test_an_unverified_certificate_is_taken_when_that_is_asked_for(secure: RunningPbx, tmp_path: Path) -> None:
    with connected(tmp_path, secure, **LOGIN, certificate="unverified") as line:
        assert line.ask(*ROWS).well


def test_a_file_of_authorities_that_is_none_is_said(secure: RunningPbx, tmp_path: Path) -> None:
    with connected(tmp_path, secure, **LOGIN, ca_file=str(tmp_path.parent / "nowhere")) as line:
        assert line.health.message == "the file of 'ca-file' cannot be used: No such file or directory"
        assert line.health.state is State.NEEDS_ATTENTION


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.SELF_SIGNED, "self-signed certificate"),
        (FaultKind.EXPIRED, "certificate has expired"),
        (FaultKind.WRONG_HOST, "IP address mismatch, certificate is not valid for '127.0.0.1'."),
    ],
)
def test_a_bad_certificate_is_refused_and_its_fault_is_named(kind: FaultKind, reason: str, tmp_path: Path) -> None:
    with RunningPbx() as pbx:
        pbx.misbehave(PbxFault(kind=kind))
        trusting = {"ca_file": str(shown_by(pbx, tmp_path))} if kind is not FaultKind.SELF_SIGNED else {}
        with connected(tmp_path / "site", pbx, **LOGIN, **trusting) as line:
            assert line.health.state is State.NEEDS_ATTENTION
            assert line.health.message == (
                f"the certificate of 127.0.0.1:{pbx.port} is not trusted ({reason}); "
                "set 'ca-file', or 'certificate=pinned' with its 'fingerprint'"
            )
            assert pbx.requests == ()


def shown_by(pbx: RunningPbx, folder: Path) -> Path:
    """The certificate that a PBX shows, as a file of its own."""
    file = folder / "shown.pem"
    file.write_text(ssl.get_server_certificate((urlsplit(pbx.url).hostname or "", pbx.port)))
    return file


def test_old_tls_is_refused_with_a_hint_and_taken_when_asked_for(tmp_path: Path) -> None:
    with RunningPbx() as pbx:
        pbx.misbehave(PbxFault(kind=FaultKind.OLD_TLS))
        with connected(tmp_path / "refused", pbx, certificate="unverified") as line:
            assert line.health.state is not State.WORKING
            assert line.health.message.endswith("an old PBX may need 'tls-oldest=1.0'")
        with connected(tmp_path / "taken", pbx, certificate="unverified", tls_oldest="1.0") as line:
            assert line.ask(*ROWS).well


def test_a_pbx_that_accepts_and_says_nothing_is_given_up_after_the_time_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        hts = a_pbx(url=f"https://127.0.0.1:{port}/", auth="none", timeout="1s", interval="1h")
        with at_work(tmp_path, hts) as engine:
            until(lambda: engine.health()[0].state is State.NOT_REACHABLE)

            assert engine.health()[0].message == (
                f"127.0.0.1:{port} does not answer within 1 s; is the address right, is the PBX on?"
            )
