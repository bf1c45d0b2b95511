"""Home as somebody makes it: tiles are chosen, put in order with the keyboard alone, and follow the calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Server, run, sign_in
from tests.fakes.records import some_lines

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """The folder of a PBX that has just been added."""
    path = tmp_path / "cdr"
    path.mkdir()
    where = ("--source", "folder", "--set", f"path={path}", "--set", "timezone=Europe/London")
    run(server.site, "pbx", "add", "desk", "--dialect", "panasonic-kx-hts", *where)
    return path


def order(page: Page) -> list[str]:
    return page.locator(".tile-list-what strong").all_text_contents()


def test_tiles_are_put_in_order_with_the_keyboard(server: Server, opened: Open) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/dashboard/")
    before = order(page)

    page.get_by_role("button", name="Down: Calls", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/dashboard/#tile-1")

    assert order(page)[:3] == [before[1], before[0], before[2]]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Calls", exact=True).last).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".tile-list-what strong").first).to_have_text(before[0])
    assert order(page) == before


def test_a_report_is_put_on_home_and_its_tile_follows_the_calls(server: Server, opened: Open, folder: Path) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/reports/by-extension/?period=last-12-months&extension=101")
    page.get_by_role("link", name="Put on Home").click()
    page.get_by_label("Shown as").select_option("number")
    page.get_by_label("Days").select_option("")
    page.get_by_label("Title").fill("Calls of 101")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Calls of 101 is added.")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("No call has arrived yet at all")).to_be_visible()

    (folder / "Master.csv").write_bytes(b"".join(some_lines(30)))

    expect(page.locator(".tile", has_text="Calls of 101").locator(".tile-value")).to_be_visible()
    expect(page.locator("#feed li").first).to_be_visible()
    expect(page.get_by_text("No call has arrived yet at all")).to_be_hidden()


def test_without_scripts_home_has_its_tiles_when_it_is_asked_for_them(
    server: Server, opened: Open, folder: Path
) -> None:
    (folder / "Master.csv").write_bytes(b"".join(some_lines(30)))
    page = opened(server.address, scripts=False)
    sign_in(page)
    run(server.site, "import", str(folder / "Master.csv"), "--pbx", "desk")
    page.goto("/")

    page.get_by_role("link", name="show what the tiles have to tell").click()

    expect(page.locator(".tile-value").first).to_be_visible()
    page.goto("/dashboard/")
    page.get_by_role("button", name="Manager").click()
    assert "Calls by department" in order(page)
