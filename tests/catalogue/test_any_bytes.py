"""Whatever bytes a PBX, a wrong cable or somebody with bad intent sends: every dialect reads or rejects each frame."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fuzz.hostile import RUBBISH
from bench.fuzz.trial import LONGEST_S, fuzz
from tests.catalogue.found import DIALECTS, cases_of
from tests.fakes.examples import examples
from tollbook.dialects.authoring.cases import Case, Dialect
from tollbook.model.frame import Frames
from tollbook.model.texts import FEW

PIECES = {slug: [raw for case in cases_of(dialect) for raw in case.frames.raws] for slug, dialect in DIALECTS.items()}
IN_ALL = 200_000
"""Hostile lines read by all dialects together; `make fuzz` reads ten million."""

each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.slug)


def case_of(dialect: Dialect) -> Case:
    return next(iter(cases_of(dialect)))


def read_all(dialect: Dialect, raws: list[bytes]) -> int:
    return case_of(dialect).read(Frames(raws, list(range(len(raws))))).frames


@each_dialect
@examples(25)
@given(data=st.data())
def test_any_bytes_are_read_or_rejected(dialect: Dialect, data: st.DataObject) -> None:
    raws = data.draw(st.lists(st.binary(max_size=200), max_size=FEW * 2))

    assert read_all(dialect, raws) == len(raws)


@each_dialect
def test_hostile_lines_of_every_kind_are_read_or_rejected_in_time(dialect: Dialect) -> None:
    fuzzed = fuzz(dialect.slug, -(-IN_ALL // len(DIALECTS)), seed=1)

    assert fuzzed.found == []
    assert fuzzed.records > 0


@each_dialect
@examples(15)
@given(data=st.data())
def test_any_cut_of_any_bytes_gives_the_same_frames(dialect: Dialect, data: st.DataObject) -> None:
    case = case_of(dialect)
    body = b"".join(
        data.draw(st.lists(st.sampled_from([*PIECES[dialect.slug][:9], *RUBBISH, b"\r\n", b"\r"]), max_size=20)),
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=5)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    assert case.cut(pieces) == case.cut([body])


@each_dialect
def test_a_record_as_long_as_any_may_be_is_refused_without_delay(dialect: Dialect) -> None:
    raws = [
        raw[:place] + filling * (60_000 // len(filling)) + b"!"
        for raw in PIECES[dialect.slug][:4]
        for filling in (b"9", b" ", b"a1", b"0:", b"-", b"\t")
        for place in (0, len(raw) // 2, len(raw))
    ]

    begun = time.process_time()

    assert read_all(dialect, raws) == len(raws)
    assert time.process_time() - begun < LONGEST_S * len(raws)


@each_dialect
def test_a_line_as_long_as_any_may_be_is_cut_out_without_delay(dialect: Dialect) -> None:
    case = case_of(dialect)
    fillings = (b" ", b'"', b'"\\', b'\\"', b"{", b'{"a":', b' "a":   ', b"<a>", b",")
    lines = [filling * (60_000 // len(filling)) + b"!\r\n" for filling in fillings]

    begun = time.process_time()
    found = case.cut(lines)

    assert len(found) + len(case.endless) > 0
    assert time.process_time() - begun < LONGEST_S * len(lines)
