"""The account of a soak: what is lost, doubled or altered is said, with where and an example."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

from bench.soak import account
from bench.soak.gauge import SOME, Use, allowed, rises
from bench.soak.traffic import Traffic, pbxs
from tests.fakes.hooks import Hook

CALLS = [{"id": str(number), "caller": f"555-010{number}", "change": number} for number in range(3)]


def ledger_of(raws: dict[str, Counter[bytes]], *rejects: bytes) -> account.Ledger:
    return account.Ledger(calls=[], raws=raws, rejects={"udp": list(rejects)})


def sent_by(traffic: Traffic) -> dict[str, Counter[bytes]]:
    traffic.sent["udp"] = Counter([b"record 1", b"record 2"])
    traffic.noise["udp"] = {b"noise"}
    return traffic.sent


def test_records_that_are_missing_or_there_twice_are_said_with_their_pbx(tmp_path: Path) -> None:
    with pbxs(tmp_path) as traffic:
        sent_by(traffic)
        there = ledger_of({"udp": Counter([b"record 2", b"record 2"])}, b"noise")

        found = [(each.what, each.where) for each in account.of_records(traffic, there)]

    assert found == [
        ("1 are missing", "the ledger, PBX udp"),
        ("1 are there that do not belong there", "the ledger, PBX udp"),
    ]


def test_rejects_may_be_noise_and_broken_records_and_nothing_else(tmp_path: Path) -> None:
    with pbxs(tmp_path) as traffic:
        sent = sent_by(traffic)

        assert list(account.of_records(traffic, ledger_of(sent, b"noise", b"reco"))) == []
        odd = list(account.of_records(traffic, ledger_of(sent, b"reco", b"record 1")))

    assert [each.what for each in odd] == ["1 are missing", "1 are there that do not belong there"]


def test_a_row_of_the_table_with_another_cell_is_said_as_missing_and_as_odd() -> None:
    altered = [*CALLS[1:], {**CALLS[0], "caller": "555-0199"}]

    assert list(account.of_table(CALLS, CALLS)) == []
    assert [each.what for each in account.of_table(CALLS, altered)] == [
        "1 are missing",
        "1 are there that do not belong there",
    ]


def test_a_webhook_may_hear_again_only_as_much_as_kills_explain() -> None:
    with closing(Hook()) as hook:
        hook.calls = [*CALLS, CALLS[0]]

        assert list(account.of_hook(CALLS, hook, 1)) == []
        assert [each.what for each in account.of_hook(CALLS, hook, 0)] == ["1 calls came again"]


def test_memory_descriptors_and_threads_may_rise_to_their_bounds() -> None:
    middle, rest = Use(rss=100e6, pss=100e6), Use(descriptors=30, threads=20)
    most = allowed(100e6)

    assert list(rises(middle, Use(rss=most, pss=most), (rest, rest))) == []
    more = rises(middle, Use(rss=most + 1, pss=most), (rest, Use(descriptors=30 + SOME + 1, threads=20 + SOME)))
    assert [each.where for each in more] == ["the server's memory", "the server at rest"]
