"""Pages on which something is going on show it without being loaded again."""

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


@pytest.fixture
def page(server: Server, opened: Open) -> Page:
    page = opened(server.address)
    sign_in(page)
    return page


def test_the_page_of_a_pbx_shows_its_first_calls_as_they_are_stored(page: Page, folder: Path) -> None:
    page.goto("/pbx/desk/")
    calls = page.locator("#now dl").first.locator("div", has_text="Calls").locator("dd").first
    expect(calls).to_have_text("0")
    page.get_by_role("link", name="Settings").first.focus()

    (folder / "Master.csv").write_bytes(b"".join(some_lines(30)))

    expect(calls).to_have_text("30")
    expect(page.get_by_role("link", name="Settings").first).to_be_focused()


def test_the_list_and_the_first_page_follow_how_a_pbx_is_doing(page: Page, server: Server, folder: Path) -> None:
    del folder
    page.goto("/pbxs/")
    expect(page.get_by_text("working", exact=True)).to_be_visible()

    run(server.site, "pbx", "pause", "desk")

    expect(page.get_by_text("paused", exact=True)).to_be_visible()
    page.goto("/")
    run(server.site, "pbx", "resume", "desk")
    expect(page.locator("ul.health").get_by_text("working", exact=True)).to_be_visible()
