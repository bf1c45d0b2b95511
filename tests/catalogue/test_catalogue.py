"""What every dialect in the catalogue has to show, whoever's PBX it reads."""

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.catalogue.found import DIALECTS, cases
from tests.catalogue.generate import main as generate
from tollbook.dialects.authoring.auditing import CHECKS, Audited, claims
from tollbook.dialects.authoring.cases import Case, Dialect, Outcome, in_order
from tollbook.dialects.authoring.detecting import Fit, detect
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
    assert [
        str(case)
        for case in audited()[dialect.slug].cases
        if in_other_company(case) != in_order(case.read(case.frames))
    ] == []


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
def test_a_dialect_passes_every_check(dialect: Dialect) -> None:
    assert {name: found for name, check in CHECKS.items() if (found := list(check(audited()[dialect.slug])))} == {}


@each_dialect
def test_no_dialect_takes_a_line_for_its_own_that_belongs_to_another(dialect: Dialect) -> None:
    others = [other for slug, other in audited().items() if slug > dialect.slug]  # claims go both ways

    assert list(claims(audited()[dialect.slug], others)) == []


@pytest.mark.slow
@each_dialect
def test_the_right_dialect_is_detected_by_what_somebody_has_read_and_found_right(dialect: Dialect) -> None:
    written = {case: outcomes_written(case) for case in audited()[dialect.slug].cases}
    mine = {case: counts for case, counts in written.items() if counts["record"]}
    found = {case: the_best(case) for case in mine}

    assert mine
    assert {str(case): fit.slug for case, fit in found.items()} == {str(case): dialect.slug for case in mine}
    # What day and month may be in the other order may be read as such, and fit better than the case is set to.
    as_set = [case for case, fit in found.items() if fit.settings.items() <= case.settings.items()]
    assert as_set
    assert {str(case): outcomes_of(found[case]) for case in as_set} == {str(case): mine[case] for case in as_set}


def outcomes_written(case: Case) -> Counter[str]:
    """Count what lines came to by the file beside the sample, which a person has read; nothing is read again here."""
    return Counter(json.loads(line)["is"] for line in case.expected_path.read_text("utf-8").split("\n") if line)


def outcomes_of(fit: Fit) -> Counter[str]:
    return +Counter(record=fit.calls, rejected=fit.rejected, skipped=fit.skipped)


def the_best(case: Case) -> Fit:
    """Return the fit that stands alone at the head."""
    best, *others = detect(case.data, layouts(), CUTTERS, received_at=case.received_at)
    assert [other.slug for other in others if other.worth >= best.worth] == []
    return best


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
