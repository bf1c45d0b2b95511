"""Hands mails to a mail server, one recipient each.

A mail is taken when the server answers 2xx to its last line, and `send` returns at once. An answer of 4xx is about this
mail or recipient now, one of 5xx for good; where the connection or the log-in fails, it is the server that is away. If
the connection breaks after the last line and before the answer, nobody knows: the mail is sent again, its Message-ID
the same.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tollbook import tls
from tollbook.delivery.contract import MessageRefused, NotNow
from tollbook.delivery.mail.composing import composed
from tollbook.delivery.mail.options import Options
from tollbook.gate import connected_now
from tollbook.model.fence import Fence
from tollbook.model.limits import SINK_ANSWER
from tollbook.model.message import DeliveryMessage
from tollbook.model.problem import Unavailable
from tollbook.sinks.bounds import TIMES, AnswerBounds

_SHOWN = 300
_FOR_NOW, _FOR_GOOD, _BEYOND = 400, 500, 600
_BUSY = 421
"""What a server says that is about to close."""
_OLDEST = "1.2"


class MailServer:
    """A mail server at work; its connection is kept between two mails."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options, self._fence = options, fence
        self._bounds = AnswerBounds("the mail server", TIMES * options.timeout, SINK_ANSWER)
        self._smtp: _FencedSmtp | None = None

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Hand a mail on; return the server's answer. Raises `Unavailable`, `NotNow` or `MessageRefused`."""
        content = composed(self._options, message, recipient)
        with self._held():
            smtp = self._connected()
            self._told(lambda: smtp.mail(self._options.envelope_sender))
            self._told(lambda: smtp.rcpt(recipient))
            return self._told(lambda: smtp.data(content))

    def check(self) -> str:
        """Reach the server, log in, and ask whether it takes mails of the sender."""
        with self._held():
            smtp = self._connected()
            code, answer = smtp.mail(self._options.envelope_sender)
            if not _is_yes(code):
                raise Unavailable(f"the mail server does not take the sender: {_shown(code, answer)}", permanent=True)
            smtp.rset()
        return f"it answers, {'over ' + self._version() if self._version() else 'without TLS'}, and takes the sender"

    def close(self) -> None:
        """Say good-bye and close the connection."""
        smtp, self._smtp = self._smtp, None
        if smtp:
            with suppress(OSError, smtplib.SMTPException):
                smtp.close()

    def _told(self, tell: Callable[[], tuple[int, bytes]]) -> str:
        """Tell the server something; return its answer, which is yes. Raises what any other answer means."""
        code, answer = _heard(tell)
        if not _is_yes(code):
            self._refused(code, _shown(code, answer))
        return _shown(code, answer)

    def _refused(self, code: int, told: str) -> None:
        """Raise what an answer to a mail means; the connection is used on for the next one where it stands."""
        with suppress(smtplib.SMTPException):
            if self._smtp:
                self._smtp.rset()
        if code == _BUSY or not _FOR_NOW <= code < _BEYOND:
            raise Unavailable(f"the mail server answers {told}")
        if code >= _FOR_GOOD:
            raise MessageRefused(f"the mail server answers {told}")
        raise NotNow(f"the mail server answers {told}")

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Keep what is done within bounds, and say of the server what fails."""
        try:
            with self._bounds.held():
                if self._smtp and self._smtp.sock:
                    self._bounds.watch(self._smtp.sock.fileno())
                yield
        except (OSError, smtplib.SMTPException, ValueError) as fault:
            self.close()
            raise self._bounds.exceeded() or _away(fault) from fault
        except Unavailable:
            self.close()
            raise

    def _connected(self) -> _FencedSmtp:
        if self._smtp:
            with suppress(OSError, smtplib.SMTPException):
                if self._smtp.noop()[0] == 250:  # noqa: PLR2004 - yes, as SMTP has it
                    return self._smtp
            self.close()
        options = self._options
        smtp = _FencedSmtp(options, self._fence, self._bounds.watch)
        self._smtp = smtp
        code, answer = smtp.connect(options.host, options.at_port)
        if not _is_yes(code):
            raise Unavailable(
                f"the mail server does not let us in: {_shown(code, answer)}", permanent=code >= _FOR_GOOD
            )
        smtp.ehlo_or_helo_if_needed()
        if options.tls == "starttls":
            self._start_tls(smtp)
        if options.password:
            _log_in(smtp, options)
        return smtp

    def _start_tls(self, smtp: _FencedSmtp) -> None:
        if not smtp.has_extn("starttls"):
            message = "the mail server offers no STARTTLS: set 'tls' to tls, or to none where the way is safe"
            raise Unavailable(message, permanent=True)
        smtp.starttls(context=_context(self._options))
        self._bounds.watch(smtp.sock.fileno())  # type: ignore[union-attr] # it has just spoken
        smtp.ehlo()

    def _version(self) -> str:
        sock = self._smtp.sock if self._smtp else None
        return sock.version() or "" if isinstance(sock, ssl.SSLSocket) else ""


class _FencedSmtp(smtplib.SMTP):
    """A client that connects through the fence, with TLS from the first byte where that is set."""

    def __init__(self, options: Options, fence: Fence, watch: Callable[[int], None]) -> None:
        self._options, self._fence, self._watch = options, fence, watch
        super().__init__(local_hostname=options.hello or socket.gethostname(), timeout=options.timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = connected_now(self._fence, host, port, timeout)
        self._watch(connection.fileno())
        self._host = host  # what a certificate is compared with
        if self._options.tls != "tls":
            return connection
        secured = _context(self._options).wrap_socket(connection, server_hostname=host)
        self._watch(secured.fileno())
        return secured


def _context(options: Options) -> ssl.SSLContext:
    return tls.to_peer(options.ca_file, _OLDEST, verified=options.verify == "yes")


def _log_in(smtp: smtplib.SMTP, options: Options) -> None:
    try:
        smtp.login(options.username, options.password)
    except smtplib.SMTPAuthenticationError as fault:
        told = _shown(fault.smtp_code, fault.smtp_error)
        raise Unavailable(
            f"the mail server does not take name and password: {told}",
            permanent=fault.smtp_code >= _FOR_GOOD,
        ) from fault
    except smtplib.SMTPNotSupportedError as fault:
        message = "the mail server asks for no log-in: take 'username' and 'password' away"
        raise Unavailable(message, permanent=True) from fault


def _is_yes(code: int) -> bool:
    """Say whether an answer is 2xx; what is no answer of SMTP has the code -1."""
    return 200 <= code < 300  # noqa: PLR2004 - as SMTP has it


def _heard(tell: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
    """Return an answer; one that the client takes for a fault is an answer, too."""
    try:
        return tell()
    except smtplib.SMTPDataError as fault:
        told = fault.smtp_error
        return fault.smtp_code, told if isinstance(told, bytes) else told.encode()


def _away(fault: Exception) -> Unavailable:
    if isinstance(fault, ssl.SSLCertVerificationError):
        help_ = "name its authority in 'ca-file'"
        return Unavailable(
            f"the mail server's certificate is not valid: {fault.verify_message}; {help_}", permanent=True
        )
    if isinstance(fault, ssl.SSLError):
        return Unavailable(f"the mail server does not speak TLS as it should: {fault.reason or 'not TLS'}")
    if isinstance(fault, TimeoutError) or "timed out" in str(fault):
        return Unavailable("the mail server does not answer in time")
    told = getattr(fault, "strerror", "") or str(fault) or type(fault).__name__
    return Unavailable(f"the mail server does not answer: {told[:_SHOWN]}")


def _shown(code: int, answer: bytes | str) -> str:
    """Return an answer as it is told: printable, on one line, and not too long."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"{code} {words[:_SHOWN]}"


def open_mail(options: Options, fence: Fence) -> MailServer:
    """Return the mail server, not connected yet."""
    return MailServer(options, fence)
