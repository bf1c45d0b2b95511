"""Each thing that carriers do to price lists, as a file: answers, the list, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.price_lists import rows_of_text
from tollbook.rating.lists.checking import SampleNumber, look_at
from tollbook.rating.lists.converting import ConvertedList, convert
from tollbook.rating.lists.headings import ListRow
from tollbook.rating.lists.mapping import ListMapping, with_answer
from tollbook.rating.price_list import read_price_list

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
NEIGHBOURS = [
    SampleNumber("73011234567", "RU", "Russia"),
    SampleNumber("77123456789", "KZ", "Kazakhstan"),
    SampleNumber("442079460135", "GB", "United Kingdom"),
    SampleNumber("441534960135", "JE", "Jersey"),
]


def read_case(path: Path) -> tuple[list[str], str, str]:
    """Return a case's answers, its list, and what is expected of it."""
    answers, text, *expected = path.read_text().split("====\n")
    return answers.split("\n")[:-1], text, "".join(expected)


def became(answers: list[str], text: str) -> str:
    mapping, on = ListMapping(), None
    for answer in answers:
        setting, _, value = answer.partition("=")
        on = date.fromisoformat(value) if setting == "from" else on
        mapping = mapping if setting == "from" else with_answer(mapping, setting, value)
    return "".join(f"{line}\n" for line in told(convert(rows_of_text(text, ";"), mapping, on)))


def told(found: ConvertedList) -> Iterator[str]:
    for each in found.understood:
        yield f"understood {each.setting}: {each.value} ({each.because})"
    for question in found.questions:
        choices = "|".join(choice.value for choice in question.choices)
        yield f"question {question.setting}: {question.what} {question.why} [{choices}]"
    for left_out in found.left_out:
        yield f"left out {left_out.line}: {left_out.why}: {left_out.text}"
    for problem in found.problems:
        yield f"problem {problem.where}: {problem.what}: {problem.reason}"
    for day, count in found.later.items():
        yield f"later {day}: {count}"
    if found.ignored:
        yield f"ignored {', '.join(found.ignored)}"
    if found.ready:
        yield from found.text.splitlines()
        rates, problems = read_price_list(found.text, "list.csv", {row[2] for row in found.rows})
        assert problems == []
        yield from (f"warning {warning.text}" for warning in look_at(rates, NEIGHBOURS))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_of_a_list_becomes_what_the_case_says(path: Path) -> None:
    answers, text, expected = read_case(path)

    assert became(answers, text) == expected


@pytest.mark.parametrize("path", [path for path in CASES if "\nto," in path.read_text()], ids=lambda path: path.stem)
def test_what_was_converted_once_stays_as_it_is(path: Path) -> None:
    answers, text, _ = read_case(path)
    once = became(answers, text).splitlines()
    ours = "".join(f"{line}\n" for line in once if line.startswith(("to,", "+", "=", "DE ")))

    assert convert(rows_of_text(ours, ","), ListMapping()).text == ours


CODES = st.lists(st.from_regex(r"[1-9][0-9]{1,8}", fullmatch=True), min_size=1, unique=True)
CELLS = st.text("0123456789.,;+-()/ eE#\u00a0Aß\n", max_size=12)


@given(CODES, st.data())
def test_a_list_that_was_converted_is_converted_into_itself(codes: list[str], data: st.DataObject) -> None:
    prices = [data.draw(st.decimals("0.0001", 10, places=4)) for _ in codes]
    rows = [
        ("Prefix", "Rate", "Increment"),
        *((code, f"{price}", "60/1") for code, price in zip(codes, prices, strict=True)),
    ]
    mapping = ListMapping(price_unit="minute", currency="EUR", words={f"{price}": "price" for price in prices})

    once = convert([ListRow(line, cells) for line, cells in enumerate(rows, 1)], mapping)
    again = convert(rows_of_text(once.text, ","), ListMapping())

    assert len(once.rows) == len(codes)
    assert again.text == once.text


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_a_row_becomes_rates_or_is_told_of_whatever_stands_in_it(cells: list[tuple[str, str, str]]) -> None:
    head = ("Prefix", "Rate", "Increment")
    mapping = ListMapping(
        price_unit="minute",
        currency="EUR",
        decimal="point",
        hyphen="part",
        blank="part",
        single_interval="both",
        zero_interval="60",
        intervals="1/1",
        duplicates="first",
    )
    rows = [ListRow(line, row) for line, row in enumerate([head, *cells], 1)]

    found = convert(rows, mapping)

    told = {each.line for each in found.left_out} | {int(each.where[5:]) for each in found.problems if each.where}
    filled = {row.line for row in rows[1:] if any(row.cells)}
    assert found.questions or found.problems or filled <= told | set(found.lines)
