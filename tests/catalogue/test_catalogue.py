"""What every dialect in the catalogue has to show, whoever's PBX it reads."""

import csv
import random
import re
from pathlib import Path

import pytest

from tests.catalogue.generate import main as generate
from tests.catalogue.outcomes import Case, Outcome, cases, cases_of, folder, in_order
from tollbook.dialects.known import layouts
from tollbook.dialects.layout import Layout
from tollbook.model.call import CALL_COLUMNS
from tollbook.model.frame import Frames
from tollbook.model.reading import Reading

DOCS = Path(__file__).parents[2] / "docs"
CASES = cases()
SLUGS = sorted(layouts())
CUTS = 1500
"""Cuts tried on a longer case; a shorter one is cut at every byte."""

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_dialect = pytest.mark.parametrize("slug", SLUGS)


def outcomes_of(slug: str) -> list[Outcome]:
    return [outcome for case in cases_of(slug) for outcome in case.outcomes]


def readings_of(slug: str) -> list[Reading]:
    return [case.reading for case in cases_of(slug)]


def values(slug: str, column: str) -> list[object]:
    return [value for reading in readings_of(slug) for value in getattr(reading.calls, column)]


# ---------------------------------------------------------------- cases


@each_case
def test_a_case_comes_to_what_a_person_has_accepted(case: Case) -> None:
    assert case.outcomes == case.expected


@each_case
def test_every_line_of_a_case_has_exactly_one_outcome(case: Case) -> None:
    reading = case.reading

    assert reading.frames == len(case.frames)
    skipped = [skip.offset for skip in reading.skipped]
    rejected = [reject.offset for reject in reading.rejected]
    assert sorted([*reading.calls.offsets, *skipped, *rejected]) == sorted(case.frames.offsets)


@each_case
def test_a_stream_cut_anywhere_gives_the_same_records(case: Case) -> None:
    whole, size = case.frames, len(case.data)
    places = range(size + 1) if size <= CUTS else random.Random(size).sample(range(size), CUTS)

    changed = [place for place in places if case.cut([case.data[:place], case.data[place:]]) != whole]

    assert changed == []
    assert case.cut([bytes([byte]) for byte in case.data]) == whole


@each_case
def test_a_line_means_the_same_whatever_stands_beside_it(case: Case) -> None:
    frames = case.frames
    alone = [case.read(Frames([raw], [offset])) for raw, offset in zip(frames.raws, frames.offsets, strict=True)]

    assert [outcome for reading in alone for outcome in in_order(reading)] == case.outcomes


@each_case
def test_a_record_cut_short_anywhere_is_read_or_refused_and_never_raises(case: Case) -> None:
    raws = [raw[:length] for raw in case.frames.raws for length in range(1, min(len(raw), 400))]

    assert case.read(Frames(raws, list(range(len(raws))))).frames == len(raws)


@each_case
def test_no_dialect_takes_a_line_for_its_own_that_belongs_to_another(case: Case) -> None:
    others = [slug for slug in SLUGS if slug != case.slug]

    assert [slug for slug in others if len(case.read(case.frames, slug).calls)] == []


# ---------------------------------------------------------------- whatever is declared has a case


@each_dialect
def test_every_kind_of_record_has_a_line_that_is_one_and_a_line_that_fails_it(slug: str) -> None:
    declared = {record.name for record in layouts()[slug].record}
    failed = {each.rule for reading in readings_of(slug) for each in reading.rejected}

    assert declared <= failed
    assert any(len(reading.calls) for reading in readings_of(slug))
    # The reader knows one kind of record so far; a second one would go unread.
    assert len(declared) == 1


@each_dialect
def test_every_column_has_a_call_that_fills_it(slug: str) -> None:
    named = [column.name for record in layouts()[slug].record for column in record.columns]
    kept = [name if name in CALL_COLUMNS else name.replace("_local", "_at") for name in named]

    assert [name for name in kept if not any(values(slug, name))] == []


@each_dialect
def test_every_column_that_can_be_unreadable_is_so_in_some_case(slug: str) -> None:
    strict = {column.name for record in layouts()[slug].record for column in record.columns if column.kind != "text"}

    assert strict == {each.column for reading in readings_of(slug) for each in reading.rejected if each.column}


@each_dialect
def test_a_record_that_may_spill_over_does_so_in_some_case(slug: str) -> None:
    for record in layouts()[slug].record:
        raws = [raw for reading in readings_of(slug) for raw in reading.calls.raws]
        widths = {len(next(csv.reader([raw.decode("latin-1")]))) for raw in raws}

        assert (max(widths) > len(record.columns)) is (record.surplus is not None)


