"""The page on which administrators ask SQL of their own."""

from __future__ import annotations

import tomllib
from html import unescape

import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.site.audit.operations import AuditFilter, entries

pytestmark = pytest.mark.usefixtures("some_calls")
SQL = "SELECT extension,\n count(*) AS calls FROM calls GROUP BY ALL ORDER BY ALL"


def posted(client: Client, path: str = "", **words: str) -> str:
    return unescape(client.post(f"/reports/sql/{path}", {"sql": SQL, **words}, follow=True).content.decode())


def test_sql_is_asked_and_stays_on_the_page_with_its_filter(admin: Client, engine: Engine) -> None:
    (calls,) = engine.ledger(EVERYTHING_ALLOWED).rows("SELECT count(*) FROM calls WHERE direction = 'outgoing'")[0]

    text = posted(admin, direction="outgoing")

    assert SQL in text
    assert '<option value="outgoing" selected>' in text
    assert f"{calls}" in text
    assert "Extension</th>" in text
    assert next(each.action for each in entries(AuditFilter())) == "report.sql"


def test_views_and_columns_stand_beside_with_their_meaning(admin: Client) -> None:
    text = unescape(admin.get("/reports/sql/").content.decode())

    for told in ("<code>calls_agg</code>", "<code>talk_s</code>", "Seconds that are charged, increments whole"):
        assert told in text


def test_a_fault_is_told_with_its_line_and_column_and_what_to_write(admin: Client) -> None:
    text = posted(admin, sql="SELECT extension\nFROM cals, read_csv('/etc/passwd')")

    assert "There is no view 'cals' in line 2, column 6" in text
    assert "did you mean 'calls'?" in text
    assert "No table can be had from read_csv() in line 2, column 12" in text
    assert "<code>FROM cals, read_csv" in text


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_the_answer_can_be_had_as_a_file(admin: Client, form: str) -> None:
    answer = admin.post("/reports/sql/", {"sql": SQL, "format": form})

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Disposition"].endswith(f'.{form}"')


def test_it_is_saved_with_its_filter_and_run_as_a_report(admin: Client, engine: Engine) -> None:
    text = posted(admin, "save/", title="By line", direction="outgoing", period="last-month")

    assert "The report is saved" in text
    folder = engine.site.path / "reports/by-line"
    assert folder.joinpath("query.sql").read_text() == SQL + "\n"
    assert tomllib.loads(folder.joinpath("report.toml").read_text()) == {
        "title": "By line",
        "question": "By line?",
        "group": "calls",
        "period": "last-month",
        "filter": {"direction": "outgoing"},
    }
    assert "Extension" in unescape(admin.get("/reports/by-line/?period=this-year").content.decode())


def test_what_cannot_be_asked_is_not_saved(admin: Client, engine: Engine) -> None:
    text = posted(admin, "save/", title="Mine", sql="DELETE FROM calls")

    assert "Only a SELECT can be asked" in text
    assert "DELETE FROM calls" in text
    assert not engine.site.path.joinpath("reports/mine").exists()
    assert "The report needs a title" in posted(admin, "save/")


def test_cancelling_keeps_what_was_typed(admin: Client) -> None:
    text = posted(admin, "cancel/")

    assert "No SQL of yours is running" in text
    assert SQL in text


@pytest.mark.parametrize("path", ["", "cancel/", "save/"])
def test_a_viewer_can_do_nothing_of_it(viewer: Client, path: str) -> None:
    assert viewer.post(f"/reports/sql/{path}", {"sql": SQL}).status_code == 403
    assert "/reports/sql/" not in viewer.get("/reports/").content.decode()
