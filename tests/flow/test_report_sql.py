"""`report sql`, `report check` and `POST /api/reports/sql`: what is asked, refused, noted, and by whom."""

from __future__ import annotations

from pathlib import Path

import httpx2

from tests.fakes.commands import Commands, serving
from tests.flow.test_budget_commands import site
from tollbook.cli import address

__all__ = ("site",)
BY_EXTENSION = "SELECT extension, count(*) AS calls, sum(talk_s) AS talk_s FROM calls GROUP BY ALL ORDER BY ALL"
TOML = 'title = "Mine"\nquestion = "Who?"\ngroup = "people"\n'


def asked(site: Commands, tmp_path: Path, text: str) -> str:
    del site
    file = tmp_path / "asked.sql"
    file.write_text(text)
    return str(file)


def test_sql_is_asked_of_the_calls_that_filters_mean(site: Commands, tmp_path: Path) -> None:
    file = asked(site, tmp_path, BY_EXTENSION)

    told = site.run("report", "sql", file, "--direction", "outgoing", "--format", "json").json()
    usual = site.run(
        "report", "explore", "--rows", "extension", "--measures", "calls,talk", "--direction", "outgoing",
        "--format", "json",
    ).json()  # fmt: skip

    assert [column["unit"] for column in told["columns"]] == ["text", "count", "seconds"]
    assert {row[0]: row[1:] for row in told["rows"]} == {row[0]: row[1:] for row in usual["rows"]}
    assert told["calls"] == usual["calls"]
    table = site.run("report", "sql", file)
    assert "Talk" in table.out
    csv = site.run("report", "sql", file, "--format", "csv")
    assert csv.out.startswith("extension,calls,talk_s")


def test_what_is_wrong_is_told_by_line_and_column_and_nothing_is_read(site: Commands, tmp_path: Path) -> None:
    refused = site.run("report", "sql", asked(site, tmp_path, "SELECT *\nFROM read_text('/etc/passwd')"))

    assert refused.code == 2
    assert "no table can be had from read_text()" in refused.err
    assert "SQL:2:6" in refused.err
    assert "root:" not in refused.out + refused.err


def test_what_was_asked_is_noted_without_its_texts_and_long_numbers(site: Commands, tmp_path: Path) -> None:
    text = "SELECT count(*) FROM calls\nWHERE called = '+442079460135' OR caller = 2125550100::VARCHAR"
    assert site.run("report", "sql", asked(site, tmp_path, text)).code == 0

    noted = site.run("audit", "--format", "json").json()[0]

    assert noted["action"] == "report.sql"
    assert noted["name"] == "SELECT count(*) FROM calls WHERE called = '…' OR caller = '…'::VARCHAR"


def test_a_report_of_ones_own_in_sql_is_checked_and_run_like_any_other(site: Commands, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "report.toml").write_text(TOML)
    (folder / "query.sql").write_text(BY_EXTENSION.replace("talk_s)", "talks)"))
    refused = site.run("report", "check", str(folder))
    assert refused.code == 2
    assert "mine/query.sql:1:42" in refused.err

    (folder / "query.sql").write_text(BY_EXTENSION)
    assert "mine: Mine is in order, it has no cases" in site.run("report", "check", str(folder)).err
    (site.site / "reports").mkdir(exist_ok=True)
    folder.rename(site.site / "reports" / "mine")

    told = site.run("report", "run", "mine", "--direction", "incoming", "--format", "json").json()
    assert told["title"] == "Mine"
    assert sum(row[1] for row in told["rows"]) == told["calls"] > 0


def test_a_token_that_may_look_may_not_ask_sql_and_one_that_may_change_can_cancel(site: Commands) -> None:
    looks = site.run("token", "add", "looks", "--permission", "read").out.strip()
    changes = site.run("token", "add", "changes", "--permission", "change").out.strip()
    with serving(site.site):
        there = address.read(site.site)
        assert there is not None
        with httpx2.Client(base_url=there.url, verify=there.verified()) as http:

            def post(path: str, token: str) -> httpx2.Response:
                headers = {"Authorization": f"Bearer {token}"}
                return http.post(path, content=b"SELECT count(*) FROM calls", headers=headers)

            refused, found = post("/api/reports/sql", looks), post("/api/reports/sql", changes)
            cancelled = post("/api/reports/sql/cancel", changes)

    assert (refused.status_code, found.status_code) == (403, 200)
    assert found.json()["rows"] == [[300]]
    assert cancelled.json() == {"cancelled": False}
