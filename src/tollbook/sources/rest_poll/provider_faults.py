"""What is wrong with a `provider.toml` beyond its schema: key by key, why, and what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from tollbook.model.problem import Problem
from tollbook.model.sharing_limits import PROVIDER_KEYS, PROVIDER_TEXT
from tollbook.sources.rest_poll.provider import PagingWay, Provider

_PUBLIC = frozenset(("account", "client_id"))
_WINDOW = frozenset(("from", "to"))
_SECRET = frozenset(("client_secret", "credential"))
_NEEDS = frozenset(("client-id", "client-secret", "credential", "account"))
_PLACE = re.compile(r"\{(\w*)\}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset(("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "accept-encoding"))
_HIDES = re.compile(r"(?i)(key|secret|password|passwd|authorization|token|assertion)$")
_LEAST_WINDOW_S, _LONGEST_S = 60, 315_360_000
_RANGES = {
    "window.longest_s": (_LEAST_WINDOW_S, _LONGEST_S),
    "window.held_s": (_LEAST_WINDOW_S, _LONGEST_S),
    "window.lag_s": (0, 604_800),
    "pause_s": (0, 3600),
    "paging.first": (0, 1_000_000),
    "paging.size": (0, 1_000_000),
}
_PAGING = {
    "link": ("key",),
    "header": (),
    "token": ("key", "parameter"),
    "offset": ("parameter", "size"),
    "page": ("parameter", "size"),
}
"""What each way to the next page needs."""


def faults_of_provider(provider: Provider, where: str) -> Iterator[Problem]:
    """Yield every fault of a provider, each with its key."""
    found = [*_sizes(provider, where)]
    yield from found
    if not found:  # what is too large is not looked at further
        yield from _addresses(provider, where)
        yield from _texts(provider, where)
        yield from _sent(provider, where)
        yield from _numbers(provider, where)
        yield from _paging(provider.paging, where)


def address_fault(address: str) -> str:
    """Say why secrets may not be sent to an address; nothing where they may.

    >>> address_fault("http://api.example"), address_fault("https://api.example/v1")
    ('it must begin with https://, since secrets are sent there', '')
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as fault:
        return f"it is no address: {fault}"
    if parts.scheme != "https":
        return "it must begin with https://, since secrets are sent there"
    if parts.username is not None or parts.password is not None:
        return "no name and password stand in it"
    host = parts.netloc.rpartition("]")[0] + "]" if parts.netloc.startswith("[") else parts.netloc.partition(":")[0]
    if not _HOST.fullmatch(host):
        return "behind https:// stands the name of a machine, in letters, digits, dots and hyphens"
    if parts.query or parts.fragment or any(not "!" <= sign <= "~" for sign in address):
        return "it holds neither ? nor #, and no blank or letter beyond ASCII; a query has a table of its own"
    return ""


def _sizes(provider: Provider, where: str) -> Iterator[Problem]:
    for key, value in _within("", msgspec.to_builtins(provider)):
        if isinstance(value, str) and len(value) > PROVIDER_TEXT:
            reason = f"{len(value)} characters; the most is {PROVIDER_TEXT}"
            yield Problem(f"{key[:100]!r} is too long", reason, where, "write what the provider's documentation says")
        elif isinstance(value, dict | list | tuple) and len(value) > PROVIDER_KEYS:
            reason = f"{len(value)}; the most is {PROVIDER_KEYS}"
            yield Problem(f"there is too much in {key[:100]!r}", reason, where, "leave away what is not asked for")


