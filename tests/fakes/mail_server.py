"""A real mail server (aiosmtpd) on a port of its own, which takes mails or refuses them as it is told."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

NAME, WORD = "tollbook", "correct horse"


class TakenMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that was taken: its envelope, and its bytes."""

    sender: str
    recipient: str
    content: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, read."""
        return message_from_bytes(self.content, policy=default)

    @property
    def id(self) -> str:
        """Its Message-ID."""
        return str(self.mail["Message-ID"])

    def text(self, kind: str = "plain") -> str:
        """Return its body as plain text or HTML."""
        part = self.mail.get_body((kind,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""

    def files(self) -> dict[str, bytes]:
        """Return its attachments by name."""
        return {
            str(part.get_filename()): bytes(part.get_payload(decode=True) or b"")
            for part in self.mail.iter_attachments()
        }


class MailPeer:
    """The server, and what came to it. `answers` are given to the next mails, one each, instead of 250."""

    def __init__(self, tls: ssl.SSLContext | None = None, *, at_once: bool = False, log_in: bool = False) -> None:
        self.taken: list[TakenMail] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}
        self.before_answer: Callable[[], None] = lambda: None
        """What is done when a mail is whole, before it is answered."""
        self._tls, self._at_once, self._log_in = tls, at_once, log_in
        self._protocols: list[SMTP] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            self._protocol,
            "127.0.0.1",
            0,
            ssl=self._tls if self._at_once else None,
        )

    def _protocol(self) -> SMTP:
        protocol = SMTP(
            self,
            loop=self._loop,
            hostname="mail.example.com",
            tls_context=None if self._at_once else self._tls,
            require_starttls=self._tls is not None and not self._at_once,
            auth_required=self._log_in and not self._at_once,  # it knows of no TLS then, and would warn
            auth_require_tls=not self._at_once,
            authenticator=_let_in,
        )
        self._protocols.append(protocol)
        return protocol

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd has it
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take a recipient, or not."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Take a mail, or not."""
        answer = self.answers.pop(0) if self.answers else "250 OK, queued"
        if answer.startswith("2"):
            content = envelope.original_content or b""
            self.taken += [
                TakenMail(sender=str(envelope.mail_from), recipient=each, content=content) for each in envelope.rcpt_tos
            ]
        self.before_answer()
        return answer

    def close(self) -> None:
        """End."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for protocol in self._protocols:
            if protocol.transport:
                protocol.transport.close()
        others = asyncio.all_tasks() - {cast("asyncio.Task[object]", asyncio.current_task())}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def settings(self, **more: str) -> dict[str, str]:
        """Return how a destination reaches it, without TLS unless said otherwise."""
        near = {"host": "127.0.0.1", "port": str(self.port), "sender": "Tollbook <tollbook@example.com>"}
        return {"tls": "none", **near, **more}


def _let_in(_server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    well = isinstance(given, LoginPassword) and (given.login, given.password) == (NAME.encode(), WORD.encode())
    return AuthResult(success=well and mechanism in ("LOGIN", "PLAIN"), handled=False)


@contextmanager
def a_mail_server(
    tls: ssl.SSLContext | None = None,
    *,
    at_once: bool = False,
    log_in: bool = False,
) -> Iterator[MailPeer]:
    """Run a mail server that lasts as long as the block; with TLS from the first byte where it is `at_once`."""
    server = MailPeer(tls, at_once=at_once, log_in=log_in)
    try:
        yield server
    finally:
        server.close()
