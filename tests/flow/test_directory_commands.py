"""`directory`, as it is typed: a file is shown first, and calls are whose the extension was on the day."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.commands import Commands, master_csv
from tests.fakes.sites import until

FAULTY = "kind,value,name,from\nextension,107,Anna,\nextension,108,Bert,31/12/2026\n"


@pytest.fixture
def site(tmp_path: Path) -> Commands:
    commands = Commands(tmp_path / "site").made()
    (tmp_path / "faulty.csv").write_text(FAULTY)
    return commands


def test_a_file_with_faults_changes_nothing_until_they_are_left_out(site: Commands, tmp_path: Path) -> None:
    faulty = str(tmp_path / "faulty.csv")

    dry = site.run("directory", "import", faulty, "--dry-run")
    refused = site.run("directory", "import", faulty, "--yes")
    unsure = site.run("directory", "import", faulty, "--leave-out", given=b"n\n")
    before = site.run("directory", "list", "--format", "json").json()
    agreed = site.run("directory", "import", faulty, "--leave-out", given=b"y\n")

    assert [each.code for each in (dry, refused, unsure, agreed)] == [1, 1, 2, 1], agreed.err
    assert "3     from    there is no day '31/12/2026'" in dry.out
    assert "--leave-out" in refused.err
    assert (before, len(site.run("directory", "list", "--format", "json").json())) == ([], 1)

    (tmp_path / "out.csv").write_text(site.run("directory", "export").out)
    again = site.run("directory", "import", str(tmp_path / "out.csv"), "--yes")
    assert (again.code, "nothing to change" in again.err) == (0, True)


def test_of_very_many_new_people_some_are_named_and_the_others_counted(site: Commands, tmp_path: Path) -> None:
    many = tmp_path / "many.csv"
    many.write_text("value,name\n" + "".join(f"{200 + n},Anna {n}\n" for n in range(1200)))

    told = site.run("directory", "import", str(many), "--dry-run").out

    assert "new people: Anna 0, Anna 1, Anna 2, " in told
    assert "Anna 19 and 1,180 more\n" in told


def test_calls_stay_where_they_were_when_somebody_moves_and_come_back_when_that_is_undone(
    site: Commands,
    tmp_path: Path,
) -> None:
    site.run("import", str(master_csv(tmp_path / "Master.csv", 300)), "--pbx", "hts")
    calls = site.run("calls", "--format", "json", "--limit", "0").json()
    extension, days = busiest(calls)
    day = days[len(days) // 2]
    told = site.run(
        "directory",
        "assign",
        "extension",
        extension,
        "--person",
        "Anna",
        "--department",
        "Old",
        "--create",
    )
    came_to(site, {"Old": len(days), "New": 0})

    moved = site.run("directory", "move", "Anna", "--on", day, "--department", "New", "--create")
    after = {"Old": sum(each < day for each in days), "New": sum(each >= day for each in days)}
    came_to(site, after)
    undone = site.run("directory", "undo", "1")

    assert [each.code for each in (told, moved, undone)] == [0, 0, 0], moved.err
    assert min(after.values()) > 0
    came_to(site, {"Old": len(days), "New": 0})


def busiest(calls: list[dict[str, str]]) -> tuple[str, list[str]]:
    """The extension with most calls, and the days of these in order."""
    days: dict[str, list[str]] = {}
    for each in calls:
        days.setdefault(each["extension"] or "", []).append(each["started_local"][:10])
    days.pop("", None)
    extension = max(days, key=lambda each: len(days[each]))
    return extension, sorted(days[extension])


def came_to(site: Commands, expected: dict[str, int]) -> None:
    """Wait until as many calls are of each department: a change reaches the calls beside everything else."""
    words = ("--format", "json", "--limit", "0")
    until(lambda: {name: len(site.run("calls", "--department", name, *words).json()) for name in expected} == expected)


def said(site: Commands, *words: str, code: int = 0) -> str:
    done = site.run("directory", *words)
    assert done.code == code, done.err
    return done.out.strip() or done.err


def test_one_person_is_added_changed_and_removed_by_name_or_mail(site: Commands) -> None:
    assert (
        said(site, "person", "add", "Anna Berg", "--mail", "anna@example.com", "--from", "1.3.2026")
        == "added Anna Berg"
    )
    assert said(site, "person", "change", "ANNA@example.com", "--name", "Anna Cole") == "changed Anna Cole"
    assert said(site, "person", "change", "anna cole", "--mail", "", "--from", "") == "changed Anna Cole"
    (person,) = site.run("directory", "list", "people", "--format", "json").json()
    assert (person["name"], person["mail"], person["valid_from"]) == ("Anna Cole", "", None)
    assert "nothing is called 'Bert'" in said(site, "person", "change", "Bert", "--name", "Ben", code=2)
    assert "it is not said what to change" in said(site, "person", "change", "Anna Cole", code=2)
    assert said(site, "person", "remove", "Anna Cole", "--yes") == "removed Anna Cole"


def test_a_department_is_put_below_another_and_back_at_the_top(site: Commands) -> None:
    said(site, "department", "add", "Sales", "--company", "Acme")
    assert said(site, "department", "add", "Sales / North") == "added Sales / North"
    assert "nothing is called 'Help'" in said(site, "department", "add", "Help / Desk", code=2)
    assert said(site, "department", "change", "sales / north", "--below", "", "--name", "East") == "changed East"
    assert said(site, "department", "change", "East", "--below", "Sales") == "changed Sales / East"
    assert "cannot be removed" in said(site, "department", "remove", "Sales", "--yes", code=2)
    assert said(site, "department", "remove", "Sales / East", "--yes") == "removed Sales / East"


def test_an_assignment_is_mended_and_a_number_of_the_phone_book_is_found_in_any_spelling(site: Commands) -> None:
    said(site, "assign", "extension", "107", "--person", "Anna", "--from", "2026-01-01", "--create")
    changed = said(site, "assignment", "change", "1", "--person", "Bert", "--from", "", "--create")
    assert changed == "changed extension 107: Bert"
    assert site.run("directory", "list", "--format", "json").json()[0]["from"] is None
    assert said(site, "assignment", "remove", "1", "--yes") == "removed extension 107: Bert"

    added = said(site, "phone-book", "add", "020 7946 0135", "--country", "GB", "--name", "Acme", "--private")
    assert added == "added +442079460135"
    assert (
        said(site, "phone-book", "change", "+44 20 7946-0135", "--tags", "a, b", "--public") == "changed +442079460135"
    )
    (entry,) = site.run("directory", "list", "phone-book", "--format", "json").json()
    assert (entry["name"], entry["tags"], entry["private"]) == ("Acme", ["a", "b"], False)
    assert said(site, "phone-book", "remove", "+442079460135", "--yes") == "removed +442079460135"
