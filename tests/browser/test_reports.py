"""Reports in a browser: from nothing to one of one's own with a chart, drilled down, and had as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Server, run, sign_in
from tests.browser.test_for_everybody import NARROW, serious
from tests.fakes.commands import master_csv

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture
def january(server: Server, tmp_path: Path) -> None:
    """Three hundred calls of January 2026, and two departments."""
    folder = tmp_path / "cdr"
    folder.mkdir()
    where = ("--source", "folder", "--set", f"path={folder}", "--set", "timezone=America/New_York")
    run(server.site, "pbx", "add", "desk", "--dialect", "panasonic-kx-hts", *where)
    run(server.site, "import", str(master_csv(tmp_path / "Master.csv", 300)), "--pbx", "desk")
    (tmp_path / "people.csv").write_text(
        "kind,value,name,department\nextension,101,Anna Berg,Sales\nextension,102,Ben Cole,Sales / North\n",
    )
    run(server.site, "directory", "import", str(tmp_path / "people.csv"), "--yes")


@pytest.mark.usefixtures("january")
@pytest.mark.parametrize("width", [1280, NARROW])
def test_from_nothing_to_a_saved_report_drilled_down_and_had_as_a_file(
    server: Server, opened: Open, width: int, tmp_path: Path
) -> None:
    page = opened(server.address, width=width)
    sign_in(page)
    page.goto("/reports/")
    page.get_by_role("link", name="Explore calls").click()
    expect(page.get_by_role("heading", name="No call fits")).to_be_visible()

    page.get_by_text("Which calls").click()
    page.get_by_label("From", exact=True).fill("2026-01-01")
    page.get_by_label("To", exact=True).fill("2026-01-31")
    page.get_by_label("Columns by").select_option("direction")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("figure .chart-wide svg, figure .chart-narrow svg").first).to_be_attached()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    with page.expect_download() as download:
        page.get_by_text("Download").click()
        page.get_by_role("link", name="CSV", exact=True).click()
    download.value.save_as(tmp_path / "report.csv")
    written = (tmp_path / "report.csv").read_text().splitlines()
    assert written[0].startswith("department,")
    assert len(written) == page.locator("table.report tbody tr").count() + 1

    page.get_by_text("Save", exact=True).first.click()
    page.get_by_label("Save as a report of your own, called").fill("Sales in January")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Sales in January")).to_be_visible()
    assert server.site.joinpath("reports", "sales-in-january", "report.toml").is_file()

    page.goto("/reports/explore/?rows=department&measures=calls&from=2026-01-01&to=2026-01-31")
    row = page.locator("table.report tbody tr", has_text="Sales / North")
    calls = row.locator("td").first.inner_text()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    expect(page.get_by_text(f"{calls} calls").first).to_be_visible()

    page.go_back()
    bar = page.locator("figure svg a", has_text="Sales / North").locator("visible=true")
    expect(bar.locator("title")).to_have_text(f"Sales / North, Calls: {calls}")
    bar.click()
    expect(page.get_by_text(f"{calls} calls").first).to_be_visible()

    page.goto("/reports/sales-in-january/")
    page.get_by_role("button", name="Remove this report").click()
    expect(page.get_by_text("The report sales-in-january is removed.")).to_be_visible()
    assert not server.site.joinpath("reports", "sales-in-january").exists()


@pytest.mark.usefixtures("january")
def test_what_cannot_be_asked_is_said_beside_the_form(server: Server, opened: Open) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/reports/long-calls/?set-longer_than=soon")

    expect(page.get_by_role("alert")).to_contain_text("must be a time such as 90, 90s, 5m or 1h")
    expect(page.get_by_label("Longer than")).to_have_value("soon")
    page.goto("/reports/no-such-report/")
    expect(page.get_by_role("heading", name="Reports", exact=True)).to_be_visible()
    expect(page.get_by_text("no report is called")).to_be_visible()
