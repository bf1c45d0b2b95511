"""Opens an FTP connection: over TLS the server's certificate is checked before a name or a password is sent.

Built on the standard library's ftplib, and what that leaves out: implicit TLS, a pinned certificate, the control
connection's session for data connections (which many servers insist on). Commands and answers travel as Latin-1, which
keeps every byte of a name as it is, whatever encoding the server has.
"""

from __future__ import annotations

import ftplib
import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable

from tollbook import gate, tls
from tollbook.model.fence import Fence
from tollbook.model.limits import LARGEST_REPLY
from tollbook.model.problem import Unavailable
from tollbook.sources._remote.server import ConnectionLost
from tollbook.sources.common import reason_of
from tollbook.sources.ftp.options import Options

WIRE = "latin-1"
_SHOWN_REPLY = 200


class WrongCertificate(Exception):
    """The server shows another certificate than the pinned one: `shown` is its fingerprint."""

    def __init__(self, shown: str) -> None:
        super().__init__(shown)
        self.shown = shown


class Fenced(ftplib.FTP):
    """FTP to where the fence lets us, whose replies have an end."""

    fence = Fence()

    def begin(self, options: Options) -> socket.socket:
        """Connect, and return the connection."""
        self.host, self.port, self.timeout = options.host, options.real_port, options.timeout
        self.sock = gate.connected_now(self.fence, options.host, options.real_port, options.timeout)
        self.af = self.sock.family
        return self.sock

    def greet(self) -> None:
        """Take the server's first words."""
        assert self.sock  # noqa: S101 - for the type; it has begun
        self.file = self.sock.makefile("r", encoding=WIRE)
        self.welcome = self.getresp()

    def makepasv(self) -> tuple[str, int]:
        """Return where a data connection goes to."""
        host, port = super().makepasv()
        gate.check_address(self.fence, host, port)
        return host, port

    def getmultiline(self) -> str:
        """Return a reply of one or several lines."""
        line = reply = self.getline()
        if reply[3:4] == "-":
            while line[:3] != reply[:3] or line[3:4] == "-":
                line = self.getline()
                reply += f"\n{line}"
                if len(reply) > LARGEST_REPLY:
                    raise ftplib.Error(f"its reply is longer than {LARGEST_REPLY} bytes")  # noqa: S321 - an error, and no call
        return reply


