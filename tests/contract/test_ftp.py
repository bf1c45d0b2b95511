"""What is FTP's own: TLS in its ways, certificates, old servers, and what a hostile one may answer."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.fakes.file_peers import Peer
from tests.fakes.file_rounds import Desk
from tests.fakes.file_servers import an_ftp_server
from tests.fakes.records import some_lines
from tollbook.clock import now
from tollbook.model.problem import Misconfigured
from tollbook.plugins import read_options
from tollbook.simulator.certificates import Certificate, Signer, WantedCertificate, make
from tollbook.sources.contract import Took
from tollbook.sources.ftp import Options

LINES = some_lines(12)
WHOLE = b"".join(LINES)


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


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make(tmp_path / "tls", WantedCertificate(since=now(), signer=Signer.AUTHORITY))


@contextmanager
def answering(*answers: bytes) -> Iterator[dict[str, str]]:
    """Run a server that says these lines, one for each it is told, and then nothing more."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        sock, _ = listening.accept()
        with sock, suppress(OSError):
            for answer in answers:
                sock.sendall(answer)
                if not sock.recv(4096):
                    return
            while sock.recv(4096):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    settings = {"host": "127.0.0.1", "port": str(listening.getsockname()[1]), "username": "cdr", "tls": "off"}
    try:
        yield {**settings, "password": "opens-nothing", "timeout": "1s"}
    finally:
        listening.close()
        thread.join(10)


# ---------------------------------------------------------------- TLS


@pytest.mark.parametrize("tls", ["explicit", "implicit"])
def test_files_come_over_tls_and_every_connection_is_of_one_session(
    tls: str,
    root: Path,
    desk: Desk,
    certificate: Certificate,
) -> None:
    with an_ftp_server(root, certificate, implicit=tls == "implicit") as peer:
        peer.put("cdr_1", WHOLE * 300)
        assert desk.rounds("ftp", peer.settings, 2) == ["1 file taken, 0 known", "0 files taken, 1 known"]

    assert b"".join(desk.took()) == WHOLE * 300


def test_a_transfer_cut_under_tls_loses_and_doubles_nothing(root: Path, desk: Desk, certificate: Certificate) -> None:
    with an_ftp_server(root, certificate) as peer:
        peer.put("cdr_1", WHOLE * 300)
        peer.faults.cut_at = 300_001
        desk.rounds("ftp", peer.settings)
        desk.rounds("ftp", peer.settings)

    assert desk.bodies() == [("cdr_1", "complete", WHOLE * 300)]
    assert b"".join(desk.took()) == WHOLE * 300


def test_a_pinned_certificate_is_enough(root: Path, desk: Desk, certificate: Certificate) -> None:
    with an_ftp_server(root, certificate) as peer:
        del peer.settings["ca-file"]
        pinned = {**peer.settings, "certificate": "pinned", "fingerprint": certificate.fingerprint}
        assert desk.rounds("ftp", pinned) == ["answers; no file has come yet"]


