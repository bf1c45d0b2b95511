"""Each check finds what it looks for in a folder that has it, and nothing in one that has not."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from tollbook.dialects.authoring.accepting import KeptOutcomes, accept
from tollbook.dialects.authoring.auditing import CHECKS, GRAVE, Audited, audit
from tollbook.dialects.authoring.cases import Dialect
from tollbook.dialects.layout.layout import read_layout
from tollbook.engine.pipeline.cutters import CUTTERS
from tollbook.model.limits import FORMAT_CASE, FORMAT_CASES

EXAMPLE = Path(__file__).parents[2] / "fakes" / "formats" / "example_100"
CASE = b"""\
  Date     Time   Ext
------------------------------
02/20/26 10:00AM 101   01 <I>2125550123             0'05 00:01'05 4321       TR
02/20/26 10:01AM 101   01 <I>2125550123             0'25 00:00'00            NA
02/20/26 10:02AM 102   01 5550100                        00:00'45
02/31/26 10:02AM 102   01 5550100                        00:00'45
02/20/26 10:02AM 102   01 5550100                   \xe9    00:00'45
02/20/26 10:02AM 102   01 \xc3\xa9                            00:00'45
"""
README = "# Example 100\n\nThe E-100.\n\n## What is unknown\n\nAll of it.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which nothing is wrong or missing."""
    place = tmp_path / "example_100"
    shutil.copytree(EXAMPLE, place)
    (place / "cases").mkdir()
    (place / "cases" / "all.txt").write_bytes(CASE)
    (place / "README.md").write_text(README)
    accept_all(place)
    return place


def dialect(place: Path) -> Dialect:
    document = tomllib.loads((place / "dialect.toml").read_text())
    return Dialect(place.name.replace("_", "-"), read_layout("example", document), place)


def accept_all(place: Path) -> list[KeptOutcomes]:
    return [accept(case, force=True) for case in dialect(place).cases(CUTTERS)]


def faults(place: Path, *others: Path) -> list[tuple[str, str]]:
    found = audit(Audited(dialect(place), CUTTERS), [Audited(dialect(other), CUTTERS) for other in others])
    assert {fault.grave for fault in found if fault.check in GRAVE} <= {True}
    return [(fault.check, fault.what) for fault in found]


def change(place: Path, old: str, new: str) -> None:
    path = place / "dialect.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_a_folder_in_which_nothing_is_wrong_passes(folder: Path) -> None:
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("[times]", '[[skip]]\nmatch = "^never"\nreason = "never"\n\n[times]', "skips"),
        ("[times]", '[outcomes]\nZZ = "busy"\n\n[times]', "outcomes"),
        ("[times]", '[option.year]\nhelp = "x"\nform = "x"\nexample = "2026"\n\n[times]', "options"),
        ("[times]", '[option.year]\nhelp = ""\nform = "x"\nexample = "2026"\n\n[times]', "explained"),
        ("[times]", '[[rule]]\nwhen = { number = "^LOG" }\nskip = "log-in"\n\n[times]', "rules"),
        ("[times]", '[[channel]]\nmatch = "^(SIP)"\nrole = "extension"\n\n[times]', "channels"),
        ('means = "trunk line"', 'means = " "', "explained"),
        ('models = ["E-100"]', 'models = ["E-200"]', "readme"),
        ('encodings = ["utf-8"', 'encodings = ["ascii", "cp1255"', "encodings"),
        ('certainty = "made up"', 'certainty = ""', "evidence"),
        ('certainty = "made up for tests"', 'certainty = ""', "evidence"),
        ("at = [78, 3]", "at = [90, 3]", "columns"),
        ('moment = "end"', 'moment = "start"', "expected"),
        (
            "[[rule]]",
            (
                '[[record]]\nname = "other"\nform = "fixed"\nshape = ["99/99/99 99:99AM 102"]\n'
                'columns = [{ name = "status", at = [0, 1], means = "x" }]\n\n[[rule]]'
            ),
            "one record",
        ),
    ],
)  # fmt: skip
def test_what_is_declared_without_a_case_or_an_explanation_is_found(
    folder: Path, old: str, new: str, check: str,
) -> None:  # fmt: skip
    change(folder, old, new)

    assert check in [name for name, _ in faults(folder)]


@pytest.mark.parametrize(("match", "found"), [(r"^SIP/(\d+)$", []), (r"^SIP/(\d+)-", ["channels"])])
def test_a_channel_is_met_by_what_stands_before_its_last_hyphen(folder: Path, match: str, found: list[str]) -> None:
    change(folder, '{ name = "status", at = [78, 3]', '{ name = "source_channel", at = [78, 12]')
    change(folder, "[times]", f"[[channel]]\nmatch = '{match}'\nrole = 'extension'\n\n[times]")
    (folder / "cases" / "all.txt").write_bytes(CASE.replace(b"TR\n", b" SIP/101-a\n"))
    accept_all(folder)

    assert [name for name, _ in faults(folder)] == found


