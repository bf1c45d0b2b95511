"""Giving calls another meaning: a PBX whose plan cannot be used keeps no other waiting."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec

from tests.fakes.sites import a_pbx, until
from tollbook.engine.pipeline.meanings import Meanings
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
