"""A provider that a site has in its own folder of formats: read, refused, held by the fence, and asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.hosted import HostedProvider, a_provider, call, cut, settings_for, throttles, token_runs_out
from tests.fakes.sites import at_work, settle, until
from tollbook.dialects.known import Catalogue
from tollbook.engine.engine import Engine
from tollbook.model.fence import Fence
from tollbook.model.health import State
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured, Problem, Unavailable
from tollbook.site.pbxs.checks import PbxBounds, problems_of
from tollbook.sources.rest_poll.chosen_provider import provider_of
from tollbook.sources.rest_poll.options import Options
from tollbook.sources.rest_poll.own_provider import find_provider, own_names, read_provider
from tollbook.sources.rest_poll.provider import Provider, providers
from tollbook.sources.rest_poll.provider_faults import faults_of_provider

PATIENCE_S = 60.0
Document = dict[str, Any]
GOOD: Document = {
    "title": "Example Telecom",
    "address": "https://api.example.com",
    "path": "/restapi/v1.0/account/{account}/call-log",
    "account": "~",
    "needs": ["client-id", "client-secret", "credential"],
    "records": ["records"],
    "query": {"dateFrom": "{from}", "dateTo": "{to}"},
    "token": {
        "address": "https://login.example.com/oauth/token",
        "basic": True,
        "form": {"grant_type": "jwt", "assertion": "{credential}"},
    },
    "window": {"form": "iso-ms", "longest_s": 604_800},
    "paging": {"way": "link", "key": ["navigation", "nextPage", "uri"]},
}


def changed(path: str, value: object) -> Document:
    """The good provider with one key set, or taken away."""
    document = copy.deepcopy(GOOD)
    holder, names = document, path.split(".")
    for name in names[:-1]:
        holder = holder[name]
    if value is None:
        del holder[names[-1]]
    else:
        holder[names[-1]] = value
    return document


def laid(site: Path, document: Document | str, name: str = "example_telecom") -> Path:
    """Put a provider into a site's folder of formats."""
    folder = site / "dialects" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else tomli_w.dumps(document)
    (folder / "provider.toml").write_text(text)
    return folder / "provider.toml"


def told(document: Document | str) -> list[Problem]:
    """What is said of a provider that cannot be used."""
    text = document if isinstance(document, str) else tomli_w.dumps(document)
    with pytest.raises(Misconfigured) as refused:
        read_provider(text, "dialects/example_telecom/provider.toml")
    return list(refused.value.problems)


@pytest.fixture
def provider() -> Iterator[HostedProvider]:
    with a_provider() as running:
        yield running


def asking(provider: HostedProvider, **more: str) -> Pbx:
    settings = {**settings_for(provider, **more), "provider": "example-telecom"}
    settings["token-url"] = provider.url
    return Pbx(name="cloud", dialect="ringcentral", source="rest_poll", timezone="UTC", settings=settings)