def _within(key: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield each part of a provider with its key, and names of tables' keys too."""
    yield key, value
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{key}.{name}".strip("."), name
            yield from _within(f"{key}.{name}".strip("."), each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _within(key, each)


def _addresses(provider: Provider, where: str) -> Iterator[Problem]:
    token = {"token.address": provider.token.address} if provider.token else {}
    for key, address in {"address": provider.address, **token}.items():
        yield from _places(key, address, _PUBLIC, where)
        fault = address_fault(_PLACE.sub("x", address))
        if fault:
            hint = f'{key} = "https://api.example.com"'
            yield Problem(f"'{key}' cannot be used", f"{fault}; got {address[:200]!r}", where, hint)
    if not provider.path.startswith("/") or set(provider.path) & set("?# "):
        reason = f"it begins with / and has neither ? nor # nor a blank; got {provider.path[:200]!r}"
        yield Problem("'path' cannot be used", reason, where, "what stands behind ? goes into the table [query]")


def _places(key: str, text: str, allowed: frozenset[str], where: str) -> Iterator[Problem]:
    """Yield the names between braces that a text may not hold."""
    for name in sorted(set(_PLACE.findall(text)) - allowed):
        reason = f"between braces may stand: {', '.join(sorted(allowed))}"
        if name in _SECRET:
            reason = "a secret is no part of an address, which is written down in logs"
        yield Problem(f"'{key}' cannot hold {{{name}}}", reason, where, "send secrets in 'headers' or 'token.form'")


def _texts(provider: Provider, where: str) -> Iterator[Problem]:
    yield from _places("path", provider.path, _PUBLIC | _WINDOW, where)
    yield from _places("account", provider.account, frozenset({"client_id"}), where)
    for name, text in provider.query.items():
        yield from _places(f"query.{name}", text, _PUBLIC | _WINDOW, where)
    asked = provider.path + " ".join(provider.query.values())
    for name in sorted(_WINDOW):
        if f"{{{name}}}" not in asked:
            reason = "a provider is asked for one window of time after another"
            yield Problem(f"nothing holds {{{name}}}", reason, where, f"put it into [query] or 'path', as {{{name}}}")
    for name in sorted(set(provider.needs) - _NEEDS):
        yield Problem(f"'needs' cannot hold {name!r}", f"it is one of: {', '.join(sorted(_NEEDS))}", where)
    if not provider.title.strip():
        yield Problem("'title' is empty", "messages name the provider by it", where, 'title = "Example Telecom"')


def _sent(provider: Provider, where: str) -> Iterator[Problem]:
    """Yield what is wrong with what is sent along: headers, and the fields by which a token is had."""
    tables: dict[str, Mapping[str, str]] = {"headers": provider.headers}
    if provider.token:
        tables |= {"token.headers": provider.token.headers, "token.form": provider.token.form}
    for table, sent in tables.items():
        for name, text in sent.items():
            key = f"{table}.{name}"
            yield from _places(key, text, _PUBLIC | _SECRET, where)
            if table.endswith("headers"):
                yield from _header(key, name, text, where)
            if _HIDES.search(name) and text and not _PLACE.search(text):
                reason = "it looks like a secret, and whoever reads the file would have it"
                yield Problem(f"'{key}' holds a text of its own", reason, where, f'{name} = "{{credential}}"')


def _header(key: str, name: str, text: str, where: str) -> Iterator[Problem]:
    if not _HEADER.fullmatch(name) or name.lower() in _OURS:
        reason = "it is a name that Tollbook writes itself, or none that a header may have"
        yield Problem(f"'{key}' cannot be sent", reason, where, "leave it away")
    if any(not " " <= sign <= "~" for sign in text):
        yield Problem(f"'{key}' cannot be sent", "a header is one line of ASCII", where, "write it so")


def _numbers(provider: Provider, where: str) -> Iterator[Problem]:
    for key, (least, most) in _RANGES.items():
        value: object = provider
        for name in key.split("."):
            value = getattr(value, name)
        if not isinstance(value, int | float) or not least <= value <= most:
            yield Problem(f"'{key}' must be between {least} and {most}", f"got {value}", where)


def _paging(paging: PagingWay, where: str) -> Iterator[Problem]:
    for name in _PAGING[paging.way]:
        if not getattr(paging, name):
            reason = f"the way {paging.way!r} finds the next page by it"
            yield Problem(
                f"'paging.{name}' is missing", reason, where, "`tollbook dialect schema provider` explains it"
            )
