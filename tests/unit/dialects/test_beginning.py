"""A folder begun from a sample: a layout that reads it, a page, and a case that shows nobody's number."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tollbook.dialects.authoring.beginning import CASE_LINES, begin
from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.authoring.privacy import suspicious
from tollbook.dialects.layout.layout import read_layout
from tollbook.engine.pipeline.cutters import CUTTERS

LINE = b"02/20/26 10:%02dAM 10%d   01 %-25b  0'05 00:01'05 %-10b %b\r\n"
SAMPLE = b"".join(
    LINE % (n % 60, n % 9, number, account, code)
    for n, (number, account, code) in enumerate(
        [(b"<I>2124892312", b"", b""), (b"4892312", b"4321", b""), (b"<I>", b"", b"NA"), (b"<I>0304892313", b"", b"NA")]
        * 20,
    )
)


def test_a_sample_is_read_by_the_layout_that_it_began() -> None:
    begun = begin("my-pbx", SAMPLE, CUTTERS)

    assert [column.name for column in begun.layout.record[0].columns] == [
        "date", "time", "extension", "trunk", "number", "ring_s", "talk_s", "account_code", "status",
    ]  # fmt: skip
    assert begun.layout.record[0].shape == ["99/99/99 99:99AA"]
    assert begun.layout.title == "my pbx"


def test_the_folder_holds_the_layout_a_page_and_the_first_lines_as_a_case(tmp_path: Path) -> None:
    begun = begin("my-pbx", SAMPLE, CUTTERS)
    begun.write(tmp_path / "dialects" / "my_pbx")

    folder = tmp_path / "dialects" / "my_pbx"
    document = tomllib.loads((folder / "dialect.toml").read_text())
    assert read_layout("my-pbx", document, trusted=False) == begun.layout
    [case] = Dialect("my-pbx", begun.layout, folder).cases(CUTTERS)
    assert len(case.frames) == CASE_LINES
    calls = case.reading.calls
    assert set(map(str, calls.direction)) == {"incoming", "outgoing"}
    assert set(map(str, calls.outcome)) == {"answered", "unanswered"}
    assert set(map(str, calls.called)) >= {"5550101"}
    assert "| `account_code` | account code entered for the call |" in (folder / "README.md").read_text()


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([SAMPLE[:70], b"a,b,c\n", b"\0", b"\xff\xfe"]), max_size=5).map(b"".join),
)
def test_any_bytes_begin_a_folder_that_can_be_used_and_hides_what_could_be_a_number(data: bytes) -> None:
    begun = begin("x", data, CUTTERS)

    assert read_layout("x", tomllib.loads(begun.text), trusted=False) == begun.layout
    assert suspicious(begun.case.decode("latin-1")) == []
