"""Opens an SFTP connection: the server's key is checked before a name or a password is sent.

Nothing of this machine's user has a say: no ssh configuration, known hosts, agent or keys in a home folder.
"""

from __future__ import annotations

import asyncio
import hmac
import socket

import asyncssh
import msgspec

from tollbook import gate
from tollbook.gate import aside
from tollbook.model.fence import Fence, Reach
from tollbook.model.problem import Unavailable
from tollbook.sources._remote.server import ConnectionLost
from tollbook.sources.common import reason_of
from tollbook.sources.sftp.options import Options, Pin

_SHOWN_REASON = 200
_KEYS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-ed448": ("ssh-ed448",),
    "ssh-rsa": ("rsa-sha2-256", "rsa-sha2-512", "ssh-rsa"),
}
"""Signatures a server may prove its key with, by kind of key; the first it has is the one it shows."""

_LOCKED = (
    "its key is locked and 'password' does not open it; one that ssh-keygen locked has to be written anew as PKCS8 "
    "first: ssh-keygen -p -m PKCS8 -f FILE"
)


class _Client(asyncssh.SSHClient):
    """Accepts the pinned key and no other."""

    def __init__(self, pin: Pin) -> None:
        self._pin = pin
        self.shown = Pin()

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - asyncssh calls it so
        """Note the key that is shown; say whether it is the pinned one."""
        self.shown = Pin(key.get_fingerprint("sha256"), key.get_algorithm())
        return hmac.compare_digest(self.shown.fingerprint.encode(), self._pin.fingerprint.encode())


class Proofs(msgspec.Struct, frozen=True):
    """What we log in with: a private key where there is one, else a password."""

    key: asyncssh.SSHKey | None
    secret: str


async def connect(
    options: Options,
    secret: str,
    fence: Fence,
) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    """Connect and log in; raises `Unavailable` with what is wrong."""
    client = _Client(options.host_key)
    keys = await aside(_private_key, options, secret, fence) if options.key_file else None
    try:
        async with asyncio.timeout(options.timeout):
            there = await gate.connected(fence, options.host, options.port)
            try:
                connection = await _connection(options, client, Proofs(keys, secret), there)
            except BaseException:
                there.close()  # asyncssh does so itself only once it has begun with it
                raise
    except (asyncssh.HostKeyNotVerifiable, asyncssh.PermissionDenied, asyncssh.KeyExchangeFailed) as fault:
        raise Unavailable(_REFUSED[type(fault)](options, client.shown, fault), permanent=True) from fault
    except TimeoutError as fault:
        message = f"{_where(options)} does not answer within {options.timeout:g} s; is the address right, is it on?"
        raise ConnectionLost(message) from fault
    except asyncssh.Error as fault:
        message = f"{_where(options)} broke off before anyone was logged in ({fault.reason[:_SHOWN_REASON]})"
        raise ConnectionLost(message) from fault
    except OSError as fault:
        message = f"cannot connect to {_where(options)}: {reason_of(fault)}; is 'port' the one of its SFTP server?"
        raise ConnectionLost(message) from fault
    try:
        async with asyncio.timeout(options.timeout):
            return connection, await connection.start_sftp_client(path_encoding=None)
    except (asyncssh.Error, OSError) as fault:
        connection.abort()
        message = f"{_where(options)} lets us in but offers no SFTP; does the user have a right to it?"
        raise Unavailable(message, permanent=isinstance(fault, asyncssh.ChannelOpenError)) from fault
    except BaseException:
        connection.abort()
        raise


async def _connection(
    options: Options,
    client: _Client,
    proofs: Proofs,
    there: socket.socket,
) -> asyncssh.SSHClientConnection:
    pinned = options.host_key.kind
    order = sorted(_KEYS, key=lambda kind: kind != pinned)
    return await asyncssh.connect(
        options.host,
        options.port,
        sock=there,
        client_factory=lambda: client,
        config=None,
        known_hosts=([], [], []),
        server_host_key_algs=[name for kind in order for name in _KEYS[kind]],
        x509_trusted_certs=None,
        username=options.username,
        password=None if proofs.key else proofs.secret,
        client_keys=[proofs.key] if proofs.key else None,
        agent_path=None,
        gss_auth=False,
        gss_kex=False,
        preferred_auth="publickey" if proofs.key else "password,keyboard-interactive",
        connect_timeout=options.timeout,
        login_timeout=options.timeout,
    )


def _private_key(options: Options, secret: str, fence: Fence) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(gate.read_text(fence, options.key_file, Reach.KEY), secret or None)
    except (OSError, UnicodeDecodeError) as fault:
        raise Unavailable(f"the file of 'key-file' cannot be used: {reason_of(fault)}", permanent=True) from fault
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as fault:
        locked = isinstance(fault, asyncssh.KeyEncryptionError) or "crypt" in str(fault)
        message = f"the file of 'key-file' cannot be used: {_LOCKED if locked else 'it holds no private key'}"
        raise Unavailable(message, permanent=True) from fault


def _where(options: Options) -> str:
    return f"{options.host}:{options.port}"


def _key_refused(options: Options, shown: Pin, _fault: asyncssh.Error) -> str:
    presented = f"{_where(options)} presents the {shown.kind} key {shown.fingerprint}"
    if not options.host_key.fingerprint:
        return (
            f"{presented}; nothing was sent to it. Compare this with the server itself (there: ssh-keygen -lf "
            f"/etc/ssh/ssh_host_*_key.pub), and if it is the same set 'host-key={shown.fingerprint}'"
        )
    return (
        f"{presented}, but pinned is {options.host_key.fingerprint}; nothing was sent to it. Either somebody stands "
        "between, or the server has a new key or one more: ask who runs it, then set 'host-key' anew"
    )


def _login_refused(options: Options, _shown: Pin, _fault: asyncssh.Error) -> str:
    what = "key of 'key-file'" if options.key_file else "name or password"
    return f"{_where(options)} refused the {what}; check 'username' and whether it may log in over SFTP"


def _no_common_way(options: Options, _shown: Pin, fault: asyncssh.Error) -> str:
    return f"{_where(options)} and Tollbook know no encryption in common: {fault.reason[:_SHOWN_REASON]}"


_REFUSED = {
    asyncssh.HostKeyNotVerifiable: _key_refused,
    asyncssh.PermissionDenied: _login_refused,
    asyncssh.KeyExchangeFailed: _no_common_way,
}
