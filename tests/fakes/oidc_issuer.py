"""A real OpenID Connect issuer (oidc-provider-mock) on a port of this machine, whose tokens can be bent."""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwk, jwt

with warnings.catch_warnings():
    import_module("authlib.deprecate")  # it has its warnings shown, whatever was said before

    warnings.simplefilter("ignore")  # it uses what its own library will drop
    import flask
    import oidc_provider_mock  # type: ignore[import-untyped]  # it says nothing of its types
    from werkzeug.serving import make_server

CLIENT = "tollbook"
SECRET = "a long secret of the client"


class IssuerPeer:
    """The issuer. `sign_on` is what a person does in their browser there; what came to it is kept."""

    def __init__(self, people: dict[str, dict[str, object]]) -> None:
        self.bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        """What becomes of the claims of an ID token before it is signed."""
        self.sign: Callable[[dict[str, Any], jwk.RSAKey], str] = signed
        """Makes the ID token."""
        self.asked: list[dict[str, str]] = []
        self.published: dict[str, object] = {}
        """What it publishes of itself otherwise."""
        self.token_error = ""
        self.hangs = threading.Event()
        self.answers_again = threading.Event()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in people.items()]
            app = oidc_provider_mock.app(require_nonce=True, user_claims=users)
        app.debug = False
        app.before_request(self._before)
        app.after_request(self._after)
        self._server = make_server("127.0.0.1", 0, app.wsgi_app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server.serve_forever(0.05)

    def _before(self) -> None:
        if self.hangs.is_set():
            self.answers_again.wait(30)

    def _after(self, response: flask.Response) -> flask.Response:
        path = flask.request.path
        if path.endswith("openid-configuration"):
            response.set_data(json.dumps({**response.get_json(), **self.published}))
        if path == "/oauth2/token":
            self.asked.append(dict(flask.request.form))
            if self.token_error:
                response.status_code = 400
                response.set_data(json.dumps({"error": self.token_error, "error_description": SECRET}))
            elif response.status_code == 200:
                told = response.get_json()
                storage = flask.g.oidc_provider_mock_storage
                key = jwk.RSAKey.import_key(storage.jwk.as_dict(is_private=True))
                claims = jwt.decode(told["id_token"], key).claims
                response.set_data(json.dumps({**told, "id_token": self.sign(self.bend(dict(claims)), key)}))
        return response

    def sign_on(self, address: str, subject: str, action: str = "") -> str:
        """Sign on at an address that the issuer was asked by, as somebody; return where it leads back to."""
        sent = {"action": action} if action else {"sub": subject}
        answer = httpx2.post(address, data=sent, follow_redirects=False)
        return answer.headers["Location"]

    def close(self) -> None:
        """End."""
        self.answers_again.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def signed(claims: dict[str, Any], key: jwk.RSAKey) -> str:
    """Return claims as an ID token, signed as issuers do."""
    return jwt.encode({"alg": "RS256", "kid": key.kid} if key.kid else {"alg": "RS256"}, claims, key)


def words_of(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@contextmanager
def an_issuer(people: dict[str, dict[str, object]]) -> Iterator[IssuerPeer]:
    """Run an issuer that knows people by subject, as long as the block lasts."""
    issuer = IssuerPeer(people)
    try:
        yield issuer
    finally:
        issuer.close()
