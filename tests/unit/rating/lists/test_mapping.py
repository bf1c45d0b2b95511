"""What is known of a carrier's lists is kept as text, and answers are told apart from mistakes."""

from __future__ import annotations

import pytest

from tests.fakes.price_lists import rows_of_text
from tollbook.model.problem import Misconfigured
from tollbook.rating.lists.converting import convert
from tollbook.rating.lists.mapping import ListMapping, read_mapping, with_answer, write_mapping

LIST = "Prefix;Destination;Rate\n0049;Germany;0.01\n0053;Cuba;N/A\n"
ANSWERS = {
    "price-unit": "minute",
    "currency": "EUR",
    "intervals": "60/1",
    "strip": "00",
    "word.N/A": "blocked",
}
MISTAKES = {
    "price-unit=hour": "'price-unit' cannot be 'hour'",
    "price-init=minute": "'price-init' is no setting",
    "currency=euro": "'currency' is none",
    "zone=Berlin": "'zone' is unknown",
    "intervals=often": "'intervals' cannot be used",
    "strip=zero": "'strip' cannot be used",
    "word.N/A=perhaps": "'n/a' cannot mean 'perhaps'",
    "status.gone=perhaps": "'gone' cannot mean 'perhaps'",
    "column.cost=Rate": "'cost' is nothing that a column can be",
}


def answered() -> ListMapping:
    mapping = ListMapping()
    for setting, value in ANSWERS.items():
        mapping = with_answer(mapping, setting, value)
    return mapping


def test_the_next_list_of_a_carrier_is_read_without_questions_by_the_mapping_of_the_first() -> None:
    first = convert(rows_of_text(LIST, ";"), answered())
    kept = read_mapping(write_mapping(first.mapping), "mapping.toml")

    again = convert(rows_of_text(LIST.replace("0.01", "0.02"), ";"), kept)

    assert kept == first.mapping
    assert again.questions == []
    assert [row[0] for row in again.rows] == ["+49", "+53"]


def test_a_list_without_a_heading_is_read_again_by_the_places_of_its_columns() -> None:
    known = ListMapping(price_unit="minute", currency="EUR", intervals="1/1")
    first = convert(rows_of_text("36;0.082\n44;0.01\n", ";"), known)

    again = convert(rows_of_text("36;0.083\n", ";"), read_mapping(write_mapping(first.mapping), "mapping.toml"))

    assert first.mapping.columns == {"code": "#1", "price": "#2"}
    assert [row[:1] + row[4:5] for row in again.rows] == [("+36", "0.083")]


def test_a_column_that_is_not_there_any_more_is_told_with_those_that_are() -> None:
    first = convert(rows_of_text(LIST, ";"), answered())

    with pytest.raises(Misconfigured) as refused:
        convert(rows_of_text(LIST.replace("Rate", "New rate"), ";"), first.mapping)

    assert "the column 'Rate' is not there" in str(refused.value)
    assert "Prefix, Destination, New rate" in str(refused.value)
    assert "known are: Destination, New rate, Prefix; --set column.price=…" in str(refused.value)


@pytest.mark.parametrize("given", MISTAKES)
def test_an_answer_that_is_none_is_refused(given: str) -> None:
    setting, _, value = given.partition("=")

    with pytest.raises(Misconfigured) as refused:
        with_answer(ListMapping(), setting, value)

    assert MISTAKES[given] in str(refused.value)


def test_a_mapping_with_unknown_settings_is_refused() -> None:
    with pytest.raises(Misconfigured) as refused:
        read_mapping('price_init = "minute"\n', "mapping.toml")

    assert "price_init" in str(refused.value)
    assert "mapping.toml" in str(refused.value)