WRONG: dict[str, dict[str, str]] = {
    "unknown authority": {},
    "other pin": {"certificate": "pinned", "fingerprint": "ab" * 32},
    "no pin": {"certificate": "pinned"},
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("tls", ["explicit", "implicit"])
def test_a_wrong_certificate_needs_a_person_and_is_sent_no_password(
    wrong: str,
    tls: str,
    tmp_path: Path,
    certificate: Certificate,
) -> None:
    desk = Desk(tmp_path)
    with an_ftp_server(tmp_path, certificate, implicit=tls == "implicit") as peer:
        del peer.settings["ca-file"]
        desk.rounds("ftp", {**peer.settings, **WRONG[wrong]})
        desk.journal.close()

        assert str(desk.said[-1]).startswith("permanent: ")
        assert (certificate.fingerprint in str(desk.said[-1])) is bool(WRONG[wrong])
        assert peer.faults.count("USER") == peer.faults.count("PASS") == 0


def test_an_unverified_certificate_is_taken_only_when_asked_for(
    root: Path,
    desk: Desk,
    certificate: Certificate,
) -> None:
    with an_ftp_server(root, certificate) as peer:
        del peer.settings["ca-file"]
        assert desk.rounds("ftp", {**peer.settings, "certificate": "unverified"}) == ["answers; no file has come yet"]


def test_a_server_without_tls_is_sent_no_password(root: Path, desk: Desk) -> None:
    with an_ftp_server(root) as peer:
        desk.rounds("ftp", {**peer.settings, "tls": "explicit"})

        assert peer.faults.asked == ["AUTH TLS"]
    assert "offers no TLS (502 no TLS here); 'tls=off' would send the password" in str(desk.said[-1])


def test_plain_text_where_tls_was_expected_is_said(root: Path, desk: Desk) -> None:
    with an_ftp_server(root) as peer:
        desk.rounds("ftp", {**peer.settings, "tls": "implicit"})

    assert "is 'tls' the right one of explicit and implicit?" in str(desk.said[-1])


# ---------------------------------------------------------------- old servers


@pytest.fixture
def old(root: Path) -> Iterator[Peer]:
    """A server that knows neither MLSD nor MLST."""
    with an_ftp_server(root) as peer:
        peer.faults.knows_facts = False
        yield peer


def test_a_server_without_facts_is_asked_of_one_file_that_no_name_takes(old: Peer, desk: Desk) -> None:
    for day in range(3):
        old.put(f"SMDR-010{day}.txt", WHOLE)
    messages = desk.rounds("ftp", {**old.settings, "names": "*.csv"})

    assert messages == ["answers; SMDR-0100.txt is there, but 'names' takes only *.csv"]
    assert old.faults.count("SIZE") == 1


def test_a_server_without_facts_is_asked_for_names_sizes_and_times(old: Peer, desk: Desk) -> None:
    old.put("cdr_1", WHOLE)
    (old.root / "folder").mkdir()
    messages = desk.rounds("ftp", old.settings, 2)

    assert messages == ["1 file taken, 0 known", "0 files taken, 1 known"]
    assert desk.bodies() == [("cdr_1", "complete", WHOLE)]
    assert old.faults.count("MLSD") == 2


def test_an_empty_folder_of_an_old_server_is_well(old: Peer, desk: Desk) -> None:
    assert desk.rounds("ftp", old.settings) == ["answers; no file has come yet"]


def test_names_of_an_old_server_never_leave_the_folder(old: Peer, desk: Desk) -> None:
    (old.root / "cdr").mkdir()
    old.put("x", b"not yours")
    old.put("cdr/good", LINES[0])
    old.faults.names = [b"../x", b"a\rDELE good", b"/x", b"x" * 5000]
    desk.rounds("ftp", {**old.settings, "path": "cdr", "after": "delete"})

    assert desk.bodies() == [("good", "complete", LINES[0])]
    assert (old.root / "x").exists()


def test_a_server_that_cannot_go_on_in_the_middle_is_read_again_from_the_start(root: Path, desk: Desk) -> None:
    with an_ftp_server(root) as peer:
        peer.faults.knows_rest = False
        peer.put("Master.csv", WHOLE * 200)
        peer.faults.cut_at = 300_000
        desk.rounds("ftp", peer.settings)
        desk.rounds("ftp", peer.settings)

    assert desk.bodies() == [("Master.csv", "complete", WHOLE * 200)]
    assert b"".join(desk.took()) == WHOLE * 200


def test_a_path_may_begin_at_the_root(root: Path, desk: Desk) -> None:
    (root / "var").mkdir()
    with an_ftp_server(root) as peer:
        peer.put("var/cdr_1", WHOLE)
        desk.rounds("ftp", {**peer.settings, "path": "/var/"})

    assert [body.origin for body in desk.journal.bodies()] == ["ftp://127.0.0.1/var/cdr_1"]


# ---------------------------------------------------------------- strange answers


ODD_ANSWERS: dict[str, tuple[bytes, ...]] = {
    "a web server": (b"HTTP/1.1 400 Bad Request\r\n\r\n",),
    "an endless line": (b"220 " + b"x" * 20_000,),
    "no text": (os.urandom(300),),
    "an odd passive port": (
        b"220 hello\r\n", b"331 password\r\n", b"230 in\r\n", b"200 fine\r\n", b"227 (1,2,3,4,999,999)\r\n",
        b"227 (x)\r\n",
    ),
    "half an answer": (b"220-hello\r\n",),
}  # fmt: skip


@pytest.mark.parametrize("answers", ODD_ANSWERS.values(), ids=ODD_ANSWERS)
def test_strange_answers_are_unavailable_and_no_fault_of_ours(answers: tuple[bytes, ...], desk: Desk) -> None:
    with answering(*answers) as settings:
        desk.rounds("ftp", settings)

    assert str(desk.said[-1]).startswith("unavailable: ")
    assert not [event for event in desk.said if isinstance(event, Took)]


def test_a_silent_server_is_waited_for_no_longer_than_the_time_out(desk: Desk) -> None:
    with answering(b"") as settings:
        desk.rounds("ftp", settings)

    assert "does not answer within 1 s" in str(desk.said[-1])


def test_a_password_that_the_server_repeats_is_not_shown(root: Path, desk: Desk) -> None:
    with an_ftp_server(root) as peer:
        desk.rounds("ftp", {**peer.settings, "password": "my sécret"})

    assert "530 Login incorrect for cdr with …" in str(desk.said[-1])
    assert "cret" not in str(desk.said[-1])


# ---------------------------------------------------------------- options


def test_the_usual_port_depends_on_how_tls_begins() -> None:
    ports = {
        tls: read_options(Options, {"host": "192.0.2.10", "username": "cdr", "tls": tls}, "here").where
        for tls in ("explicit", "implicit", "off")
    }

    assert ports == {"explicit": "192.0.2.10:21", "implicit": "192.0.2.10:990", "off": "192.0.2.10:21"}


BAD = {
    "host": ("ftp://192.0.2.10", "192.0.2.10:21", "a b", "user@192.0.2.10"),
    "path": ("cdr\r\nDELE x",),
    "username": ("cdr\nDELE x",),
    "fingerprint": ("12345", "zz" * 32),
    "tls": ("yes",),
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_what_cannot_be_an_option_is_refused_before_anyone_is_asked(name: str, text: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_options(Options, {"host": "192.0.2.10", "username": "cdr", name: text}, "here")

    assert caught.value.problems[0].what.startswith(f"'{name}' must be ")
