"""From an example to the price of a call, in a browser: looked at, kept, assigned; and a carrier's own list."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Server, run, sign_in
from tests.browser.test_for_everybody import NARROW, serious
from tests.unit.web.conftest import row
from tests.unit.web.test_tariff_imports import LIST

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
DIALLED = ("902079460135", "900442079460136", "9004930231251", "90012015550123", "901214960123")


@pytest.fixture
def dialled(server: Server, tmp_path: Path) -> None:
    """Calls of an office in London whose numbers are understood, and cost nothing yet."""
    file = tmp_path / "cdr" / "Master.csv"
    file.parent.mkdir()
    file.write_bytes(b"".join(row("101", number, talk_s=185) for number in DIALLED))
    where = ("--source", "folder", "--set", f"path={file.parent}", "--set", "timezone=Europe/London")
    run(server.site, "pbx", "add", "desk", "--dialect", "panasonic-kx-hts", *where)
    run(server.site, "import", str(file), "--pbx", "desk")
    run(server.site, "plan", "set", "desk", "--set", "country=GB", "--set", "outside=9", "--set", "area-code=20")


def is_well(page: Page, width: int) -> bool:
    return serious(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.usefixtures("dialled")
@pytest.mark.parametrize("width", [1280, NARROW])
def test_from_an_example_to_the_price_of_a_call(server: Server, opened: Open, width: int) -> None:
    page = opened(server.address, width=width)
    sign_in(page)
    page.goto("/tariffs/")
    expect(page.get_by_role("heading", name="No tariff yet")).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("link", name="Office, flat rate").click()
    page.get_by_role("link", name="Begin with this").click()

    document = page.get_by_label("Document")
    text = document.input_value()
    document.fill(text.replace('price = "0.49"', 'price = "0,49"'))
    page.get_by_label("Valid from").fill("2026-01-01")
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_role("heading", name="1 fault: nothing is kept")).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("link", name="Line 71").click()
    assert (
        page.evaluate("document.activeElement.value.slice(document.activeElement.selectionStart).split('\\n')[0]")
        == 'price = "0,49"'
    )

    page.get_by_label("Document").fill(text)
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_role("heading", name="Calls that you make often")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"\+1 201-555-0123")).get_by_text("0.238 EUR")).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("button", name="Price the last 30 days by it, too").click()
    expect(page.get_by_role("heading", name="The calls of the last 30 days, priced by it")).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("button", name="Keep this version").click()

    expect(page.get_by_text("flat-office 2026-01-01 is kept")).to_be_visible()
    page.get_by_label("PBX").select_option("desk")
    assert is_well(page, width)
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("prices outgoing calls of desk from now on")).to_be_visible()
    expect(page.get_by_text("are being priced")).to_have_count(0)

    page.goto("/calls/?number=12015550123")
    page.locator("tbody th a").first.click()
    expect(page.locator("#price")).to_contain_text("0.238 EUR")


@pytest.mark.usefixtures("dialled")
@pytest.mark.parametrize("width", [1280, NARROW])
def test_a_carriers_list_is_asked_about_seen_and_kept(server: Server, opened: Open, tmp_path: Path, width: int) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(LIST)
    page = opened(server.address, width=width)
    sign_in(page)
    page.goto("/tariffs/import/")
    page.get_by_label("Name of the tariff").fill("carrier-a")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Read the file").click()

    expect(page.get_by_role("heading", name="What the file does not say")).to_be_visible()
    assert is_well(page, width)
    for answer in ("A minute minute", "Cannot be called blocked", "It stands before each code 00"):
        page.get_by_label(answer, exact=True).check()
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_text("It is ready: 5 rates")).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("button", name="Go on with these prices").click()
    page.get_by_role("button", name="Show what it would change").click()
    expect(page.get_by_text("no price: the tariff has no rate for this destination").first).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("button", name="Keep this version").click()
    expect(page.get_by_role("heading", name="Which calls does it price?")).to_be_visible()

    page.goto("/tariff/carrier-a/")
    page.locator("table a").first.click()
    page.get_by_label("Number or destination").fill("+49 30 23125123")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("0.01 per minute, by the second")).to_be_visible()
    assert is_well(page, width)
