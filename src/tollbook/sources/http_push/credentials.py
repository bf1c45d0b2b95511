"""Who may post: the address, and what the request shows. No secret leaves this module, right or wrong."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from tollbook.model.problem import Unavailable
from tollbook.sources.http_push.options import Options


class Shown(msgspec.Struct, frozen=True):
    """What a request shows of who sends it: its query and its headers, their names in lower case."""

    query: str
    headers: list[tuple[bytes, bytes]]

    def values(self, name: bytes) -> Iterator[bytes]:
        """Yield the values of a header."""
        return (value for each, value in self.headers if each == name)

    def with_scheme(self, scheme: bytes) -> Iterator[bytes]:
        """Yield the credentials given under a scheme such as `basic`."""
        for value in self.values(b"authorization"):
            word, _, rest = value.partition(b" ")
            if word.lower() == scheme:
                yield rest.strip()


class Credentials:
    """What one PBX must show."""

    def __init__(self, options: Options, secret: str) -> None:
        """Raises `Unavailable` when there is nothing that could be shown."""
        if options.auth == "token" and not secret:
            message = "no token is set, so nobody could post: set 'token', or 'auth' to basic or none"
            raise Unavailable(message, permanent=True)
        if options.auth == "basic" and not (options.username and secret):
            message = "'auth' is basic and the name or the password is not set: set 'username' and 'password'"
            raise Unavailable(message, permanent=True)
        self._options = options
        self._secret = secret.encode()

    @property
    def challenge(self) -> str:
        """The value of `WWW-Authenticate`, which a refusal carries."""
        return f'{"Basic" if self._options.auth == "basic" else "Bearer"} realm="Tollbook"'

    def lets_in(self, peer: str) -> bool:
        """Say whether an address may post at all."""
        if not self._options.peers:
            return True
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._options.peers)

    def fault(self, shown: Shown) -> str:
        """Return why a request is not let in, nothing when it is."""
        what, given, wanted = _WAYS[self._options.auth](self._options, shown, self._secret)
        right = [hmac.compare_digest(each, wanted) for each in given]
        if not what or any(right):
            return ""
        return f"its {what} is wrong" if given else f"it sent no {what}"


Way = Callable[[Options, Shown, bytes], tuple[str, list[bytes], bytes]]
"""Gives what is asked for in words, what was given, and what it should be."""


def _token(options: Options, shown: Shown, secret: bytes) -> tuple[str, list[bytes], bytes]:
    in_query = (pair.partition("=") for pair in shown.query.split("&"))
    given = [
        *shown.with_scheme(b"bearer"),
        *shown.values(b"x-token"),
        *(unquote_to_bytes(value) for name, _, value in in_query if unquote(name) == options.token_parameter),
    ]
    return "token", [each for each in given if each], secret


def _basic(options: Options, shown: Shown, secret: bytes) -> tuple[str, list[bytes], bytes]:
    given = [_decoded(each) for each in shown.with_scheme(b"basic")]
    return "name and password", given, options.username.encode() + b":" + secret


def _nothing(_options: Options, _shown: Shown, _secret: bytes) -> tuple[str, list[bytes], bytes]:
    return "", [], b""


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


_WAYS: dict[str, Way] = {"token": _token, "basic": _basic, "none": _nothing}
