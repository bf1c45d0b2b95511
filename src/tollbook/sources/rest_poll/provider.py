"""What differs from provider to provider, as data: `provider.toml` beside the provider's `dialect.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Literal
from urllib.parse import quote

import msgspec

from tollbook.plugins import read_toml

PROVIDER_FILE_NAME = "provider.toml"


class TokenWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an access token is asked for: the fields of `form` posted to `address`, with `headers`.

    `basic` sends client ID and secret as a header.
    """

    address: str
    form: dict[str, str]
    basic: bool = False
    headers: dict[str, str] = {}


class WindowWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a window of time is written in a request, in UTC, and how wide it may be.

    `form` is how an instant is written: ISO 8601, that with milliseconds, the day alone, or up to the second with a
    blank between. `longest_s` is how wide a window may be. `held_s` is how far back the provider holds records, `lag_s`
    how late it gives the newest.
    """

    form: Literal["iso", "iso-ms", "day", "minutes"] = "iso-ms"
    longest_s: int = 86_400
    held_s: int = 31_536_000
    lag_s: int = 0


class PagingWay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the next page is found: the `way`, and what it needs.

    `link`: the whole address stands at `key` in the answer; `header`: in the header Link; `token`: a text at `key`,
    given back as `parameter`; `offset`: `parameter` counts rows by `size` from `first` on, `page`: it counts pages.
    A page without records is the last one, and by `offset` and `page` also one that has fewer than `size`.
    """

    way: Literal["link", "header", "token", "offset", "page"]
    key: tuple[str, ...] = ()
    parameter: str = ""
    first: int = 0
    size: int = 0


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One provider's API. Texts in braces are filled in: account, client_id, client_secret, credential, from, to.

    `title` is the provider's name. `address` is where the API is, `path` stands behind it, with the `query`, and
    `headers` are sent along. `records` are the keys under which the list of records stands in an answer, `paging` is
    how the next page is found, and `window` how a window of time is asked for. `account` stands where none is set.
    `needs` are the options without which nothing can be asked, `token` is how an access token is had, and `pause_s` the
    seconds between two requests.
    """

    title: str
    address: str
    path: str
    records: tuple[str, ...]
    paging: PagingWay
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    account: str = ""
    needs: tuple[str, ...] = ("client-id", "client-secret")
    token: TokenWay | None = None
    window: WindowWay = WindowWay()
    pause_s: float = 0.0


@cache
def providers() -> dict[str, Provider]:
    """Return the providers that the catalogue has, by name."""
    catalogue = resources.files("tollbook").joinpath("dialects", "catalogue")
    found = [each for each in catalogue.iterdir() if each.joinpath(PROVIDER_FILE_NAME).is_file()]
    found.sort(key=lambda each: each.name)
    return {_slug(each.name): msgspec.convert(read_toml(each, PROVIDER_FILE_NAME), Provider) for each in found}


def _slug(folder: str) -> str:
    return folder.replace("_", "-")


def filled(template: str, values: Mapping[str, str], *, quoted: bool = False) -> str:
    """Return a text with what stands in braces filled in; `quoted` for a path.

    >>> filled("/account/{account}/call-log", {"account": "a/b"}, quoted=True)
    '/account/a%2Fb/call-log'
    """
    for name, value in values.items():
        template = template.replace("{" + name + "}", quote(value, safe="~:") if quoted else value)
    return template


def written(at_s: float, form: str) -> str:
    """Return an instant, in seconds since 1970, as a provider wants it.

    >>> written(1_700_000_000.5, "iso"), written(1_700_000_000.5, "iso-ms")
    ('2023-11-14T22:13:20Z', '2023-11-14T22:13:20.500Z')
    """
    at = datetime.fromtimestamp(at_s, UTC)
    if form == "day":
        return at.strftime("%Y-%m-%d")
    if form == "minutes":
        return at.strftime("%Y-%m-%d %H:%M:%S")
    whole = at.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at.microsecond // 1000:03d}Z" if form == "iso-ms" else f"{whole}Z"
