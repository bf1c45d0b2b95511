"""Hosted telephony against a provider that pages, throttles, forgets tokens, breaks off and sends twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.hosted import (
    JWT,
    SECRET,
    Fault,
    HostedProvider,
    a_provider,
    call,
    cut,
    says,
    says_too_short,
    settings_for,
    throttles,
    token_runs_out,
)
from tests.fakes.sites import at_work, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import State
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options
from tollbook.sources.rest_poll.exchange import RestAnswer
from tollbook.sources.rest_poll.options import Options
from tollbook.sources.rest_poll.page import page_of
from tollbook.sources.rest_poll.provider import providers

PATIENCE_S = 60.0


@pytest.fixture
def provider() -> Iterator[HostedProvider]:
    with a_provider() as running:
        yield running


def hosted(provider: HostedProvider, **more: str) -> Pbx:
    settings = settings_for(provider, **more)
    return Pbx(name="cloud", dialect="ringcentral", source="rest_poll", timezone="UTC", settings=settings)


def ids(engine: Engine) -> list[str]:
    settle(engine)
    return sorted(str(row[0]) for row in engine.site.store.rows("SELECT call_id FROM call"))


def stored(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def journalled(engine: Engine) -> list[bytes]:
    bodies = engine.site.journal.bodies()
    return b"".join(b"".join(engine.site.journal.bytes_from(body.id, 0)) for body in bodies).splitlines()


def numbered(*numbers: int) -> list[str]:
    return [f"R{number:06d}" for number in numbers]


def test_all_pages_are_taken_each_record_once(provider: HostedProvider, tmp_path: Path) -> None:
    provider.add(*(call(number) for number in range(30)))

    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: stored(engine) == 30, PATIENCE_S)

        assert ids(engine) == numbered(*range(30))
        assert [query.get("page") for query in provider.asked[:5]] == [None, "2", "3", "4", "5"]


def test_a_record_that_comes_late_again_or_in_another_order_is_one_call(
    provider: HostedProvider,
    tmp_path: Path,
) -> None:
    provider.add(*(call(number) for number in range(10)))
    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: stored(engine) == 10, PATIENCE_S)
        provider.records.reverse()
        provider.add(call(11, ago_s=3600), dict(reversed(provider.records[3].items())))
        until(lambda: stored(engine) == 11, PATIENCE_S)
        asked = len(provider.asked)
        until(lambda: len(provider.asked) >= asked + 4, PATIENCE_S)

        assert ids(engine) == numbered(*range(10), 11)
        assert max(Counter(journalled(engine)).values()) == 1


def test_a_call_that_goes_on_is_taken_once_it_is_over(provider: HostedProvider, tmp_path: Path) -> None:
    begun = call(1, result="In Progress", duration=0)
    provider.add(begun)
    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: len(provider.asked) >= 2, PATIENCE_S)
        settle(engine)
        assert stored(engine) == 0
        provider.records = [begun | {"result": "Accepted", "duration": 42}]
        until(lambda: stored(engine) == 1, PATIENCE_S)

        assert engine.site.store.rows("SELECT talk_s FROM call") == [(42,)]


def test_a_record_that_changed_since_is_the_same_call(provider: HostedProvider, tmp_path: Path) -> None:
    first = call(1, duration=40)
    provider.add(first)
    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: stored(engine) == 1, PATIENCE_S)
        provider.records = [first | {"recording": {"id": "1"}}]
        until(lambda: len(journalled(engine)) == 2, PATIENCE_S)

        assert ids(engine) == numbered(1)
        assert engine.site.store.rows("SELECT legs FROM call") == [(2,)]


MISBEHAVING: dict[str, Fault] = {
    "throttled by seconds": throttles("1"),
    "throttled until a time in the past": throttles("Wed, 21 Oct 2015 07:28:00 GMT"),
    "the token has run out": token_runs_out,
    "cut off": cut,
    "shorter than it says": says(b'{"records":[]}', length=500),
    "longer than it says": says_too_short,
    "no JSON": says(b"<html>maintenance</html>"),
    "without the list": says(b'{"message":"soon"}'),
    "nested without end": says(b'{"records":' + b"[" * 100_000),
    "an error": says(b"oops", 502),
}


@pytest.mark.parametrize("fault", MISBEHAVING.values(), ids=MISBEHAVING)
@pytest.mark.parametrize("page", [0, 2])
def test_a_provider_that_misbehaves_on_a_page_loses_and_doubles_nothing(
    provider: HostedProvider,
    tmp_path: Path,
    fault: Fault,
    page: int,
) -> None:
    provider.add(*(call(number) for number in range(20)))
    provider.faults = [*[None] * page, fault]

    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: stored(engine) == 20, PATIENCE_S)

        assert ids(engine) == numbered(*range(20))
        assert engine.site.store.rows("SELECT count(*) FROM reject") == [(0,)]


def test_what_is_no_record_in_the_list_is_a_reject(provider: HostedProvider, tmp_path: Path) -> None:
    provider.faults = [says(b'{"records":[null,"text",{"id":5}],"navigation":{}}')]

    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: engine.site.store.rows("SELECT count(*) FROM reject") == [(3,)], PATIENCE_S)


def test_no_secret_is_in_health_journal_or_addresses(provider: HostedProvider, tmp_path: Path) -> None:
    provider.add(call(1))
    with at_work(tmp_path / "site", hosted(provider, credential="another-jwt")) as engine:
        until(lambda: engine.health()[0].state is State.NEEDS_ATTENTION, PATIENCE_S)
        said = engine.health()[0].message
    with at_work(tmp_path / "site", hosted(provider)) as engine:
        until(lambda: stored(engine) == 1, PATIENCE_S)
        origins = {body.origin for body in engine.site.journal.bodies()}

    assert "refuses an access token (400)" in said
    assert origins == {f"{provider.url}/restapi/v1.0/account/~/call-log"}
    told = said + repr(origins) + json.dumps(provider.asked)
    assert [secret for secret in (SECRET, JWT, "another-jwt", "token-0") if secret in told] == []


def test_after_a_restart_it_asks_from_where_it_stood(provider: HostedProvider, tmp_path: Path) -> None:
    provider.add(call(1))
    pbx = hosted(provider, history="10d", overlap="60m")
    with at_work(tmp_path / "site", pbx) as engine:
        until(lambda: stored(engine) == 1, PATIENCE_S)
    provider.asked.clear()
    provider.add(call(2))
    with at_work(tmp_path / "site", pbx) as engine:
        until(lambda: stored(engine) == 2, PATIENCE_S)

        assert ids(engine) == numbered(1, 2)
    assert provider.asked[0]["dateFrom"] > call(3, ago_s=2 * 3600)["startTime"]


def test_a_link_to_another_place_is_not_followed() -> None:
    ringcentral = providers()["ringcentral"]
    answer = RestAnswer(200, {}, b'{"records":[{}],"navigation":{"nextPage":{"uri":"https://elsewhere.example/x"}}}')

    with pytest.raises(Unavailable, match="leads elsewhere"):
        page_of(answer, ringcentral, "https://platform.ringcentral.com/restapi/v1.0/account/~/call-log")


def test_a_record_is_the_same_bytes_however_its_keys_are_ordered() -> None:
    ringcentral = providers()["ringcentral"]
    answer = RestAnswer(200, {}, b'{"records":[{"b": 0.00, "a": "\\u00e9"}, {"a":"\xc3\xa9","b":0.00}]}')

    assert page_of(answer, ringcentral, "https://x.example/y").records == ['{"a":"é","b":0.00}'.encode()]


def test_secrets_are_sent_to_a_place_outside_only_over_https() -> None:
    with pytest.raises(Exception, match="beginning with https://"):
        read_options(Options, {"provider": "ringcentral", "url": "http://192.0.2.10"}, "here")
