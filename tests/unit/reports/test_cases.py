"""Cases: every report of the catalogue is pinned by some, and whoever makes a report of one's own can pin it, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tollbook.model.problem import Misconfigured
from tollbook.plugins import folders
from tollbook.reports.case_site import CaseSite, case_site
from tollbook.reports.cases import ReportCase, check_own, differences, read_cases
from tollbook.reports.known import CATALOGUE, reports

FOLDERS = {name.replace("_", "-"): folder for name, folder in folders(CATALOGUE).items()}


@pytest.fixture(scope="module")
def site() -> Iterator[CaseSite]:
    with case_site() as made:
        yield made


@pytest.mark.parametrize("slug", sorted(reports()))
def test_a_report_of_the_catalogue_answers_as_its_cases_say(site: CaseSite, slug: str) -> None:
    cases = read_cases(FOLDERS[slug], slug)

    assert cases
    assert [str(each) for case in cases for each in differences(site, reports()[slug], case)] == []


HEAD = 'title = "Night"\nquestion = "Who?"\ngroup = "time"\nrows = ["extension"]\nmeasures = ["calls", "price"]\n'
CASE = """
[[case]]
name = "one call"
calls = '''
started_local, extension, price, currency
2026-02-24 09:00:00, 101, 0.10, EUR
'''
rows = "101, 1, 0.1"
totals = ", 1, 1/10"
"""


def made(folder: Path, cases: str, report: str = HEAD) -> Path:
    mine = folder / "mine"
    mine.mkdir()
    mine.joinpath("report.toml").write_text(report)
    mine.joinpath("cases.toml").write_text(cases)
    return mine


def test_a_report_of_ones_own_answers_as_its_case_says(tmp_path: Path) -> None:
    checked = check_own(made(tmp_path, CASE))

    assert (checked.cases, checked.differences) == (1, [])


DIFFERENT = {
    'rows = "101, 1, 0.1"': ('rows = "101, 2, 0.1"', "mine: one call: row 1, column calls: expected 2, got 1"),
    "101, 1, 0.1": ("101, 1, 0.12", "mine: one call: row 1, column price: expected 0.12, got 0.1"),
    '"101, 1, 0.1"': ('"101, 1"', "mine: one call: row 1: expected 101, 1, got 101, 1, 0.1"),
    'rows = "101, 1, 0.1"\n': ("", "mine: one call: row 1: expected nothing, got 101, 1, 0.1"),
    'totals = ", 1, 1/10"': ('totals = ", , 1/10"', "mine: one call: totals, column calls: expected nothing, got 1"),
    "101, 0.10, EUR": (", 0.10, EUR", "mine: one call: row 1, column extension: expected 101, got nothing"),
    "1/10": ("1/0", "mine: one call: totals, column price: expected 1/0, got 0.1"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), [(right, *rest) for right, rest in DIFFERENT.items()])
def test_each_difference_is_told_with_its_case_row_and_column(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    checked = check_own(made(tmp_path, CASE.replace(right, wrong, 1)))

    assert [str(each) for each in checked.differences] == [told]


FAULTY = {
    "extension, price": ("extention, price", "calls have no column 'extention'"),
    "09:00:00, 101": ("9 o'clock, 101", "'started_local' must be a date and a time"),
    "0.10, EUR": ("cheap, EUR", "what the case lays out is not such as calls are"),
    "0.10, EUR\n": ("0.10, EUR, 7\n", "row 1 of calls has 5 values"),
    "rows = ": ('words = { directon = "incoming" }\nrows = ', "no filter is called 'directon'"),
    'name = "one call"': ('name = "one call"\nsettings = { most = "3" }', "mine has no parameter 'most'"),
    "[[case]]\nname": ("[[case]]\nnome", "the cases of mine cannot be read"),
    'totals = ", 1': ('columns = ["call"]\ntotals = ", 1', "the report has no column 'call'"),
}


@pytest.mark.parametrize(("right", "wrong", "told"), [(right, *rest) for right, rest in FAULTY.items()])
def test_a_case_that_is_at_fault_is_told_as_a_fault(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        check_own(made(tmp_path, CASE.replace(right, wrong, 1)))

    assert told in str(raised.value)


def test_faults_of_a_report_and_of_its_cases_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as raised:
        check_own(made(tmp_path, "case = 1", HEAD.replace("extension", "extention")))

    assert [fault.what for fault in raised.value.problems] == [
        "no dimension is called 'extention'",
        "the cases of mine cannot be read",
    ]


def test_a_call_of_a_case_is_whose_it_is_on_its_day(site: CaseSite) -> None:
    calls = "started_local, extension\n2026-01-04 10:00:00, 105\n2026-01-05 10:00:00, 105\n"
    case = ReportCase(
        name="since the fifth", calls=calls, words={"from": "2026-01-01"}, columns=("person", "calls"),
        rows=", 1\nCleo Dahl, 1",
    )  # fmt: skip

    found = differences(site, reports()["by-person"], case)

    assert [str(each) for each in found] == [
        "by-person: since the fifth: row 1, column person: expected nothing, got Cleo Dahl",
        "by-person: since the fifth: row 2, column person: expected Cleo Dahl, got nothing",
    ]
