"""The directory in a browser: a list is pasted, shown, applied; somebody moves, and it is undone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Server, sign_in
from tests.browser.test_for_everybody import NARROW, serious

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ROWS = """kind;value;name;mail;department;from
extension;107;Anna Berg;anna@example.com;Sales / North;2026-01-01
extension;108;Bert Cole;;Stores;
extension;109;;;Nowhere;31/12/2026
"""


def is_well(page: Page, width: int) -> bool:
    return serious(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1280, NARROW])
def test_a_list_is_pasted_and_somebody_moves(server: Server, opened: Open, width: int) -> None:
    page = opened(server.address, width=width)
    sign_in(page)
    page.goto("/directory/from-file/extensions/")
    page.get_by_label("Rows, with their heading").fill(ROWS)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_text("There is no day '31/12/2026'")).to_be_visible()
    assert is_well(page, width)
    page.get_by_role("button", name="Apply without the rows with a fault").click()
    expect(page.get_by_text("2 new, 0 changed, 0 ended, 1 left out.")).to_be_visible()
    assert is_well(page, width)

    page.goto("/directory/")
    page.get_by_role("link", name="Move … Anna Berg").click()
    page.get_by_label("Department").select_option("Stores")
    page.get_by_label("First day there").fill("2026-03-01")
    assert is_well(page, width)
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_role("row").filter(has_text="Sales / North")).to_contain_text("1 Mar 2026")
    assert is_well(page, width)
    for address in ("departments/", "extensions/?when=all", "extensions/unnamed/", "phone-book/", "phone-book/add/"):
        page.goto(f"/directory/{address}")
        assert is_well(page, width), address

    page.goto("/directory/")
    page.get_by_role("button", name="Undo this move").click()
    expect(page.get_by_text("The move of Anna Berg")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Anna Berg")).to_contain_text("Sales / North")
    assert is_well(page, width)
