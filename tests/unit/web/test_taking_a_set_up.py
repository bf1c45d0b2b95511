"""A set-up that is handed down is taken whole or not at all, and holds nothing that a centre may not hand down."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec
import pytest

from tests.fakes.sites import a_pbx
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.place import BundlePiece, BundleTexts, WantedPiece
from tollbook.model.problem import Misconfigured, Unavailable
from tollbook.site.directory import operations as directory
from tollbook.site.directory.assignments import assignments
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.places import taken
from tollbook.site.tariffs import operations as tariffs
from tollbook.web.centre.link import Centre, CentreLink
from tollbook.web.centre.taking import fetch, take

LINK = CentreLink(url="https://centre.example", place="Hamburg", token="")
HEAD = "kind,value,pbx,name\n"
FLAT = 'title = "Flat"\ncurrency = "EUR"\n[[rate]]\nto = "*"\nname = "all"\nprice = "0.10"\n'


@pytest.fixture(autouse=True)
def pbx(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    pbxs.add(TOLLBOOK, a_pbx("hts", path=str(tmp_path / "watched")), engine.bounds)


def a_bundle(files: dict[str, str], *parts: str) -> BundleTexts:
    return BundleTexts(parts=parts, files=files)


def extensions() -> set[str]:
    return {each.value for each in assignments()}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("sinks.toml", ("formats", "tariffs", "plans", "directory")),
        ("roles.toml", ("directory",)),
        ("directory.csv", ("formats",)),
        ("dialects/../../secret-key/dialect.toml", ("tariffs",)),
        ("directory.csv", ("everything",)),
    ],
)
def test_what_a_centre_may_not_hand_down_is_refused_whole(name: str, parts: tuple[str, ...]) -> None:
    with pytest.raises(Misconfigured, match="none of the parts that a centre may hand down"):
        take(LINK, "1", a_bundle({"directory.csv": f"{HEAD}extension,101,,Anna\n", name: HEAD}, *parts))

    assert extensions() == set()
    assert taken.digest() == ""


def test_what_belongs_to_other_pbxs_is_left_out() -> None:
    rules = '[[rule]]\ntariff = "flat"\npbx = "front"\n\n[[rule]]\ntariff = "flat"\npbx = "hts"\n'
    files = {
        "directory.csv": f"{HEAD}extension,101,,Anna\nextension,102,front,Ben\nextension,103,hts,Cleo\n",
        "tariffs/flat/2026-01-01.toml": FLAT,
        "tariff-rules.toml": rules,
        "plans.toml": '[front.""]\ncountry = "FR"\n[hts.""]\ncountry = "DE"\n',
    }

    take(LINK, "1", a_bundle(files, "tariffs", "plans", "directory"))

    assert extensions() == {"101", "103"}
    assert [each.pbx for each in tariffs.rules()] == ["hts"]
    assert pbxs.find("hts").plan == {"": {"country": "DE"}}


def test_what_is_handed_down_no_more_goes_of_its_part_alone() -> None:
    files = {
        "directory.csv": f"{HEAD}extension,101,,Anna\nextension,102,,Ben\n",
        "phone-book.csv": "number,name\n+4930555010,Office\n",
        "tariffs/flat/2026-01-01.toml": FLAT,
        "tariff-rules.toml": '[[rule]]\ntariff = "flat"\n',
    }
    take(LINK, "1", a_bundle(files, "tariffs", "directory"))

    take(LINK, "2", a_bundle({"directory.csv": f"{HEAD}extension,102,,Ben\n"}, "directory"))

    assert extensions() == {"102"}
    assert list(directory.phone_book()) == []
    assert [each.tariff for each in tariffs.rules()] == ["flat"]

    take(LINK, "3", a_bundle(files, "tariffs", "directory"))
    take(LINK, "4", a_bundle({}, "tariffs", "directory"))

    assert extensions() == set()
    assert tariffs.rules() == []


def test_a_fault_in_the_last_part_takes_back_what_came_before(engine: Engine) -> None:
    take(LINK, "1", a_bundle({"directory.csv": f"{HEAD}extension,101,,Anna\n"}, "directory"))
    files = {
        "dialects/own/dialect.toml": "framing = 7\n",
        "plans.toml": '[hts.""]\ncountry = "DE"\n',
        "directory.csv": f"{HEAD}extension,102,,Ben\n",
    }

    with pytest.raises(Misconfigured):
        take(LINK, "2", a_bundle(files, "formats", "plans", "directory"))

    assert extensions() == {"101"}
    assert pbxs.find("hts").plan == {}
    assert taken.digest() == "1"
    assert not (engine.site.path / "dialects" / "own").exists()


class Answering:
    """A centre that answers each piece by a function."""

    def __init__(self, piece: Callable[[int], BundlePiece]) -> None:
        self._piece = piece

    def ask(self, path: str, value: WantedPiece, into: type[BundlePiece]) -> BundlePiece:
        """Return the piece that is wanted."""
        assert (path, into) == ("bundle", BundlePiece)
        return self._piece(value.number)


def fetched(piece: Callable[[int], BundlePiece], digest: str) -> BundleTexts:
    return fetch(cast("Centre", Answering(piece)), digest)


def test_a_bundle_is_fetched_in_pieces_and_a_damaged_one_refused() -> None:
    bundle = a_bundle({"directory.csv": HEAD}, "directory")
    content = msgspec.json.encode(bundle)
    packed, digest = gzip.compress(content), hashlib.sha256(content).hexdigest()
    half = len(packed) // 2
    halves = [packed[:half], packed[half:]]

    def piece(number: int) -> BundlePiece:
        return BundlePiece(bundle=digest, number=number, pieces=2, data=halves[number])

    assert fetched(piece, digest) == bundle
    with pytest.raises(Unavailable, match="has just changed"):
        fetched(piece, "another")
    with pytest.raises(Unavailable, match="damaged"):
        fetched(lambda number: msgspec.structs.replace(piece(number), data=halves[0]), digest)
    with pytest.raises(Unavailable, match="damaged"):
        fetched(lambda number: msgspec.structs.replace(piece(number), pieces=1), digest)


def test_a_bundle_without_end_is_given_up() -> None:
    def piece(number: int) -> BundlePiece:
        return BundlePiece(bundle="1", number=number, pieces=1 << 40, data=bytes(40 << 10))

    with pytest.raises(Unavailable, match="too large"):
        fetched(piece, "1")
    bomb = gzip.compress(bytes(65 << 20))
    with pytest.raises(Unavailable, match="too large"):
        fetched(lambda number: BundlePiece(bundle="1", number=number, pieces=1, data=bomb), "1")
