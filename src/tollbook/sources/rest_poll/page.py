"""The records of one answer as canonical lines, and where the next page is."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import msgspec

from tollbook.model.problem import Unavailable
from tollbook.sources.rest_poll.exchange import RestAnswer
from tollbook.sources.rest_poll.provider import PagingWay, Provider

_READ = msgspec.json.Decoder(float_hook=Decimal)
_WRITE = msgspec.json.Encoder(order="sorted", decimal_format="number")
_NEXT = re.compile(r'<([^<>]*)>[^<>]*;\s*rel="?next"?', re.ASCII)
_NO_CONTENT = 204


class RestPage(msgspec.Struct, frozen=True):
    """Records, each a line without its end, and the address of the next page; empty: it was the last."""

    records: list[bytes]
    next: str


def page_of(answer: RestAnswer, provider: Provider, url: str) -> RestPage:
    """Return what an answer holds; raises `Unavailable` where it is not what the provider's API gives."""
    if answer.status == _NO_CONTENT:
        return RestPage([], "")
    try:
        document = _READ.decode(answer.body)
    except (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError):
        message = f"{provider.title} answered with what is no JSON, or with a part of it; it is asked again"
        raise Unavailable(message) from None
    found = _at(document, provider.records)
    if not isinstance(found, list):
        message = f"{provider.title} answered without its list '{'.'.join(provider.records)}'; it is asked again"
        raise Unavailable(message)
    records = list(dict.fromkeys(map(_WRITE.encode, found)))
    return RestPage(records, _next(provider.paging, answer, document, _Asked(url, len(found))) if found else "")


class _Asked(msgspec.Struct, frozen=True):
    """What was asked, and how many records it gave."""

    url: str
    count: int


def _at(document: Any, keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _next(paging: PagingWay, answer: RestAnswer, document: Any, asked: _Asked) -> str:  # noqa: ANN401 - any JSON
    url = asked.url
    if paging.way in ("offset", "page"):
        now = int(dict(parse_qsl(urlsplit(url).query)).get(paging.parameter, paging.first))
        step = paging.size if paging.way == "offset" else 1
        return with_parameter(url, paging.parameter, str(now + step)) if asked.count >= paging.size else ""
    if paging.way == "header":
        found = _NEXT.search(answer.headers.get("link", ""))
        return _same_place(url, found[1]) if found else ""
    told = _at(document, paging.key)
    if not isinstance(told, str) or not told:
        return ""
    return with_parameter(url, paging.parameter, told) if paging.way == "token" else _same_place(url, told)


def with_parameter(url: str, name: str, value: str) -> str:
    """Return an address with one parameter of its query set.

    >>> with_parameter("https://api.example/calls?page=1&size=9", "page", "2")
    'https://api.example/calls?size=9&page=2'
    """
    bare, _, query = url.partition("?")
    key = quote(name, safe="")
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != key]
    return f"{bare}?" + "&".join([*kept, key + "=" + quote(value, safe="")])


def _same_place(url: str, link: str) -> str:
    """Return the address a link leads to; raises `Unavailable` where that is not the one that was asked."""
    there = ""
    try:
        there = urljoin(url, link)
        same = urlsplit(there)[:2] == urlsplit(url)[:2]
    except ValueError:
        same = False
    if not same or not there.isascii() or any(sign <= " " for sign in there):
        message = "the address of the next page leads elsewhere; it was not followed, so that no token goes there"
        raise Unavailable(message)
    return there