class _Secured(Fenced, ftplib.FTP_TLS):
    """FTP over TLS, explicit or implicit, each connection's certificate compared with the pin where there is one."""

    def __init__(self, options: Options) -> None:
        context = tls.to_peer(options.ca_file, options.tls_oldest, verified=options.certificate == "verified")
        super().__init__(context=context, timeout=options.timeout, encoding=WIRE)
        self._options = options

    def open(self) -> None:
        """Connect, up to and with TLS."""
        if self._options.tls == "implicit":
            self.sock = self._wrapped(self.begin(self._options), None)
            self.greet()
            return
        self.begin(self._options)
        self.greet()
        self.voidcmd("AUTH TLS")
        if self.sock is None or self.file is None:
            raise EOFError
        self.file.close()  # what may have come before TLS is not the server's word
        self.sock = self._wrapped(self.sock, None)
        self.file = self.sock.makefile("r", encoding=WIRE)

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection, under TLS as the control connection is."""
        conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - TLS follows
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self._wrapped(conn, session), size

    def _wrapped(self, plain: socket.socket, session: ssl.SSLSession | None) -> ssl.SSLSocket:
        try:
            secured = self.context.wrap_socket(plain, server_hostname=self._options.host, session=session)
        except BaseException:
            plain.close()
            raise
        if self._options.certificate == "pinned":
            shown = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest()
            if not hmac.compare_digest(shown, self._options.fingerprint):
                secured.close()
                raise WrongCertificate(shown)
        return secured


def connect(options: Options, secret: str, fence: Fence) -> ftplib.FTP:
    """Connect, log in and enter the folder; raises `Unavailable` with what is wrong."""
    ftp = _opened(options, fence)
    try:
        _log_in(ftp, options, secret)
        _enter(ftp, options)
    except TimeoutError as fault:
        ftp.close()
        raise _silent(options, fault) from fault
    except (OSError, EOFError, ftplib.Error, ValueError) as fault:
        ftp.close()
        raise ConnectionLost(f"{options.where} broke off at login ({said(fault, secret)})") from fault
    except BaseException:
        ftp.close()
        raise
    return ftp


def _opened(options: Options, fence: Fence) -> ftplib.FTP:
    ftp = _Secured(options) if options.tls != "off" else Fenced(timeout=options.timeout, encoding=WIRE)
    ftp.fence = fence
    try:
        if isinstance(ftp, _Secured):
            ftp.open()
        else:
            ftp.begin(options)
            ftp.greet()
    except Exception as fault:
        ftp.close()
        raise _not_opened(options, fault) from fault
    return ftp


def _not_opened(options: Options, fault: Exception) -> Exception:
    """Return what to say of a connection that was not made; the fault itself where it is ours."""
    in_words = next((words for kind, words in _NOT_OPENED if isinstance(fault, kind)), None)
    return in_words(options, fault) if in_words else fault


def _other_certificate(options: Options, fault: Exception) -> Unavailable:
    message = (
        f"{options.where} shows another certificate than the pinned one; nothing was sent to it. Its fingerprint is "
        f"{fault}: compare it with the server itself before setting 'fingerprint'"
    )
    return Unavailable(message, permanent=True)


def _untrusted(options: Options, fault: Exception) -> Unavailable:
    why = fault.verify_message if isinstance(fault, ssl.SSLCertVerificationError) else str(fault)
    message = (
        f"the certificate of {options.where} is not trusted ({why}); set 'ca-file', or 'certificate=pinned' with its "
        "'fingerprint'"
    )
    return Unavailable(message, permanent=True)


def _no_handshake(options: Options, fault: Exception) -> Unavailable:
    why = (fault.reason if isinstance(fault, ssl.SSLError) else "") or "handshake failed"
    message = f"no TLS with {options.where} ({why}); is 'tls' the right one of explicit and implicit?"
    return Unavailable(message, permanent=True)


def _no_tls(options: Options, fault: Exception) -> Unavailable:
    if options.tls == "off":
        return _no_ftp(options, fault)
    message = (
        f"{options.where} offers no TLS ({said(fault)}); 'tls=off' would send the password and the records readable "
        "on the network"
    )
    return Unavailable(message, permanent=True)


def _no_connection(options: Options, fault: Exception) -> Unavailable:
    return ConnectionLost(f"cannot connect to {options.where}: {said(fault)}; is 'port' the one of its FTP server?")


def _no_ftp(options: Options, fault: Exception) -> Unavailable:
    return ConnectionLost(
        f"{options.where} does not answer as an FTP server ({said(fault)}); are 'port' and 'tls' right?",
    )


def _silent(options: Options, _fault: Exception) -> Unavailable:
    message = (
        f"{options.where} does not answer within {options.timeout:g} s; are address, port and 'tls' right, is it on?"
    )
    return ConnectionLost(message)


_NOT_OPENED: tuple[tuple[type[Exception], Callable[[Options, Exception], Unavailable]], ...] = (
    (WrongCertificate, _other_certificate),
    (ssl.SSLCertVerificationError, _untrusted),
    (ssl.SSLError, _no_handshake),
    (TimeoutError, _silent),
    (OSError, _no_connection),
    (ftplib.error_perm, _no_tls),
    (EOFError, _no_ftp),
    (ftplib.Error, _no_ftp),
    (ValueError, _no_ftp),
)
"""What to say of each kind of fault; the first kind that fits."""


def _log_in(ftp: ftplib.FTP, options: Options, secret: str) -> None:
    try:
        ftplib.FTP.login(ftp, to_wire(options.username), to_wire(secret))  # noqa: S321 - TLS is on, or was set to off
    except ftplib.error_perm as fault:
        raise Unavailable(
            f"{options.where} refused the name or password ({said(fault, secret)}); check 'username' and 'password'",
            permanent=True,
        ) from fault
    if isinstance(ftp, _Secured):
        ftp.prot_p()


def _enter(ftp: ftplib.FTP, options: Options) -> None:
    ftp.voidcmd("TYPE I")
    if options.path == ".":
        return
    try:
        ftp.cwd(to_wire(options.path))
    except ftplib.error_perm as fault:
        raise Unavailable(
            f"the folder {options.path} cannot be entered ({said(fault)}); is 'path' right, may this user enter it?",
        ) from fault


def to_wire(text: str) -> str:
    """Return a person's text as it is given to ftplib, so that it is sent as UTF-8."""
    return text.encode().decode(WIRE)


def said(fault: BaseException, secret: str = "") -> str:
    """Return the other side's own words, on one line and without the password it may have repeated."""
    words = reason_of(fault) if isinstance(fault, OSError) else str(fault)
    if secret:
        words = words.replace(to_wire(secret), "…").replace(secret, "…")
    shown = "".join(character if character.isprintable() else " " for character in words[:_SHOWN_REPLY])
    return shown or type(fault).__name__
