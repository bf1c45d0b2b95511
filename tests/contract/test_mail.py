"""The delivery `mail` against real mail servers, well and badly behaved."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.hostile_databases import HostileServer, a_server, silent
from tests.fakes.mail_server import NAME, WORD, MailPeer, a_mail_server
from tollbook.clock import now
from tollbook.delivery.contract import MessageRefused, NotNow
from tollbook.delivery.mail.options import Options
from tollbook.delivery.mail.sending import MailServer, open_mail
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage, MessageFile, MessageImage
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.simulator.certificates import Certificate, Signer, WantedCertificate, make

ANNE, BOB = "anne@example.com", "bob@example.com"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
MESSAGE = DeliveryMessage(
    key="weekly/2026-11-30",
    subject="Calls by department, last week",
    text="Sales: 12 calls\n.a line that begins with a dot\n",
    html='<html><body><h1>Calls</h1><img src="cid:chart" alt="a chart"></body></html>',
    images=(MessageImage(name="chart", content=PNG, said="a chart"),),
    files=(MessageFile(name="calls.csv", type="text/csv", content="Müller,12\r\n".encode()),),
    link="https://calls.example.com/reports/by-department/",
    topic="schedule weekly",
    unsubscribe={ANNE: "https://calls.example.com/leave/abc"},
)


@contextmanager
def to(settings: dict[str, str]) -> Iterator[MailServer]:
    server = open_mail(read_options(Options, settings, "destination office"), Fence())
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def mails() -> Iterator[MailPeer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make(tmp_path_factory.mktemp("tls"), WantedCertificate(since=now(), signer=Signer.AUTHORITY))


def test_a_mail_has_its_text_its_html_its_picture_and_its_file(mails: MailPeer) -> None:
    with to(mails.settings()) as server:
        assert server.send(MESSAGE, ANNE) == "250 OK, queued"

    taken = mails.taken[0]
    assert taken.mail["Subject"] == MESSAGE.subject
    assert (taken.mail["From"], taken.mail["To"]) == ("Tollbook <tollbook@example.com>", ANNE)
    assert "\n.a line that begins with a dot\n" in taken.text()
    assert "In Tollbook: https://calls.example.com/reports/by-department/" in taken.text()
    assert 'src="cid:chart"' in taken.text("html")
    assert b"Content-ID: <chart>" in taken.content
    assert taken.files()["calls.csv"] == "Müller,12\r\n".encode()
    assert taken.content.isascii()
    assert max(map(len, taken.content.split(b"\r\n"))) <= 998


def test_a_mail_says_that_no_person_wrote_it_and_how_it_is_left(mails: MailPeer) -> None:
    with to(mails.settings()) as server:
        server.send(MESSAGE, ANNE)
        server.send(MESSAGE, BOB)

    anne, bob = mails.taken
    assert anne.mail["Auto-Submitted"] == "auto-generated"
    assert anne.mail["List-Unsubscribe"] == "<https://calls.example.com/leave/abc>"
    assert anne.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://calls.example.com/leave/abc" in anne.text()
    assert "https://calls.example.com/leave/abc" in anne.text("html")
    assert bob.mail["List-Unsubscribe"] is None
    assert "leave/abc" not in bob.content.decode()


def test_a_mail_that_is_sent_again_has_the_same_id_and_one_for_another_recipient_has_not(mails: MailPeer) -> None:
    for recipient in (ANNE, ANNE, BOB):
        with to(mails.settings()) as server:
            server.send(MESSAGE, recipient)

    first, again, other = (mail.id for mail in mails.taken)
    assert first == again
    assert first != other
    assert first.endswith("@example.com>")


def test_bounces_go_where_it_is_said(mails: MailPeer) -> None:
    with to(mails.settings(bounces="bounces@example.com")) as server:
        server.send(MESSAGE, ANNE)

    assert mails.taken[0].sender == "bounces@example.com"


def test_a_subject_cannot_add_a_header(mails: MailPeer) -> None:
    hostile = DeliveryMessage(key="k", subject="Calls\r\nBcc: eve@example.com\r\n\r\nHello", text="")
    with to(mails.settings()) as server:
        server.send(hostile, ANNE)

    assert mails.taken[0].mail["Bcc"] is None
    assert mails.taken[0].mail["Subject"] == "Calls Bcc: eve@example.com Hello"


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_password_goes_over_tls_alone(kind: str, certificate: Certificate) -> None:
    with a_mail_server(certificate.context(), at_once=kind == "tls", log_in=True) as mails:
        settings = mails.settings(tls=kind, username=NAME, password=WORD)
        settings["ca-file"] = str(certificate.authority)
        settings["host"] = "localhost"
        with to(settings) as server:
            assert server.check() == "it answers, over TLSv1.3, and takes the sender"
            server.send(MESSAGE, ANNE)
        with to({**settings, "password": "wrong"}) as server, pytest.raises(Unavailable, match="535") as fault:
            server.send(MESSAGE, ANNE)

    assert fault.value.permanent
    assert len(mails.taken) == 1


@pytest.mark.parametrize("kind", ["starttls", "tls"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(kind: str, certificate: Certificate) -> None:
    with a_mail_server(certificate.context(), at_once=kind == "tls") as mails:
        with to(mails.settings(tls=kind)) as server, pytest.raises(Unavailable, match="certificate is not valid"):
            server.send(MESSAGE, ANNE)

        with to({**mails.settings(tls=kind), "verify": "no"}) as server:
            server.send(MESSAGE, ANNE)


def test_a_server_without_starttls_gets_nothing(mails: MailPeer) -> None:
    with to(mails.settings(tls="starttls")) as server, pytest.raises(Unavailable, match="offers no STARTTLS"):
        server.send(MESSAGE, ANNE)
    assert mails.taken == []


def test_an_answer_says_whether_to_try_again(mails: MailPeer) -> None:
    mails.answers = ["451 greylisted", "552 too large", "421 closing", "250 fine"]
    with to(mails.settings()) as server:
        with pytest.raises(NotNow, match="451 greylisted"):
            server.send(MESSAGE, ANNE)
        with pytest.raises(MessageRefused, match="552 too large"):
            server.send(MESSAGE, ANNE)
        with pytest.raises(Unavailable, match="421 closing"):
            server.send(MESSAGE, ANNE)
        assert server.send(MESSAGE, ANNE) == "250 fine"


def test_a_recipient_that_is_refused_holds_up_nobody_else(mails: MailPeer) -> None:
    mails.refused = {ANNE: "550 5.1.1 no such user"}
    with to(mails.settings()) as server:
        with pytest.raises(MessageRefused, match=r"550 5\.1\.1 no such user"):
            server.send(MESSAGE, ANNE)
        server.send(MESSAGE, BOB)

    assert [mail.recipient for mail in mails.taken] == [BOB]


# ---------------------------------------------------------------- hostile servers

Treat = Callable[[HostileServer, socket.socket], None]


def smtp(after_mail: Treat) -> Treat:
    """Be a mail server up to the end of a mail, and then do something else."""

    def treat(server: HostileServer, connection: socket.socket) -> None:
        connection.sendall(b"220 here\r\n")
        heard = b""
        while data := connection.recv(1 << 16):
            heard += data
            if heard.endswith(b"\r\n.\r\n"):
                after_mail(server, connection)
                return
            if b"\r\ndata\r\n" in heard:
                if data == b"data\r\n":
                    connection.sendall(b"354 go on\r\n")
                continue
            connection.sendall(b"250 yes\r\n")

    return treat


def dropping(_server: HostileServer, connection: socket.socket) -> None:
    connection.close()


def endless(server: HostileServer, connection: socket.socket) -> None:
    while not server.over.is_set():
        connection.sendall(b"250-and more\r\n" * 10_000)


def one_line_without_end(server: HostileServer, connection: socket.socket) -> None:
    while not server.over.is_set():
        connection.sendall(b"2" * 100_000)


def dripping(server: HostileServer, connection: socket.socket) -> None:
    while not server.over.wait(0.02):
        connection.sendall(b"250-x\r\n")


def garbage(_server: HostileServer, connection: socket.socket) -> None:
    connection.sendall(b"\xff\xfe HTTP/1.1 200 OK\r\n")
    connection.recv(100)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (dropping, "does not answer"),
        (endless, "more than|took longer|answers 25"),
        (one_line_without_end, "does not answer"),
        (dripping, "took longer than"),
        (garbage, "answers -1"),
        (silent, "in time|took longer"),
    ],
)
def test_a_server_that_does_not_say_yes_as_it_should_has_not_taken_a_mail(then: Treat, said: str) -> None:
    with a_server(smtp(then)) as hostile:
        settings = {"host": "127.0.0.1", "port": str(hostile.port), "sender": "t@example.com", "tls": "none"}
        with to({**settings, "timeout": "0.5s"}) as server, pytest.raises(Unavailable, match=said):
            server.send(MESSAGE, ANNE)


@pytest.mark.parametrize("greets", [silent, dropping, endless, dripping, garbage])
def test_a_server_that_does_not_greet_is_away(greets: Treat) -> None:
    with a_server(greets) as hostile:
        settings = {"host": "127.0.0.1", "port": str(hostile.port), "sender": "t@example.com", "tls": "none"}
        with to({**settings, "timeout": "0.5s"}) as server, pytest.raises(Unavailable):
            server.send(MESSAGE, ANNE)


def test_no_mail_server_is_looked_for_where_the_fence_bars_the_way(mails: MailPeer) -> None:
    fence = Fence(networks=())
    server = open_mail(read_options(Options, mails.settings(), "destination office"), fence)
    with pytest.raises(Unavailable, match="outside the networks"):
        server.send(MESSAGE, ANNE)


def test_what_goes_wrong_is_told_without_the_password(certificate: Certificate, tmp_path: Path) -> None:
    del tmp_path
    with a_mail_server(certificate.context(), log_in=True) as mails:
        settings = mails.settings(tls="starttls", verify="no", username=NAME, password="s3cret-word")
        with to(settings) as server, pytest.raises(Unavailable) as fault:
            server.send(MESSAGE, ANNE)
    assert "s3cret-word" not in str(fault.value)
