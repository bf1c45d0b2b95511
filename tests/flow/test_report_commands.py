"""`report list|words|run|explore|check`, as they are typed; what scripts are written against stays as it is."""

from __future__ import annotations

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped] # it ships no types

from tests.fakes.commands import Commands, serving
from tests.flow.test_budget_commands import site

__all__ = ("site",)
JANUARY = ("--from", "2026-01-01", "--to", "2026-01-31")


def test_reports_are_listed_and_run_with_filters_and_parameters(site: Commands, tmp_path: Path) -> None:
    slugs = {row["slug"]: row for row in site.run("report", "list", "--format", "json").json()}
    assert len(slugs) > 50
    assert slugs["long-calls"]["parameters"][0]["name"] == "longer_than"
    words = {row["name"]: row["kind"] for row in site.run("report", "words", "--format", "json").json()}
    assert (words["department"], words["talk"]) == ("dimension", "measure")

    told = site.run("report", "run", "by-department", *JANUARY, "--direction", "outgoing", "--format", "json").json()
    assert told["report"] == "by-department"
    assert told["period"] == {
        "from": "2026-01-01",
        "to": "2026-01-31",
        "zone": "America/New_York",
        "words": "January 2026",
    }
    assert told["filter"] == {"direction": "outgoing"}
    assert [column["name"] for column in told["columns"]][:3] == ["division", "department", "calls"]
    assert sum(row[2] for row in told["rows"]) == told["totals"][2] == told["calls"] > 0

    table = site.run("report", "run", "by-department", *JANUARY)
    assert "January 2026" in table.err
    assert "Sales / North" in table.out
    assert "Total" in table.out
    pdf = tmp_path / "bill.pdf"
    assert site.run("report", "run", "phone-bill", *JANUARY, "--format", "pdf", "--output", str(pdf)).code == 0
    assert "Phone bill" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded()


def test_calls_are_told_apart_by_what_somebody_chooses(site: Commands) -> None:
    asked = (
        "report",
        "explore",
        "--rows",
        "department,month",
        "--measures",
        "calls,talk,cost",
        "--columns",
        "direction",
    )
    told = site.run(*asked, "--order=-cost", *JANUARY, "--format", "json").json()

    assert told["title"] == "Calls, talk and cost by department and month and direction"
    assert [column["name"] for column in told["columns"] if ":" not in column["name"]] == [
        "department", "month", "calls", "talk", "cost",
    ]  # fmt: skip
    assert {row[1] for row in told["rows"]} == {"2026-01"}
    costs = [float(row[-1] or 0) for row in told["rows"]]
    assert costs == sorted(costs, reverse=True)


def test_a_server_answers_as_the_command_does_alone(site: Commands) -> None:
    asked = ("report", "run", "by-hour", *JANUARY, "--format", "csv")
    alone = site.run(*asked).out
    with serving(site.site):
        assert site.run(*asked).out == alone


def test_what_is_wrong_is_said_before_anything_is_written(site: Commands, tmp_path: Path) -> None:
    assert "did you mean 'by-department'?" in site.run("report", "run", "by-departmet").err
    assert "no dimension is called 'departement'" in site.run("report", "explore", "--rows", "departement").err
    assert "a parameter is given as name=value" in site.run("report", "run", "long-calls", "--set", "5m").err
    file = tmp_path / "kept.csv"
    file.write_text("kept")
    refused = site.run(
        "report", "run", "long-calls", "--set", "longer_than=x", "--format", "csv", "--output", str(file)
    )
    assert (refused.code, file.read_text()) == (2, "kept")
    turned = site.run("report", "run", "by-day", "--from", "2026-02-01", "--to", "2026-01-01")
    assert "'to' must not be before 'from'" in turned.err


def test_a_report_of_ones_own_is_checked_found_and_run(site: Commands, tmp_path: Path) -> None:
    mine = tmp_path / "site" / "reports" / "night-shift"
    mine.mkdir(parents=True)
    mine.joinpath("report.toml").write_text(
        'title = "Night shift"\nquestion = "Who telephones at night?"\ngroup = "people"\nrows = ["extension"]\n'
        'measures = ["calls", "talks"]\nfilter = { time = "22:00-06:00" }\n',
    )
    for asked in (("check", str(mine)), ("run", "night-shift")):
        refused = site.run("report", *asked)
        assert refused.code == 2
        assert "no measure is called 'talks'" in refused.err
    assert "no measure is called 'talks'" in "".join(site.run("report", "list").out.split("\n")).replace("  ", " ")

    mine.joinpath("report.toml").write_text(mine.joinpath("report.toml").read_text().replace("talks", "talk"))
    assert "Night shift is in order, it has no cases" in site.run("report", "check", str(mine)).err
    case = '[[case]]\nname = "one"\nwords = { period = "last-month" }\nrows = "104, 1, 4000"\n'
    mine.joinpath("cases.toml").write_text(case)
    assert "Night shift is in order, so is its case" in site.run("report", "check", str(mine)).err
    mine.joinpath("cases.toml").write_text(case.replace("4000", "4001"))
    found = site.run("report", "check", str(mine))
    assert found.code == 1
    assert "night-shift: one: row 1, column talk: expected 4001, got 4000" in found.err
    told = site.run("report", "run", "night-shift", *JANUARY, "--format", "json").json()
    assert told["title"] == "Night shift"
    assert told["filter"] == {"time": "22:00-06:00"}
