"""How a question is written for ClickHouse; `tests/unit/reports` shows on its engine that it answers the same."""

from __future__ import annotations

from tollbook.store.clickhouse import carried

_LOOKED_UP = "(SELECT o.department FROM main.owner o WHERE o.id = assignment)"


def _asked(question: str) -> str:
    return question.replace("?", _LOOKED_UP)


def test_what_is_looked_up_twice_by_the_same_words_is_joined_once() -> None:
    """Over six million telephones a join of each took about a second."""
    said = carried(_asked("SELECT *, split_part(?, '/', 1) AS first, ? AS whole FROM part"), {})

    assert said.count("main.owner") == 1
    assert said.startswith("SELECT * EXCEPT (looked_up_0), ")


def test_what_is_looked_up_by_other_words_stays_where_it_is() -> None:
    asked = _asked("SELECT ? AS whole, ! AS person FROM part").replace("!", _LOOKED_UP.replace("department", "person"))

    assert carried(asked, {}).count("main.owner") == 2


def test_what_is_looked_up_for_some_rows_is_looked_up_for_those_alone() -> None:
    said = carried(_asked("SELECT ? AS one, upper(?) AS other FROM part WHERE talk_s > 9"), {})

    assert said.count("main.owner") == 1
    assert said.index("main.owner") < said.index("talk_s > 9")


def test_rows_that_come_in_order_from_within_are_put_in_order_outside() -> None:
    """ClickHouse lets go of the order of what a question reads, where the question has none of its own."""
    asked = _asked("SELECT upper(caller) AS caller, ? AS whole FROM (SELECT * FROM main.call ORDER BY caller DESC, id)")

    assert carried(asked, {}).endswith(" ORDER BY caller DESC, id")
    assert carried("SELECT count(*) AS n FROM (SELECT * FROM main.call ORDER BY caller)", {}).endswith("caller)")
