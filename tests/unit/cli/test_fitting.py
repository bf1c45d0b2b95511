"""A table on a narrow terminal leaves columns out or becomes blocks of lines, and never cuts a number."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tollbook.cli import output
from tollbook.cli.calls_commands import _SPARE, table_of
from tollbook.cli.fitting import GAP, TextColumn, blocks, fitting

CALL = {
    "started_local": "2026-11-28T13:29:10", "pbx": "hts32", "direction": "incoming", "outcome": "busy",
    "extension": "101", "caller": "12135550117", "called": "01144205550117", "trunk": "carrier1", "ring_s": 5,
    "talk_s": 600, "account_code": "1234",
}  # fmt: skip
WORDS = ("2026-11-28 13:29:10", "12135550117", "01144205550117")


def printed(
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    rows: list[dict[str, Any]],
    columns: output.Columns,
) -> str:
    out = io.StringIO()
    monkeypatch.setattr(output, "_console", lambda: Console(file=out, width=width, highlight=False))
    output.write_table(rows, columns, _SPARE)
    return out.getvalue()


def test_calls_fit_a_terminal_of_eighty_columns(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(monkeypatch, 80, [CALL] * 3, table_of("tollbook"))

    assert all(len(line.rstrip()) <= 80 for line in text.splitlines())
    assert all(text.count(word) == 3 for word in WORDS)
    assert "…" not in text
    assert "left out for want of room: pbx" in capsys.readouterr().err


def test_calls_are_whole_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(monkeypatch, 200, [CALL], table_of("tollbook"))

    assert all(title in text for title in table_of("tollbook"))
    assert capsys.readouterr().err == ""


def test_what_fits_nowhere_becomes_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = printed(monkeypatch, 30, [CALL, CALL], table_of("started_local,caller,called"))

    assert text.count("\n\n") == 2
    assert all(text.count(word) == 2 for word in WORDS)


def test_a_message_is_broken_between_words_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    message = "cannot connect to 192.0.2.10: connection refused; is the port the one of its CDR settings?"
    text = printed(monkeypatch, 60, [{"pbx": "hts32", "message": message}], {"pbx": "pbx", "message": "message"})

    assert all(word in text for word in message.split())
    assert "192.0.2.10" in text


@given(
    st.lists(st.lists(st.text("ab 1", max_size=40), min_size=2, max_size=2), min_size=1, max_size=5),
    st.integers(1, 99),
)
def test_whatever_is_chosen_fits(cells: list[list[str]], width: int) -> None:
    columns = [TextColumn(f"title{number}", texts) for number, texts in enumerate(cells)]
    found = fitting(columns, width, ["title1", "title0"])

    assert found is None or sum(each.room for each in found) + GAP * (len(found) - 1) <= width
    assert len(blocks(columns)) == 2
