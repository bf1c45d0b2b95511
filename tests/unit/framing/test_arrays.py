"""Records in an array of JSON on one line are cut apart where they stand, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook.framing.arrays import may_hold, taken_apart
from tollbook.framing.lines import frames_of
from tollbook.model.frame import Block

values = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)
records = st.lists(st.dictionaries(st.text(max_size=3), values, min_size=1, max_size=3), min_size=1, max_size=5)


@given(records, st.sampled_from([None, "cdr", "cdr_root"]))
def test_each_object_of_an_array_is_a_record_at_its_place(found: list[dict[str, Any]], name: str | None) -> None:
    line = json.dumps(found if name is None else {name: found}).encode()

    frames = frames_of(Block(line + b"\n", 100))

    assert [json.loads(raw) for raw in frames.raws] == found
    assert [line[at - 100 : at - 100 + len(raw)] for raw, at in zip(frames.raws, frames.offsets, strict=True)] == [
        *frames.raws,
    ]


@pytest.mark.parametrize(
    "line",
    [
        b'{"id":1,"legs":[{"a":1},{"a":2}]}',
        b'{"legs":[{"a":1},{"a":2}],"id":1}',
        b'[{"a":1},{"a":2}',
        b'[{"a":1}]]',
        b'{"cdr":[{"a":"]}"',
        b'[[{"a":1}]]',
        b'101,"[{""a"":1}]",5',
    ],
)
def test_a_record_with_a_list_of_its_own_and_half_an_array_are_left_as_they_are(line: bytes) -> None:
    assert frames_of(Block(line, 0)).raws == [line]


@given(st.binary(max_size=60).map(lambda noise: b'[{"' + noise))
def test_whatever_is_cut_apart_stays_as_long_as_it_was(line: bytes) -> None:
    assert may_hold(line)
    assert len(taken_apart(line)) == len(line)