@each_dialect
def test_every_shape_of_line_that_is_skipped_has_a_case(slug: str) -> None:
    declared = [skip.reason for skip in layouts()[slug].skip]

    assert set(declared) == {each.reason for reading in readings_of(slug) for each in reading.skipped}
    assert len(declared) == len(set(declared))


@each_dialect
def test_every_shape_of_channel_has_a_case_on_either_side(slug: str) -> None:
    layout = layouts()[slug]
    met = {side: set(map(str, values(slug, side))) for side in ("source_channel", "destination_channel")}

    assert shapes_of(layout, met["source_channel"]) == set(range(len(layout.channel)))
    assert shapes_of(layout, met["source_channel"] | met["destination_channel"]) == set(range(len(layout.channel)))


def shapes_of(layout: Layout, channels: set[str]) -> set[int]:
    """Which of a layout's shapes these channels are the first to match."""
    bare = {channel.rpartition("-")[0] or channel for channel in channels}
    first = (
        next((number for number, shape in enumerate(layout.channel) if re.match(shape.match, channel)), None)
        for channel in bare
    )
    return {number for number in first if number is not None}


@each_dialect
def test_every_spelling_of_an_outcome_has_a_case_and_so_has_one_that_nobody_knows(slug: str) -> None:
    declared = layouts()[slug].outcomes
    met = {str(status).upper() for status in values(slug, "status")}

    assert declared.keys() <= met
    assert met - declared.keys()
    assert set(values(slug, "outcome")) == {*declared.values(), "unknown"}


@each_dialect
def test_every_option_has_a_case_that_would_come_out_otherwise_without_it(slug: str) -> None:
    without_effect = {
        name
        for name in layouts()[slug].option
        if not any(differs_without(case, name) for case in cases_of(slug) if name in case.settings)
    }

    assert without_effect == set()


def differs_without(case: Case, option: str) -> bool:
    bare = Case(case.slug, case.path)
    bare.settings = {name: text for name, text in case.settings.items() if name != option}
    return bare.outcomes != case.outcomes


@each_dialect
def test_every_direction_has_a_case(slug: str) -> None:
    assert set(values(slug, "direction")) == {"incoming", "outgoing", "internal", "transit"}


@each_dialect
def test_every_encoding_has_a_line_that_needs_it(slug: str) -> None:
    raws = [raw for case in cases_of(slug) for raw in case.frames.raws]

    assert {encoding_of(raw, layouts()[slug].encodings) for raw in raws} == set(layouts()[slug].encodings)


def encoding_of(raw: bytes, encodings: list[str]) -> str:
    return next(encoding for encoding in encodings if raw.decode(encoding, "ignore").encode(encoding) == raw)


# ---------------------------------------------------------------- and is written down


@each_dialect
def test_every_column_and_option_is_explained(slug: str) -> None:
    layout = layouts()[slug]
    columns = [column for record in layout.record for column in record.columns]

    assert [column.name for column in columns if not column.means.strip()] == []
    assert [
        name for name, option in layout.option.items() if not (option.help and option.form and option.example)
    ] == []


@each_dialect
def test_a_layout_says_where_it_was_read_and_how_sure_that_is(slug: str) -> None:
    layout = layouts()[slug]

    assert layout.certainty.strip()
    assert [each.title for each in layout.evidence if not (each.title and each.says and each.certainty)] == []
    assert any(each.address.startswith("https://") for each in layout.evidence)


@each_dialect
def test_the_readme_names_the_models_and_what_is_unknown(slug: str) -> None:
    text = (folder(slug) / "README.md").read_text("utf-8")

    assert [model for model in layouts()[slug].models if model not in text] == []
    assert re.search(r"^## .*(sure|unknown)", text, re.MULTILINE | re.IGNORECASE)


@each_dialect
def test_a_page_of_the_guide_goes_by_the_name_of_the_dialect(slug: str) -> None:
    pages = [page for page in (DOCS / "guide").glob("*.md") if f"-{slug}".endswith(f"-{page.stem}")]

    assert [f"`{slug}`" in page.read_text("utf-8") for page in pages] == [True]
    assert pages[0].name in (folder(slug) / "README.md").read_text("utf-8")


def test_expected_outcomes_are_written_and_never_written_over_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = CASES[0]
    (tmp_path / sample.path.name).write_bytes(sample.data)
    copy = Case(sample.slug, tmp_path / sample.path.name)
    monkeypatch.setattr("tests.catalogue.generate.cases", lambda: [copy])

    assert generate([]) == 0
    written = copy.expected_path.read_bytes()
    copy.expected_path.write_bytes(b"{}\n")
    assert generate([]) == 1
    assert copy.expected_path.read_bytes() == b"{}\n"
    assert generate(["--force"]) == 0
    assert copy.expected_path.read_bytes() == written