def stored(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


# ---------------------------------------------------------------- asked


def test_it_pages_is_throttled_breaks_off_and_sends_again_and_each_call_is_there_once(
    provider: HostedProvider, tmp_path: Path
) -> None:
    laid(tmp_path / "site", GOOD)
    provider.add(*(call(number) for number in range(20)))
    provider.faults = [throttles("1"), None, cut, token_runs_out]

    with at_work(tmp_path / "site", asking(provider)) as engine:
        until(lambda: stored(engine) == 20, PATIENCE_S)
        asked = len(provider.asked)
        provider.add(call(20), provider.records[5])
        until(lambda: stored(engine) == 21 and len(provider.asked) >= asked + 3, PATIENCE_S)
        settle(engine)

        assert engine.site.store.rows("SELECT count(*), count(DISTINCT call_id) FROM call") == [(21, 21)]


def test_a_change_of_the_file_counts_from_the_next_request_on(provider: HostedProvider, tmp_path: Path) -> None:
    laid(tmp_path / "site", GOOD)
    with at_work(tmp_path / "site", asking(provider)) as engine:
        until(lambda: provider.asked, PATIENCE_S)
        laid(tmp_path / "site", changed("query.perPage", "250"))
        until(lambda: provider.asked[-1].get("perPage") == "250", PATIENCE_S)
        laid(tmp_path / "site", changed("paging.way", "sideways"))
        until(lambda: engine.health()[0].state is State.NEEDS_ATTENTION, PATIENCE_S)
        said = engine.health()[0].message

    assert "dialects/example_telecom/provider.toml: 'paging.way' cannot be used" in said


# ---------------------------------------------------------------- found


def test_it_is_found_by_its_folder_and_one_of_the_catalogue_stays_what_it_is(tmp_path: Path) -> None:
    laid(tmp_path, GOOD)
    laid(tmp_path, GOOD, "ringcentral")

    assert own_names(tmp_path) == ["example-telecom"]
    assert find_provider("example-telecom", tmp_path).title == "Example Telecom"
    assert find_provider("ringcentral", tmp_path) is providers()["ringcentral"]


@pytest.mark.parametrize("name", ["example-telecon", "../example-telecom", "", "a/b", "x" * 300, "example telecom"])
def test_a_name_that_there_is_not_says_what_was_meant_or_where_to_put_it(tmp_path: Path, name: str) -> None:
    laid(tmp_path, GOOD)
    with pytest.raises(Misconfigured) as refused:
        find_provider(name, tmp_path)

    (problem,) = refused.value.problems
    assert "no provider is called" in problem.what
    assert "provider.toml" in problem.help


def test_what_is_no_plain_file_or_too_large_is_refused(tmp_path: Path) -> None:
    laid(tmp_path, "x = 1\n" * 20_000)
    (tmp_path / "dialects" / "folder" / "provider.toml").mkdir(parents=True)

    with pytest.raises(Misconfigured, match="the provider is too large"):
        find_provider("example-telecom", tmp_path)
    with pytest.raises(Misconfigured, match="it is no plain file"):
        find_provider("folder", tmp_path)


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize("provider", providers().values(), ids=providers())
def test_the_providers_of_the_catalogue_pass_the_same_checks(provider: Provider) -> None:
    assert list(faults_of_provider(provider, "catalogue")) == []


FAULTS = [
    ("address", "http://api.example.com", "'address' cannot be used"),
    ("address", "https://name:word@api.example.com", "'address' cannot be used"),
    ("address", "https://", "'address' cannot be used"),
    ("address", "https://api.example.com?x=1", "'address' cannot be used"),
    ("address", "https://api.example.com\\@evil.example", "'address' cannot be used"),
    ("address", "https://[::1", "'address' cannot be used"),
    ("address", "https://api.example.com:99999", "'address' cannot be used"),
    ("address", "ftp://api.example.com", "'address' cannot be used"),
    ("address", "https://{credential}.example.com", "'address' cannot hold {credential}"),
    ("address", "https://{tenant}.example.com", "'address' cannot hold {tenant}"),
    ("token.address", "http://login.example.com/oauth", "'token.address' cannot be used"),
    ("token.address", "https://login.example.com/{client_secret}", "'token.address' cannot hold {client_secret}"),
    ("path", "calls", "'path' cannot be used"),
    ("path", "/calls?x=1", "'path' cannot be used"),
    ("path", "/calls/{credential}", "'path' cannot hold {credential}"),
    ("query.key", "{client_secret}", "'query.key' cannot hold {client_secret}"),
    ("query.dateFrom", "today", "nothing holds {from}"),
    ("account", "{credential}", "'account' cannot hold {credential}"),
    ("headers", {"Host": "elsewhere"}, "'headers.Host' cannot be sent"),
    ("headers", {"X-A": "a\r\nX-B: b"}, "'headers.X-A' cannot be sent"),
    ("headers", {"X Y": "a"}, "'headers.X Y' cannot be sent"),
    ("headers", {"X-Api-Key": "abcdef"}, "'headers.X-Api-Key' holds a text of its own"),
    ("token.form.password", "abcdef", "'token.form.password' holds a text of its own"),
    ("needs", ["colour"], "'needs' cannot hold 'colour'"),
    ("title", " ", "'title' is empty"),
    ("window.longest_s", 0, "'window.longest_s' must be between 60 and 315360000"),
    ("window.held_s", -1, "'window.held_s' must be between 60 and 315360000"),
    ("window.lag_s", 10**9, "'window.lag_s' must be between 0 and 604800"),
    ("pause_s", 1e9, "'pause_s' must be between 0 and 3600"),
    ("paging.key", [], "'paging.key' is missing"),
    ("paging", {"way": "token", "key": ["next"]}, "'paging.parameter' is missing"),
    ("paging", {"way": "page", "parameter": "page"}, "'paging.size' is missing"),
    ("title", "x" * 5000, "'title' is too long"),
    ("query", {f"a{number}": "x" for number in range(200)}, "there is too much in 'query'"),
    ("window.form", "roman", "'window.form' cannot be used"),
    ("records", "records", "'records' cannot be used"),
    ("colour", "red", "the provider cannot be used"),
    ("paging", None, "the provider cannot be used"),
    ("window.longest_s", "long", "'window.longest_s' cannot be used"),
]


@pytest.mark.parametrize(("key", "value", "what"), FAULTS)
def test_a_fault_is_told_with_file_key_reason_and_remedy(key: str, value: object, what: str) -> None:
    problems = told(changed(key, value))
    mine = [problem for problem in problems if problem.what == what]

    assert mine, [problem.what for problem in problems]
    assert mine[0].where == "dialects/example_telecom/provider.toml"
    assert mine[0].reason


def test_every_fault_is_told_at_once() -> None:
    document = changed("address", "http://api.example.com") | {"path": "calls", "title": ""}

    assert [problem.what for problem in told(document)] == [
        "'address' cannot be used", "'path' cannot be used", "'title' is empty",
    ]  # fmt: skip


def test_what_is_no_toml_is_refused_with_its_place() -> None:
    (problem,) = told("title = \n")

    assert problem.what == "the provider cannot be read"
    assert "line 1" in problem.reason


WORDS = st.one_of(
    st.sampled_from(["", "http://x", "https://x", "{credential}", "{account}", "{", "/", "\n", "é", "169.254.169.254"]),
    st.text(max_size=30),
    st.integers(-(10**20), 10**20),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
)
KEYS = [
    "title", "address", "path", "account", "needs", "records", "query", "query.dateFrom", "token", "token.address",
    "token.form", "headers", "window", "window.longest_s", "paging", "paging.way", "paging.key", "pause_s",
]  # fmt: skip


def read_or_told(document: Document) -> tuple[Provider | None, list[Problem]]:
    try:
        return read_provider(tomli_w.dumps(document), "provider.toml"), []
    except Misconfigured as refused:
        return None, list(refused.problems)


@given(st.lists(st.tuples(st.sampled_from(KEYS), WORDS), min_size=1, max_size=3))
def test_whatever_stands_in_it_is_refused_in_words_or_sends_secrets_over_https_alone(
    changes: list[tuple[str, object]],
) -> None:
    document = copy.deepcopy(GOOD)
    for key, value in changes:
        *outer, last = key.split(".")
        holder = document[outer[0]] if outer else document
        if isinstance(holder, dict):
            holder[last] = value
    provider, problems = read_or_told(document)
    assert all(problem.what and problem.reason for problem in problems)
    if provider is None:
        assert problems
        return
    shown = [provider.address, provider.path, *provider.query.values()]
    shown += [provider.token.address] if provider.token else []
    assert provider.address.startswith("https://")
    assert provider.token is None or provider.token.address.startswith("https://")
    assert [text for text in shown if "{client_secret}" in text or "{credential}" in text] == []


# ---------------------------------------------------------------- held by the fence


def kept(site: Path, document: Document, **settings: str) -> list[Problem]:
    """What is said when a PBX that asks a provider is kept."""
    laid(site, document)
    secrets = {"client-id": "id", "client-secret": "word", "credential": "jwt"}
    pbx = Pbx(
        name="cloud",
        dialect="ringcentral",
        source="rest_poll",
        settings={"provider": "example-telecom", **secrets, **settings},
    )
    fence = Fence(site=str(site), networks=(ip_network("192.0.2.0/24"),))
    return problems_of(pbx, PbxBounds(Catalogue(site / "dialects"), fence))


def test_a_provider_within_the_fence_is_kept(tmp_path: Path) -> None:
    document = changed("address", "https://192.0.2.7:8443/v1")

    assert kept(tmp_path, document) == []


@pytest.mark.parametrize("key", ["address", "token.address"])
@pytest.mark.parametrize("host", ["198.51.100.9", "[2001:db8::1]", "169.254.169.254", "2130706433"])
def test_records_and_token_are_asked_for_within_the_fence_alone(tmp_path: Path, key: str, host: str) -> None:
    (problem,) = kept(tmp_path, changed(key, f"https://{host}/oauth"))

    assert problem.what == f"'{key}' of Example Telecom must be somewhere that may be connected to"
    assert "[allow]" in problem.help


@pytest.mark.parametrize("key", ["address", "token.address"])
def test_what_an_account_fills_in_is_held_by_the_fence_too(tmp_path: Path, key: str) -> None:
    document = changed(key, "https://{account}/oauth")

    (problem,) = kept(tmp_path, document, account="169.254.169.254")
    assert problem.what == f"'{key}' of Example Telecom must be somewhere that may be connected to"
    for account in ("evil.example/#", "evil@elsewhere.example", "evil.example:80:80", "a b", "x?y"):
        (problem,) = kept(tmp_path, document, account=account)
        assert problem.what == f"'{key}' of Example Telecom leads nowhere"


def test_it_is_held_by_the_fence_as_it_is_used_too(tmp_path: Path) -> None:
    laid(tmp_path, changed("token.address", "https://169.254.169.254/oauth"))
    options = Options(provider="example-telecom", client_id="id")

    with pytest.raises(Unavailable, match="link-local") as refused:
        provider_of(options, Fence(site=str(tmp_path)))
    assert refused.value.permanent


def test_a_provider_that_is_not_there_is_said_when_the_pbx_is_kept(tmp_path: Path) -> None:
    (problem,) = kept(tmp_path, GOOD, provider="example-telecon")

    assert problem.reason == "did you mean 'example-telecom'?"
