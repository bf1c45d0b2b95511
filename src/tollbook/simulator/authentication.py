"""How a PBX asks who is reading: not at all, Basic, Digest, or by query parameters."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from urllib.parse import parse_qs

import msgspec

REALM = "KX-HTS"


class AuthScheme(Enum):
    """The way credentials travel."""

    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"
    QUERY = "query"


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """Who may read, and how they say so."""

    way: AuthScheme = AuthScheme.NONE
    username: str = "INSTALLER"
    password: str = "1234"  # noqa: S105 - the maker's published default
    username_parameter: str = "username"
    password_parameter: str = "password"  # noqa: S105 - the name of a parameter
    algorithm: str = "MD5"
    """Of Digest: MD5 or SHA-256."""


class HttpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it arrived. `at` is an aware UTC instant, `number` counts from 0; header names in lower case."""

    number: int
    at: datetime
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str:
        """The value of a header (name in lower case), or nothing."""
        return dict(self.headers).get(name, "")

    @property
    def authentication(self) -> str:
        """The kind of credentials in the header: ``basic``, ``digest`` or nothing."""
        return self.header("authorization").partition(" ")[0].lower()


def admits(rule: Authentication, request: HttpRequest) -> bool:
    """Whether the request carries the right credentials."""
    match rule.way:
        case AuthScheme.NONE:
            return True
        case AuthScheme.BASIC:
            expected = base64.b64encode(f"{rule.username}:{rule.password}".encode()).decode()
            return request.header("authorization") == f"Basic {expected}"
        case AuthScheme.DIGEST:
            return _digest(rule, request)
        case AuthScheme.QUERY:
            given = parse_qs(request.query)
            expected_pairs = {rule.username_parameter: [rule.username], rule.password_parameter: [rule.password]}
            return expected_pairs.items() <= given.items()


def challenge(rule: Authentication) -> tuple[tuple[str, str], ...]:
    """The headers of the 401 that asks for credentials."""
    if rule.way is AuthScheme.BASIC:
        return (("WWW-Authenticate", f'Basic realm="{REALM}"'),)
    if rule.way is AuthScheme.DIGEST:
        fields = f'realm="{REALM}", qop="auth", nonce="{_nonce(rule)}", algorithm={rule.algorithm}'
        return (("WWW-Authenticate", f"Digest {fields}"),)
    return ()


def _digest(rule: Authentication, request: HttpRequest) -> bool:
    kind, _, text = request.header("authorization").partition(" ")
    if kind.lower() != "digest":
        return False
    pairs = re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', text)
    given = {name: quoted or bare for name, quoted, bare in pairs}
    if given.get("nonce") != _nonce(rule) or given.get("uri") != request.target:
        return False
    return given.get("response") == _response(rule, request.method, given)


def _response(rule: Authentication, method: str, given: Mapping[str, str]) -> str:
    """What RFC 7616 says the response must be, for qop ``auth``."""
    who = _hash(rule, f"{rule.username}:{REALM}:{rule.password}")
    what = _hash(rule, f"{method}:{given.get('uri', '')}")
    parts = [given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")]
    return _hash(rule, ":".join([who, *parts, what]))


def _nonce(rule: Authentication) -> str:
    return _hash(rule, f"nonce of {rule.username}")


def _hash(rule: Authentication, text: str) -> str:
    return hashlib.new(rule.algorithm.replace("-", ""), text.encode()).hexdigest()
