"""SQL of one's own in a browser, with and without scripts: mended, had as a file, kept, cancelled while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Server, sign_in
from tests.browser.test_for_everybody import NARROW
from tests.browser.test_reports import january

__all__ = ("january",)
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240), pytest.mark.usefixtures("january")]
FAULTY = "SELECT extensoin, count(*) AS calls\nFROM calls GROUP BY ALL ORDER BY calls DESC"
ENDLESS = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range * b.range % 7 = 3"


@pytest.mark.parametrize("given", [{"width": 1280}, {"width": NARROW}, {"width": 1280, "scripts": False}])
def test_sql_is_mended_asked_had_as_a_file_and_kept(
    server: Server, opened: Open, given: dict[str, int], tmp_path: Path
) -> None:
    page = opened(server.address, **given)
    sign_in(page)
    page.goto("/reports/")
    page.get_by_role("link", name="SQL", exact=True).click()
    page.get_by_label("SQL", exact=True).fill(FAULTY)
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("alert")).to_contain_text("in line 1, column 8")
    page.get_by_label("SQL", exact=True).fill(FAULTY.replace("extensoin", "extension"))
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("table.report tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= given["width"]

    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    download.value.save_as(tmp_path / "sql.csv")
    assert (tmp_path / "sql.csv").read_text().startswith("extension,calls\n")

    page.get_by_text("Save", exact=True).first.click()
    page.get_by_label("Save as a report of your own, called").fill("Busy lines")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Busy lines")).to_be_visible()


@pytest.mark.parametrize("given", [{}, {"scripts": False}])
def test_what_takes_long_is_cancelled_while_other_pages_answer_and_what_was_typed_stays(
    server: Server, opened: Open, given: dict[str, bool]
) -> None:
    page = opened(server.address, **given)
    sign_in(page)
    page.goto("/reports/sql/")
    page.get_by_label("SQL", exact=True).fill(ENDLESS)
    with page.expect_request("**/reports/sql/"):
        page.get_by_role("button", name="Ask").click(no_wait_after=True)
    other = page.context.new_page()
    other.goto(f"{server.address}/calls/")
    expect(other.get_by_role("heading", name="Calls").first).to_be_visible()

    other.goto(f"{server.address}/reports/sql/")
    other.get_by_label("SQL", exact=True).fill("SELECT 1")
    other.get_by_role("button", name="Cancel").click()
    expect(other.get_by_text("The SQL is cancelled.")).to_be_visible()
    expect(other.get_by_label("SQL", exact=True)).to_have_value("SELECT 1")

    expect(page.get_by_role("alert")).to_contain_text("The SQL was cancelled")
    expect(page.get_by_label("SQL", exact=True)).to_have_value(ENDLESS)
