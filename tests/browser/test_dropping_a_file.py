"""A file that is dropped on the page of a PBX's imports."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Server, sign_in
from tests.fakes.records import some_lines

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def drop(page: Page, text: bytes) -> None:
    """Let go of a file over the heading of the page, beside the field for it."""
    held = page.evaluate_handle(
        """(text) => {
            const held = new DataTransfer();
            held.items.add(new File([text], "Master.csv"));
            return held;
        }""",
        text.decode(),
    )
    for event in ("dragenter", "dragover", "drop"):
        page.locator("h1").dispatch_event(event, {"dataTransfer": held})


def test_a_file_is_dropped_imported_taken_back_and_put_back(server: Server, opened: Open) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/pbxs/add/panasonic-kx-hts/folder/")
    page.get_by_label("Name (required)").fill("hts32")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_label("Path (required)").fill(str(server.site.parent / "cdr"))
    page.get_by_role("button", name="Add and test").click()
    expect(page.locator(".message")).to_be_visible()
    page.goto("/pbx/hts32/imports/")

    drop(page, b"".join(some_lines(3)))
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("status")).to_have_text("3 new calls")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_role("link", name="Take back").click()
    page.get_by_role("button", name="Take it back").click()
    page.get_by_role("button", name="Put back").click()

    page.get_by_role("link", name="Show calls").click()
    expect(page.locator("tbody tr")).to_have_count(3)