@pytest.mark.parametrize(("order", "found"), [("dmy", []), ("mdy", ["options"])])
def test_an_option_is_met_where_a_case_that_sets_it_comes_out_otherwise(
    folder: Path,
    order: str,
    found: list[str],
) -> None:
    option = '[option.date-order]\nhelp = "x"\nform = "x"\nexample = "dmy"\ndefault = "mdy"\n\n[times]'
    change(folder, "[times]", option)
    (folder / "cases" / "days.txt").write_bytes(CASE.replace(b"02/20/26", b"02/03/26"))
    (folder / "cases" / "days.settings.toml").write_text(f'date-order = "{order}"\n')
    accept_all(folder)

    assert [name for name, _ in faults(folder)] == found


def test_a_kind_of_record_that_no_case_has_is_found(folder: Path) -> None:
    record = (
        '[[record]]\nname = "csv"\nform = "csv"\ncolumns = [{ name = "a", means = "x" }, { name = "b", means = "x" }]\n'
    )
    change(folder, "[[rule]]", record + "surplus = { first = 1, last = 0 }\n\n[[rule]]")

    assert {"records", "columns", "spills"} <= {name for name, _ in faults(folder)}


@pytest.mark.parametrize(
    ("lines", "checks"),
    [
        (b"", {"cases", "records", "ways"}),
        (CASE.splitlines(keepends=True)[4], {"cases", "unreadable", "ways", "skips", "rules"}),
        (CASE + b"02/20/26 10:02AM 102   01 2125559876                     00:00'45\n", {"private"}),
    ],
    ids=["nothing", "one line", "a number"],
)
def test_what_a_case_lacks_or_shows_is_found(folder: Path, lines: bytes, checks: set[str]) -> None:
    (folder / "cases" / "all.txt").write_bytes(lines)
    accept_all(folder)

    assert checks <= {name for name, _ in faults(folder)}


def test_a_case_that_nobody_has_accepted_is_found_and_so_is_what_changed(folder: Path) -> None:
    expected = folder / "cases" / "all.expected.jsonl"
    text = expected.read_bytes()

    expected.write_bytes(text.replace(b'"trunk": "01"', b'"trunk": "02"', 1))
    assert faults(folder) == [("expected", "all: outcome 3 has trunk '01', not '02'")]
    expected.write_bytes(text.split(b"\n", 1)[1])
    assert faults(folder) == [("expected", "all: 8 outcomes where 7 are expected")]
    expected.unlink()
    assert faults(folder) == [("expected", "all: there are no expected outcomes")]


def test_two_dialects_that_take_one_line_are_found_either_way(folder: Path) -> None:
    twin = folder.parent / "twin"
    shutil.copytree(folder, twin)

    found = faults(folder, twin)
    assert [(check, what.partition(": ")[0]) for check, what in found] == [
        ("claims", "twin takes a line of example-100/all"),
        ("claims", "it takes a line of twin/all"),
    ]


def test_a_line_that_its_own_dialect_refuses_may_be_anothers(folder: Path) -> None:
    twin = folder.parent / "twin"
    shutil.copytree(folder, twin)
    change(twin, 'shape = ["99/99/99 99:99AM"]', 'shape = ["99.99.99 99:99AM"]')
    accept_all(twin)

    assert [what for check, what in faults(twin, folder) if check == "claims"] == []


def test_a_readme_is_needed(folder: Path) -> None:
    (folder / "README.md").unlink()

    assert [name for name, _ in faults(folder)] == ["readme"] * 3


def test_outcomes_are_accepted_once_and_written_over_only_by_force(folder: Path) -> None:
    [case] = dialect(folder).cases(CUTTERS)

    assert accept(case, force=False) is KeptOutcomes.UNCHANGED
    case.expected_path.write_bytes(b"{}\n")
    assert accept(case, force=False) is KeptOutcomes.LEFT
    assert accept(case, force=True) is KeptOutcomes.WRITTEN_AGAIN
    case.expected_path.unlink()
    assert accept(case, force=False) is KeptOutcomes.WRITTEN


def test_every_check_that_is_grave_is_a_check() -> None:
    assert GRAVE - CHECKS.keys() == {"claims"}


def sizes(place: Path) -> list[str]:
    return list(CHECKS["sizes"](Audited(dialect(place), CUTTERS)))


def test_cases_are_looked_at_up_to_the_limits(folder: Path) -> None:
    for number in range(FORMAT_CASES - 1):
        (folder / "cases" / f"{number}.txt").write_bytes(b"x\n")
    (folder / "cases" / "0.txt").write_bytes(b"x" * FORMAT_CASE)
    assert sizes(folder) == []

    (folder / "cases" / "0.txt").write_bytes(b"x" * (FORMAT_CASE + 1))
    (folder / "cases" / "more.txt").write_bytes(b"x\n")
    assert sizes(folder) == [
        f"there are {FORMAT_CASES + 1} cases, of which the first {FORMAT_CASES} are looked at",
        f"cases/0.txt has more than {FORMAT_CASE} bytes, of which the first are looked at",
    ]
    assert len(dialect(folder).cases(CUTTERS)[0].data) == FORMAT_CASE
