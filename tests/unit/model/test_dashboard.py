"""Tiles in their order, and when a figure asks to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tollbook.model.dashboard import Tile, changed, level, moved, numbered, with_tile, without_tile
from tollbook.model.problem import NotThere

THREE = numbered((Tile(title="a"), Tile(title="b"), Tile(title="c")))


def titles(tiles: tuple[Tile, ...]) -> str:
    return "".join(tile.title for tile in tiles)


@pytest.mark.parametrize(
    ("number", "by", "order"),
    [(1, 1, "bac"), (3, -1, "acb"), (1, -1, "abc"), (3, 1, "abc"), (1, 9, "bca"), (3, -9, "cab")],
)
def test_a_tile_moves_as_far_as_there_are_places(number: int, by: int, order: str) -> None:
    assert titles(moved(THREE, number, by)) == order


def test_a_tile_keeps_its_id_wherever_it_is_moved_and_whatever_it_becomes() -> None:
    tiles = changed(moved(THREE, 3, -2), Tile(id=3, title="z"))

    assert [(tile.id, tile.title) for tile in tiles] == [(3, "z"), (1, "a"), (2, "b")]


def test_a_new_tile_has_the_id_of_no_other() -> None:
    assert [tile.id for tile in with_tile(without_tile(THREE, 2), Tile())] == [1, 3, 4]
    assert [tile.id for tile in with_tile((), Tile())] == [1]


@pytest.mark.parametrize("change", ["moved", "removed", "changed"])
def test_a_tile_that_is_not_there_is_neither_moved_nor_removed_nor_changed(change: str) -> None:
    edits: dict[str, Callable[[], object]] = {
        "moved": lambda: moved(THREE, 9, 1),
        "removed": lambda: without_tile(THREE, 9),
        "changed": lambda: changed(THREE, Tile(id=9)),
    }

    with pytest.raises(NotThere, match="no such tile"):
        edits[change]()


@pytest.mark.parametrize(
    ("way", "value", "is_at"),
    [
        *(("up", 2.9, "good"), ("up", 3, "amber"), ("up", 4.9, "amber"), ("up", 5, "red"), ("up", 99, "red")),
        *(("down", 5.1, "good"), ("down", 5, "amber"), ("down", 3.1, "amber"), ("down", 3, "red"), ("down", -1, "red")),
    ],
)
def test_a_limit_counts_from_its_own_value_on_in_either_way(way: str, value: float, is_at: str) -> None:
    amber, red = (Decimal(3), Decimal(5)) if way == "up" else (Decimal(5), Decimal(3))

    assert level(Tile(way=way, amber=amber, red=red), value) == is_at


def test_one_limit_alone_is_enough_and_none_says_nothing() -> None:
    assert level(Tile(red=Decimal(5)), 4) == "good"
    assert level(Tile(amber=Decimal(5)), 500) == "amber"
    assert level(Tile(), 500) == ""
    assert level(Tile(red=Decimal(5)), None) == ""
