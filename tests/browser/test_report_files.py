"""A report as an HTML file stands alone: everybody can read it, on any screen, and it asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # declares no types
from playwright.sync_api import Browser, Page

from tests.fakes import reports
from tollbook.model.report import ReportTable
from tollbook.render.reports.html_file import html_bytes

pytestmark = pytest.mark.browser
TABLES = (reports.every_unit(), reports.hostile(), reports.by_department(), reports.trend(), reports.heat_map())


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, viewport={"width": 360, "height": 640})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.report)
def test_a_report_is_readable_by_everybody_and_no_wider_than_its_screen(
    table: ReportTable, page: Page, tmp_path: Path
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    file = tmp_path / "report.html"
    file.write_bytes(html_bytes(table))
    page.goto(file.as_uri())
    text = page.locator("table").inner_text()

    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [file.as_uri()]
    assert said == []
    assert "Total" in text or table.totals is None
    assert Axe().run(page).response["violations"] == []
