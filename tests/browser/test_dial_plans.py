"""A dial plan is proposed, tried and set in a browser, and calls say what their numbers mean."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Server, run, sign_in
from tests.browser.test_for_everybody import NARROW, serious
from tests.unit.web.conftest import row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
DIALLED = ("9011442079460135", "912125550177", "95550100", "9911", "7")


@pytest.fixture
def dialled(server: Server, tmp_path: Path) -> None:
    """Calls of an office in New York whose numbers mean nothing yet."""
    file = tmp_path / "cdr" / "Master.csv"
    file.parent.mkdir()
    file.write_bytes(b"".join(row("101", number) for number in DIALLED))
    where = ("--source", "folder", "--set", f"path={file.parent}", "--set", "timezone=America/New_York")
    run(server.site, "pbx", "add", "desk", "--dialect", "panasonic-kx-hts", *where)
    run(server.site, "import", str(file), "--pbx", "desk")


def is_well(page: Page, width: int) -> bool:
    return serious(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.usefixtures("dialled")
@pytest.mark.parametrize("width", [1280, NARROW])
def test_a_plan_is_proposed_tried_and_set_and_a_call_says_what_its_number_means(
    server: Server,
    opened: Open,
    width: int,
) -> None:
    page = opened(server.address, width=width)
    sign_in(page)
    page.get_by_role("link", name="desk").first.click()
    page.wait_for_url("**/pbx/desk/plan/")
    expect(page.get_by_label("Outside line", exact=True)).to_have_value("9")
    assert is_well(page, width)

    page.get_by_label("Number, as the PBX writes it").fill("9011493023125123,,4711")
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#tried")).to_contain_text("+49 30 23125123")
    assert "try=" not in page.url
    page.get_by_text("More settings").click()
    assert is_well(page, width)

    page.get_by_label("Extensions").fill("199-100")
    page.get_by_role("button", name="Set this plan").click()
    expect(page.get_by_label("Extensions")).to_have_attribute("aria-invalid", "true")
    assert is_well(page, width)
    page.get_by_label("Extensions").fill("100-199")
    page.get_by_role("button", name="Set this plan").click()
    expect(page.get_by_text("All calls are numbered by this plan.")).to_be_visible()
    assert is_well(page, width)

    page.goto("/calls/?country=GB")
    page.locator("tbody th a").first.click()
    expect(page.locator("#meaning")).to_have_text(
        "+44 20 7946 0135, London, United Kingdom (fixed line, international)",
    )
    assert is_well(page, width)
