"""Asks as somebody who may: an access token that is kept until it runs out, or name and password with each request."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import msgspec

from tollbook.clock import monotonic_s, now
from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.sources.rest_poll.exchange import RestAnswer, RestRequest, exchanged
from tollbook.sources.rest_poll.options import Options, RestSecrets
from tollbook.sources.rest_poll.provider import Provider, TokenWay, filled

_RENEWED_BEFORE_S = 60.0
_LONGEST_TOKEN = 16_384


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float | str = 3600.0


class Throttled(Exception):
    """The provider wants to be asked less; `wait_s` is what it says, None where it does not."""

    def __init__(self, wait_s: float | None) -> None:
        super().__init__("too many requests")
        self.wait_s = wait_s


class RestAccess:
    """One account's access. What it raises never holds a secret or the text of an answer."""

    def __init__(self, provider: Provider, options: Options, secrets: RestSecrets, fence: Fence) -> None:
        self._provider, self._options, self._fence = provider, options, fence
        self.values: Mapping[str, str] = {
            "account": options.account or filled(provider.account, {"client_id": options.client_id}),
            "client_id": options.client_id,
        }
        self._secret = {**self.values, "client_secret": secrets.client_secret, "credential": secrets.credential}
        self._token, self._token_until_s = "", 0.0
        self._check_complete()

    async def ask(self, url: str) -> RestAnswer:
        """Return the answer to a question; raises `Throttled`, or `Unavailable` with what a person has to do."""
        answer = await exchanged(RestRequest(url=url, headers=await self._headers()), self._options, self._fence)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._provider.token:
            self._token = ""  # it may have been taken back before its time
            answer = await exchanged(RestRequest(url=url, headers=await self._headers()), self._options, self._fence)
        self._check(answer, "the call records")
        return answer

    def _check_complete(self) -> None:
        missing = [name for name in self._provider.needs if not self._secret[name.replace("-", "_")]]
        if missing:
            message = f"{self._provider.title} also needs: {', '.join(missing)}"
            raise Unavailable(message, permanent=True)

    async def _headers(self) -> dict[str, str]:
        own = {name: filled(text, self._secret) for name, text in self._provider.headers.items()}
        if self._provider.token is None:
            return {"Authorization": self._basic()} | own
        if not self._token or monotonic_s() >= self._token_until_s:
            await self._renew(self._provider.token)
        return {"Authorization": f"Bearer {self._token}"} | own

    def _basic(self) -> str:
        pair = f"{self._secret['client_id']}:{self._secret['client_secret']}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"

    async def _renew(self, way: TokenWay) -> None:
        address = filled(way.address, self.values, quoted=True)
        if self._options.token_url:
            address = self._options.token_url + urlsplit(address).path
        elif self._options.url and urlsplit(way.address)[:2] == urlsplit(self._provider.address)[:2]:
            address = self._options.url + urlsplit(address).path
        headers = {name: filled(text, self._secret) for name, text in way.headers.items()}
        if way.basic:
            headers["Authorization"] = self._basic()
        form = urlencode({name: filled(text, self._secret) for name, text in way.form.items()}).encode()
        answer = await exchanged(RestRequest(url=address, headers=headers, body=form), self._options, self._fence)
        self._check(answer, "an access token")
        self._token, lasts_s = _granted(answer, self._provider.title)
        self._token_until_s = monotonic_s() + max(lasts_s - _RENEWED_BEFORE_S, 0.0)

    def _check(self, answer: RestAnswer, what: str) -> None:
        status, title = answer.status, self._provider.title
        if status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
            return
        if status == HTTPStatus.TOO_MANY_REQUESTS or (
            status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
        ):
            raise Throttled(_wait_s(answer.headers.get("retry-after", "")))
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            message = f"{title} sends elsewhere for {what} ({status}); that was not followed. Is 'url' right?"
            raise Unavailable(message, permanent=True)
        if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
            message = (
                f"{title} refuses {what} ({status}): check 'account', 'client-id', the secrets, and what the "
                "application is permitted to read"
            )
            raise Unavailable(message, permanent=status != HTTPStatus.REQUEST_TIMEOUT)
        message = f"{title} answered with error {status} to the request for {what}"
        raise Unavailable(message)


def _granted(answer: RestAnswer, title: str) -> tuple[str, float]:
    try:
        granted = msgspec.json.decode(answer.body, type=_Granted)
        lasts_s = float(granted.expires_in)
    except (msgspec.DecodeError, RecursionError, ValueError):
        message = f"{title} answered without an access token; it is asked again"
        raise Unavailable(message) from None
    token = granted.access_token
    if not token or len(token) > _LONGEST_TOKEN or any(not "!" <= sign <= "~" for sign in token):
        message = f"{title} gave an access token that is none"
        raise Unavailable(message)
    return token, lasts_s


def _wait_s(text: str) -> float | None:
    """Return what a Retry-After says: seconds, or a date."""
    if text.strip().isascii() and text.strip().isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - now()).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
