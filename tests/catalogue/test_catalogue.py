"""What every dialect in the catalogue has to show, whoever's PBX it reads."""

import random
from functools import cache
from pathlib import Path

import pytest

from tests.catalogue.found import DIALECTS, cases
from tests.catalogue.generate import main as generate
from tollbook.dialects.authoring.auditing import CHECKS, Audited, claims
from tollbook.dialects.authoring.cases import Case, Dialect, Outcome, in_order
from tollbook.dialects.authoring.detecting import detect
from tollbook.dialects.known import layouts
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.frame import Frames

CASES = cases()
CUTS = 1500
"""Cuts tried on a longer case; a shorter one is cut at every byte."""

each_dialect = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.slug)


@cache
def audited() -> dict[str, Audited]:
    """Every dialect with its cases, each read once."""
    return {slug: Audited(dialect, CUTTERS) for slug, dialect in DIALECTS.items()}


# ---------------------------------------------------------------- cases


@pytest.mark.slow
@each_dialect
def test_a_stream_cut_anywhere_gives_the_same_records(dialect: Dialect) -> None:
    case = max(audited()[dialect.slug].cases, key=lambda case: len(case.frames))
    whole, size = case.frames, len(case.data)
    places = range(size + 1) if size <= CUTS else random.Random(size).sample(range(size), CUTS)

    changed = [place for place in places if case.cut([case.data[:place], case.data[place:]]) != whole]

    assert changed == []
    assert case.cut([bytes([byte]) for byte in case.data]) == whole


@each_dialect
def test_a_line_means_the_same_whatever_stands_beside_it(dialect: Dialect) -> None:
    assert [str(case) for case in audited()[dialect.slug].cases if in_other_company(case) != case.outcomes] == []


def in_other_company(case: Case) -> list[Outcome]:
    """Read a case's lines backwards, each between noise and its own first half, and return what became of them."""
    raws = [beside for raw in reversed(case.frames.raws) for beside in (b"\xff noise", raw, raw[: len(raw) // 2])]
    outcomes = in_order(case.read(Frames(raws, list(range(len(raws))))))
    return outcomes[1::3][::-1]


@pytest.mark.slow
@each_dialect
def test_a_record_cut_short_anywhere_is_read_or_refused_and_never_raises(dialect: Dialect) -> None:
    for case in audited()[dialect.slug].cases:
        raws = [raw[:length] for raw in case.frames.raws for length in range(1, min(len(raw), 400))]
        assert case.read(Frames(raws, list(range(len(raws))))).frames == len(raws)


@each_dialect
@pytest.mark.parametrize("check", CHECKS)
def test_a_dialect_passes_every_check(check: str, dialect: Dialect) -> None:
    assert list(CHECKS[check](audited()[dialect.slug])) == []


@each_dialect
def test_no_dialect_takes_a_line_for_its_own_that_belongs_to_another(dialect: Dialect) -> None:
    others = [other for slug, other in audited().items() if slug != dialect.slug]

    assert list(claims(audited()[dialect.slug], others)) == []


@pytest.mark.slow
@each_dialect
def test_the_right_dialect_is_detected_wherever_it_finds_a_call(dialect: Dialect) -> None:
    mine = [case for case in audited()[dialect.slug].cases if len(case.reading.calls)]

    assert mine
    assert [str(case) for case in mine if detected(case) != dialect.slug] == []


def detected(case: Case) -> str:
    return detect(case.data, layouts(), CUTTERS, received_at=case.received_at)[0].slug


def test_expected_outcomes_are_written_and_never_written_over_unasked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = CASES[0]
    (tmp_path / sample.path.name).write_bytes(sample.data)
    copy = Case(sample.dialect, tmp_path / sample.path.name, sample.cutters)
    monkeypatch.setattr("tests.catalogue.generate.cases", lambda: [copy])

    assert generate([]) == 0
    written = copy.expected_path.read_bytes()
    copy.expected_path.write_bytes(b"{}\n")
    assert generate([]) == 1
    assert copy.expected_path.read_bytes() == b"{}\n"
    assert generate(["--force"]) == 0
    assert copy.expected_path.read_bytes() == written
