"""How the bench lays out its figures."""

import doctest
import io

from rich.console import Console

from bench import beside, floors, pages, questions, tables, written
from bench.scene import Fact, Sizes
from bench.tables import Table, markdown, show

TABLE = Table(title="Speed", columns=("what", "time"), words=frozenset(("what",)), rows=[("a [b] | c", "1.0 s")])


def test_the_examples_in_the_bench_are_true() -> None:
    failed = [doctest.testmod(module).failed for module in (beside, pages, questions, tables, written)]

    assert failed == [0, 0, 0, 0, 0]


def test_a_table_in_a_terminal_shows_its_cells_as_they_are() -> None:
    console = Console(file=io.StringIO(), width=80)

    show(TABLE, console)

    assert isinstance(console.file, io.StringIO)
    assert "a [b] | c" in console.file.getvalue()


def test_a_table_in_markdown_keeps_a_bar_inside_its_cell() -> None:
    assert markdown(TABLE) == "### Speed\n\n| what | time |\n|---|--:|\n| a [b] \\| c | 1.0 s |\n"


def test_a_floor_is_met_missed_or_not_measured() -> None:
    facts = {Fact.IMPORT_RATE: 99_999.0, Fact.IMPORT_RATIO: 2.9, Fact.IDLE_BYTES: 200e6}

    verdicts = {row[0]: row[-2:] for row in floors.table(facts, Sizes()).rows}

    assert verdicts["history import, calls a second"] == ("NO", "-")
    assert verdicts["history import, time, DuckDB's read_csv = 1"] == ("yes", "yes")
    assert verdicts["idle server, one PBX, RSS"] == ("yes", "NO")
    assert verdicts["slowest report"] == ("not measured", "not measured")


def test_every_fact_but_the_number_of_calls_has_a_floor() -> None:
    assert {floor.fact for floor in floors.FLOORS} == set(Fact) - {Fact.SLOWEST_REPORT_CALLS}
