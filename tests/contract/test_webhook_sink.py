"""The sink `webhook` against a real address, which fails as real ones do."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.hooks import Hook, a_hook
from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, handed_on, import_file, settle, sink_health, until
from tollbook.engine.engine import Engine
from tollbook.engine.sinks import worker
from tollbook.engine.sinks.sinks import Sinks
from tollbook.engine.site import Site
from tollbook.model.health import State
from tollbook.model.problem import Misconfigured
from tollbook.model.sink import Sink

LINES = some_lines(300)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with a_hook() as hook:
        yield hook


def a_sink(hook: Hook, **settings: str) -> Sink:
    return Sink(name="crm", kind="webhook", settings={"url": hook.url, **settings})


def put(engine: Engine, lines: list[bytes]) -> None:
    import_file(engine, "hts", b"".join(lines))


def in_store(engine: Engine) -> Counter[str]:
    return Counter(str(key) for (key,) in engine.site.store.rows("SELECT id FROM call"))


def test_every_call_comes_once_to_an_address_that_fails_half_of_the_time(hook: Hook, tmp_path: Path) -> None:
    hook.fails = 0.5
    sink = a_sink(hook, batch="20", tries="30")
    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES)
        handed_on(engine, "crm")

        assert Counter(call["id"] for call in hook.calls) == in_store(engine)
        assert hook.asked > len(hook.bodies)
        assert [call["change"] for call in hook.calls] == [*range(1, 301)]


def test_a_server_that_starts_again_goes_on_where_it_was(hook: Hook, tmp_path: Path) -> None:
    for part in range(3):
        with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[a_sink(hook)]) as engine:
            put(engine, LINES[part * 50 : part * 50 + 50])
            handed_on(engine, "crm")

            assert Counter(call["id"] for call in hook.calls) == in_store(engine)


def test_a_store_made_again_sends_nothing(hook: Hook, tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[a_sink(hook)]) as engine:
        put(engine, LINES)
        handed_on(engine, "crm")
        asked = hook.asked
        engine.rebuild()
        handed_on(engine, "crm")

        assert hook.asked == asked


def test_after_the_store_was_lost_a_person_says_from_which_day_to_go_on(hook: Hook, tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[a_sink(hook)]) as engine:
        put(engine, LINES[:50])
        handed_on(engine, "crm")
    (tmp_path / "calls.duckdb").unlink()

    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[a_sink(hook)]) as engine:
        until(lambda: sink_health(engine, "crm").state is State.NEEDS_ATTENTION)
        settle(engine)
        assert "sink backfill crm --from DAY" in sink_health(engine, "crm").message
        assert len(hook.calls) == 50
        engine.sinks.backfill("crm", "2030-01-01")
        until(lambda: sink_health(engine, "crm").behind == 0)
        put(engine, LINES[50:60])
        handed_on(engine, "crm")
        assert len(hook.calls) == 60


def test_no_day_to_go_on_from_is_taken_while_the_lost_store_is_made_again(hook: Hook, tmp_path: Path) -> None:
    with at_work(tmp_path, sinks=[a_sink(hook)], sources=False) as engine:
        put(engine, LINES[:50])
    (tmp_path / "calls.duckdb").unlink()
    site = Site.open(tmp_path, purpose="a test")  # nothing is at work in it, so that it stays as it is
    try:
        sinks = Sinks(site, lambda: [a_sink(hook)])
        sinks.apply(run=False)
        with pytest.raises(Misconfigured, match="the store is being made again"):
            sinks.backfill("crm", "2030-01-01")
    finally:
        site.close()


def test_a_delivery_proves_where_it_comes_from(hook: Hook, tmp_path: Path) -> None:
    with at_work(
        tmp_path,
        a_pbx(path=str(tmp_path)),
        sinks=[a_sink(hook, key="correct horse", token="t0ken")],
    ) as engine:
        put(engine, LINES[:10])
        handed_on(engine, "crm")

    at, made = (part.partition("=")[2] for part in hook.heads[0]["Tollbook-Signature"].split(","))
    assert made == hmac.digest(b"correct horse", at.encode() + b"." + hook.bodies[0], "sha256").hex()
    assert hook.heads[0]["Authorization"] == "Bearer t0ken"


def test_a_delivery_that_is_refused_is_put_aside_and_can_be_sent_again(hook: Hook, tmp_path: Path) -> None:
    hook.refuses = '"change":3}'
    sink = a_sink(hook, batch="1", tries="2")
    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:6])
        handed_on(engine, "crm")
        assert sorted(call["change"] for call in hook.calls) == [1, 2, 4, 5, 6]
        assert sink_health(engine, "crm").refused == 1
        assert "422" in engine.sinks.dead_letters("crm")[0].reason
        assert engine.sinks.resend("crm") == (0, 1)

        hook.refuses = ""
        assert engine.sinks.resend("crm") == (1, 0)

        assert Counter(call["id"] for call in hook.calls) == in_store(engine)
        assert sink_health(engine, "crm").refused == 0


@pytest.mark.parametrize("room", [0, -1])
def test_as_much_is_put_aside_as_there_is_room_for_and_then_the_sink_waits(
    room: int,
    hook: Hook,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook.fails, hook.answers = 1.0, (422,)
    sink = a_sink(hook, batch="1", tries="1")
    with at_work(tmp_path / "first", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:2])
        until(lambda: sink_health(engine, "crm").refused == 2)
        size = sum(len(letter.content) for letter in engine.sinks.dead_letters("crm"))
    monkeypatch.setattr(worker, "DEAD_LETTERS", size + room)
    with at_work(tmp_path / "second", a_pbx(path=str(tmp_path)), sinks=[sink]) as engine:
        put(engine, LINES[:3])
        until(lambda: sink_health(engine, "crm").state is State.NEEDS_ATTENTION)

        assert "no more can be put aside" in sink_health(engine, "crm").message
        assert len(engine.sinks.dead_letters("crm")) == 2 + room


def test_an_address_that_lets_nobody_in_needs_a_person(hook: Hook, tmp_path: Path) -> None:
    hook.fails, hook.answers = 1.0, (401,)
    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sinks=[a_sink(hook)]) as engine:
        put(engine, LINES[:6])
        until(lambda: sink_health(engine, "crm").state is State.NEEDS_ATTENTION)

        assert "401" in sink_health(engine, "crm").message
        assert engine.sinks.dead_letters("crm") == []


def test_a_test_sends_no_call(hook: Hook, tmp_path: Path) -> None:
    with at_work(tmp_path, a_pbx(path=str(tmp_path)), sources=False, sinks=[a_sink(hook)]) as engine:
        put(engine, LINES[:6])
        assert engine.sinks.test("crm").well

    assert hook.calls == []
    assert len(hook.bodies) == 1
