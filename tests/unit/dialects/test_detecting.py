"""Which formats fit some bytes: ranked by what they understand, and never raising."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalogue.found import DIALECTS
from tests.fakes.examples import examples
from tollbook.dialects.authoring import readers
from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.authoring.detecting import detect, preferring
from tollbook.dialects.layout.layout import Layout, OptionText, read_layout
from tollbook.dialects.reading.reader import Reader
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.limits import SAMPLE_LINES
from tollbook.model.pbx import Pbx

EXAMPLE = Path(__file__).parents[2] / "fakes" / "formats" / "example_100" / "dialect.toml"
LAYOUT = read_layout("example-100", tomllib.loads(EXAMPLE.read_text()))
LOOSE_TEXT = """
title = "Loose"
vendor = "Anybody"
models = []
certainty = "none"
framing = "lines"
encodings = ["latin-1"]
evidence = []
[[record]]
name = "call"
form = "pattern"
match = '^(?P<number>.*)$'
columns = [{ name = "number", means = "anything" }]
"""
LOOSE = read_layout("loose", tomllib.loads(LOOSE_TEXT))
IN = b"02/20/26 10:00AM 101   01 <I>2125550123             0'05 00:01'05\r\n"
OUT = b"02/20/26 10:02AM 102   01 5550100                        00:00'45\r\n"
DMY = b"20/02/26 10:02AM 102   01 5550100                        00:00'45\r\n"
BOTH = {"loose": LOOSE, "example-100": LAYOUT}


def test_what_became_of_each_line_is_counted_with_the_usual_reason() -> None:
    bad = OUT.replace(b"02/20", b"02/31")
    [fit] = detect(b"-" * 40 + b"\r\n" + IN + OUT + bad + bad + b"noise\r\n", {"example-100": LAYOUT}, CUTTERS)

    assert (fit.lines, fit.calls, fit.skipped, fit.rejected, fit.claimed) == (6, 2, 1, 3, 2)
    assert fit.understood == pytest.approx(3 / 6)
    assert fit.skips == ["rule below the heading"]
    assert fit.reason == "date is not a date written MM/DD/YY: '02/31/26'"


def test_of_two_that_understand_everything_the_one_that_asks_more_is_first() -> None:
    assert [fit.slug for fit in detect(IN + OUT, BOTH, CUTTERS)] == ["example-100", "loose"]


def test_of_two_that_understand_everything_the_sites_own_is_first() -> None:
    fits = preferring({"loose"}, detect(IN + OUT, BOTH, CUTTERS))

    assert [fit.slug for fit in fits] == ["loose", "example-100"]


def test_one_that_understands_nothing_is_left_out() -> None:
    assert [fit.slug for fit in detect(b"noise\n", BOTH, CUTTERS)] == ["loose"]
    assert detect(b"", BOTH, CUTTERS) == []


def test_the_order_of_day_and_month_is_tried_both_ways() -> None:
    order = OptionText(help="order", form="mdy or dmy", example="dmy", default="mdy", choices=["mdy", "dmy"])
    layout: Layout = msgspec.structs.replace(LAYOUT, option={"date-order": order})

    [turned] = detect(DMY * 3, {"example-100": layout}, CUTTERS)
    [usual] = detect(OUT * 3, {"example-100": layout}, CUTTERS)

    assert (turned.calls, turned.settings) == (3, {"date-order": "dmy"})
    assert (usual.calls, usual.settings) == (3, {})


def test_what_reads_by_a_layout_is_made_once_for_each_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, str]] = []

    class Counted(Reader):
        def __init__(self, layout: Layout, pbx: Pbx) -> None:
            made.append(pbx.settings)
            super().__init__(layout, pbx)

    monkeypatch.setattr(readers, "Reader", Counted)
    order = OptionText(help="order", form="mdy or dmy", example="dmy", default="mdy", choices=["mdy", "dmy"])
    layout: Layout = msgspec.structs.replace(LAYOUT, option={"date-order": order})
    changed: Layout = msgspec.structs.replace(layout, title="Another")

    for each in (layout, layout, changed, layout):
        assert [fit.title for fit in detect(OUT + DMY, {"example-100": each}, CUTTERS)] == [each.title]
    assert made == [{}, {"date-order": "dmy"}] * 2


def test_of_a_long_file_some_lines_from_everywhere_are_read() -> None:
    [fit] = detect(OUT * SAMPLE_LINES + IN * SAMPLE_LINES, {"example-100": LAYOUT}, CUTTERS)

    assert fit.lines == fit.calls == SAMPLE_LINES
    assert fit.filled > detect(OUT, {"example-100": LAYOUT}, CUTTERS)[0].filled


@examples(25)
@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([IN, OUT, DMY, b"\0", b"\n", b"x" * 70]), max_size=8).map(b"".join),
)
def test_any_bytes_are_looked_at_and_counted(data: bytes) -> None:
    layouts = {slug: dialect.layout for slug, dialect in DIALECTS.items()}

    for fit in detect(data, {**layouts, **BOTH}, CUTTERS):
        assert fit.lines == fit.calls + fit.skipped + fit.rejected


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.slug)
def test_a_format_is_known_beside_one_that_takes_any_line_where_it_understands_every_line(dialect: Dialect) -> None:
    mine = [case for case in dialect.cases(CUTTERS) if 0 < len(case.reading.calls) == len(case.frames)]
    both = {dialect.slug: dialect.layout, "loose": LOOSE}

    assert [str(case) for case in mine if detect(case.data, both, CUTTERS)[0].slug != case.slug] == []
