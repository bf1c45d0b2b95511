"""Talks to an OpenID Connect issuer: where it is asked, its keys, and what it tells of somebody for a code.

What it says is believed once its signature was checked by its keys (joserfc) and its claims against ours (Authlib).
Only signatures by a key pair count: whoever knows our secret could make the others. Nothing that an answer holds is
repeated in a message.
"""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import quote_plus, urlencode

import msgspec

from tollbook import clock
from tollbook.installing import install_command
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, NotAllowed, Problem, Unavailable
from tollbook.sinks.bounded_http import BoundedHttp, HttpAnswer, HttpSetup
from tollbook.site.people.oidc.options import OidcOptions, is_safe
from tollbook.site.people.outside import PersonElsewhere
from tollbook.tls import to_peer

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures that count: those made with the private key of a pair."""
_KEY_KINDS = ("RSA", "EC", "OKP")
_LEEWAY_S = 60
_KEPT_S = 300.0
_ERROR = re.compile(r"[a-z_]{1,40}")
_MOST_GROUPS, _LONGEST_TEXT = 1000, 500
Answered = TypeVar("Answered")


class OidcRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one sign-on is known by until the issuer leads back: each is random, and good once."""

    state: str
    nonce: str
    verifier: str


class IssuerAddresses(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer publishes of itself, as far as it is of use here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class OidcIssuer:
    """The issuer that a site trusts. One for a sign-on, and not for two threads at once."""

    def __init__(self, options: OidcOptions, fence: Fence) -> None:
        _check_installed()
        self._options = options
        context = to_peer(options.ca_file, "1.2", verified=True) if options.ca_file else None
        setup = HttpSetup(whom="the issuer", timeout_s=options.timeout, fence=fence, tls=context)
        self._http = BoundedHttp(setup)

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    # ------------------------------------------------------------------ what it publishes

    def addresses(self) -> IssuerAddresses:
        """Return where the issuer is asked; raises `Unavailable`."""
        found = _KNOWN.get(self._options.issuer)
        if found:
            return found
        answer = self._ask("GET", f"{self._options.issuer.rstrip('/')}/.well-known/openid-configuration")
        told = _read(answer, IssuerAddresses, "what it publishes of itself")
        if told.issuer != self._options.issuer:
            message = f"the issuer calls itself {told.issuer[:200]!r}; set 'issuer' to just that, if it is meant"
            raise Unavailable(message, permanent=True)
        named = (told.authorization_endpoint, told.token_endpoint, told.jwks_uri, told.userinfo_endpoint)
        if any(url and not is_safe(url) for url in named):
            raise Unavailable("the issuer names an address that does not begin with https://", permanent=True)
        _KNOWN.keep(self._options.issuer, told)
        return told

    def _keys(self) -> Any:  # noqa: ANN401 - a KeySet, whose library is an extra
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        told = _read(self._ask("GET", self.addresses().jwks_uri), dict[str, Any], "its keys")
        listed = told.get("keys")
        keys = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        pairs = [each for each in keys if each.get("kty") in _KEY_KINDS and each.get("use", "sig") == "sig"]
        try:
            return KeySet.import_key_set({"keys": pairs})
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise Unavailable("the keys of the issuer cannot be read", permanent=True) from fault

    # ------------------------------------------------------------------ a sign-on

    def begin(self, asked: OidcRequest, back: str) -> str:
        """Return where a browser is led to sign on, and from there back to an address of ours."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # it has none

        place = self.addresses().authorization_endpoint
        words = {
            "response_type": "code",
            "client_id": self._options.client_id,
            "redirect_uri": back,
            "scope": " ".join(self._options.scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": create_s256_code_challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(words)}"

    def end(self, asked: OidcRequest, code: str, back: str) -> PersonElsewhere:
        """Return who has signed on, for the code that the issuer led back with.

        Raises `Unavailable` where the issuer fails, `NotAllowed` for an answer that is not to be believed.
        """
        tokens = self._tokens(code, asked.verifier, back)
        claims = self._claims(tokens, asked.nonce)
        if self._options.groups_claim not in claims and tokens.access_token and self.addresses().userinfo_endpoint:
            claims = {**self._more(tokens.access_token, str(claims["sub"])), **claims}
        return self._person(claims)

    def _tokens(self, code: str, verifier: str, back: str) -> _Tokens:
        options, place = self._options, self.addresses()
        words = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if options.client_secret and "client_secret_basic" in place.token_endpoint_auth_methods_supported:
            headers["Authorization"] = _basic(options.client_id, options.client_secret)
        else:
            words |= {"client_id": options.client_id}
            words |= {"client_secret": options.client_secret} if options.client_secret else {}
        answer = self._http.ask("POST", place.token_endpoint, urlencode(words).encode(), headers)
        if 400 <= answer.status < 500:  # noqa: PLR2004 - as HTTP has it
            raise NotAllowed(_refusal(answer))
        return _read(_well(answer), _Tokens, "what it sends for a code")

    def _claims(self, tokens: _Tokens, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token, once all of it was checked."""
        from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # the library has none
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            found = jwt.decode(tokens.id_token, self._keys(), algorithms=ALGORITHMS)
            wanted: dict[str, dict[str, Any]] = {
                "iss": {"essential": True, "value": self._options.issuer},
                "aud": {"essential": True, "value": self._options.client_id},
                "nonce": {"essential": True, "value": nonce},
                "sub": {"essential": True},
                "exp": {"essential": True},
            }
            ours = {"nonce": nonce, "client_id": self._options.client_id, "access_token": tokens.access_token}
            claims = CodeIDToken(found.claims, found.header, wanted, ours)
            claims.validate(now=int(clock.now().timestamp()), leeway=_LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise NotAllowed(_disbelief(fault)) from fault
        if not isinstance(claims["sub"], str):
            raise NotAllowed(_disbelief(TypeError("sub")))
        return dict(claims)

    def _more(self, access_token: str, subject: str) -> dict[str, Any]:
        """Return what the issuer tells beside the token; nothing where that is of somebody else."""
        headers = {"Authorization": f"Bearer {access_token}", "Accept": "application/json"}
        answer = _well(self._http.ask("GET", self.addresses().userinfo_endpoint, b"", headers))
        told = _read(answer, dict[str, Any], "what it tells of a person")
        return told if told.get("sub") == subject else {}

    def _person(self, claims: Mapping[str, Any]) -> PersonElsewhere:
        groups = claims.get(self._options.groups_claim)
        texts = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        verified = claims.get("email_verified") is True
        return PersonElsewhere(
            issuer=self._options.issuer,
            subject=str(claims["sub"]),
            name=_text(claims.get(self._options.name_claim)) or _text(claims.get("email")).partition("@")[0],
            mail=_text(claims.get("email")) if verified else "",
            groups=tuple(each for each in texts[:_MOST_GROUPS] if isinstance(each, str)),
        )

    def test(self) -> str:
        """Reach the issuer, read what it publishes and its keys, and say so; raises `Unavailable`."""
        _KNOWN.forget(self._options.issuer)
        addresses, keys = self.addresses(), self._keys()
        if not keys.keys:
            raise Unavailable("the issuer publishes no key that signatures could be checked by", permanent=True)
        return f"{addresses.issuer} answers, and has {len(keys.keys)} key{'' if len(keys.keys) == 1 else 's'}"

    def _ask(self, method: str, url: str) -> HttpAnswer:
        return _well(self._http.ask(method, url, b"", {"Accept": "application/json"}))


class _Known:
    """What issuers have published of themselves, for some minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, IssuerAddresses]] = {}

    def get(self, issuer: str) -> IssuerAddresses | None:
        with self._lock:
            at, found = self._kept.get(issuer, (0.0, None))
        return found if found and at + _KEPT_S > clock.monotonic_s() else None

    def keep(self, issuer: str, told: IssuerAddresses) -> None:
        with self._lock:
            self._kept = {issuer: (clock.monotonic_s(), told)}

    def forget(self, issuer: str) -> None:
        with self._lock:
            self._kept.pop(issuer, None)


_KNOWN = _Known()


def _check_installed() -> None:
    if not (find_spec("authlib") and find_spec("joserfc")):
        hint = f"install it, then start Tollbook again: {install_command('authlib joserfc')}"
        what = "nobody can sign on by OpenID Connect"
        raise Misconfigured(Problem(what, "the libraries authlib and joserfc are not installed", help=hint))


def _basic(name: str, secret: str) -> str:
    """Return the header for a client's name and secret, each spelt as in a form (RFC 6749, 2.3.1)."""
    return f"Basic {b64encode(f'{quote_plus(name)}:{quote_plus(secret)}'.encode()).decode()}"


def _well(answer: HttpAnswer) -> HttpAnswer:
    if answer.status != 200:  # noqa: PLR2004 - as HTTP has it
        raise Unavailable(f"the issuer answers with status {answer.status}")
    return answer


def _read(answer: HttpAnswer, kind: type[Answered], what: str) -> Answered:
    try:
        return msgspec.json.decode(answer.beginning, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Unavailable(f"the issuer does not speak OpenID Connect: {what} cannot be read", permanent=True) from fault


def _refusal(answer: HttpAnswer) -> Problem:
    """Return why the issuer gives nothing for a code; of its answer only the error's name, which is of the standard."""
    try:
        error = str(msgspec.json.decode(answer.beginning, type=dict[str, Any]).get("error", ""))
    except (msgspec.DecodeError, UnicodeDecodeError):
        error = ""
    named = error if _ERROR.fullmatch(error) else f"status {answer.status}"
    help_ = "try again; if it stays so, an administrator looks at the client and its secret"
    return Problem("you are not signed in", f"the issuer refuses it: {named}", help=help_)


def _disbelief(fault: Exception) -> Problem:
    """Return why a token is not believed: which check failed, and nothing of what it holds."""
    claim = getattr(fault, "claim", None) or str(getattr(fault, "claim_name", "") or "")
    named = f"{type(fault).__name__.removesuffix('Error')}{f' ({claim})' if claim else ''}"
    help_ = "try again; if it stays so, an administrator compares issuer, client and clocks"
    return Problem("you are not signed in", f"what the issuer sent is not to be believed: {named}", help=help_)


def _text(value: object) -> str:
    return value.strip()[:_LONGEST_TEXT] if isinstance(value, str) else ""
