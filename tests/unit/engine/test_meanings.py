"""Giving calls another meaning: a PBX whose plan cannot be used keeps no other waiting."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.fakes.sites import PATIENCE_S, a_pbx, until
from tollbook.engine.pipeline.meanings import Meanings
from tollbook.model.pricing import PriceRun, Pricing, TariffRule
from tollbook.store.store import Store


def test_a_plan_that_cannot_be_used_is_told_and_keeps_no_other_waiting() -> None:
    broken = msgspec.structs.replace(a_pbx("broken"), plan={"": {"country": "nowhere"}})
    sound = msgspec.structs.replace(a_pbx("sound"), plan={"": {"country": "GB"}})
    with closing(Store(Path(":memory:"))) as store:
        meanings = Meanings(store, lambda: [broken, sound])
        meanings.look()
        meanings.start()
        until(lambda: "sound" in store.plans())
        meanings.stop()

        assert meanings.waiting == ["broken"]
        assert "broken" not in store.plans()


def test_what_is_being_priced_is_not_done_though_the_former_prices_are_wanted_again_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    pbx = a_pbx("hts")
    former, other = Pricing(), Pricing((PriceRun(rules=(TariffRule(id=1, tariff="a"),), versions=()),))
    with closing(Store(Path(":memory:"))) as store:
        reprice = store.reprice

        def held(name: str, prices: Pricing, zone: str) -> int:
            begun.set()
            assert go_on.wait(PATIENCE_S)
            return reprice(name, prices, zone)

        monkeypatch.setattr(store, "reprice", held)
        meanings = Meanings(store, lambda: [pbx])
        wanted = [other]
        meanings.prices = lambda: wanted[0]
        meanings.look()
        meanings.start()
        assert begun.wait(PATIENCE_S)
        wanted[0] = former
        meanings.look()

        assert (meanings.pricing, meanings.running) == (["hts"], True)
        go_on.set()
        until(lambda: not meanings.running)
        assert store.pricings() == {}
        meanings.stop()
