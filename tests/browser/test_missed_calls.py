"""The page of missed calls in a browser: it follows the calls, and takes nothing away from somebody who types."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Server, run, sign_in
from tests.unit.web.conftest import incoming, row
from tollbook import clock

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
NUMBER, OTHER = "2125550177", "2125550178"
DAY = clock.now() - timedelta(hours=26)


def at(hour: int) -> str:
    return f"{DAY:%Y-%m-%d} {hour:02}:00:00"


@pytest.fixture
def file(server: Server, tmp_path: Path) -> Path:
    """The file of a PBX with two lost callers."""
    path = tmp_path / "cdr"
    path.mkdir()
    (path / "Master.csv").write_bytes(incoming(NUMBER, at=at(9)) + incoming(OTHER, at=at(10)))
    where = ("--source", "folder", "--set", f"path={path}", "--set", "timezone=Europe/London")
    run(server.site, "pbx", "add", "desk", "--dialect", "panasonic-kx-hts", *where)
    return path / "Master.csv"


def look(opened: Open, server: Server, width: int) -> Page:
    page = opened(server.address, width=width)
    sign_in(page)
    page.goto("/missed/")
    expect(page.locator(".missed-entry")).to_have_count(2)
    return page


def test_a_caller_who_was_called_back_leaves_the_list_while_somebody_types_a_note(
    server: Server,
    opened: Open,
    file: Path,
) -> None:
    page = look(opened, server, 1280)
    entry = page.locator(".missed-entry", has_text=OTHER)
    entry.locator("summary").click()
    entry.get_by_label("Note").fill("promised a quote")

    with file.open("ab") as more:
        more.write(row("103", NUMBER, at=at(11)))

    expect(page.locator(".missed-entry")).to_have_count(1)
    expect(entry.get_by_label("Note")).to_have_value("promised a quote")
    entry.get_by_role("button", name="Called, done").click()
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    page.get_by_role("link", name="Done").first.click()
    expect(page.locator(".missed-entry", has_text=OTHER)).to_contain_text("promised a quote")
    expect(page.locator(".missed-entry", has_text=NUMBER)).to_contain_text("Called back by 103")


def test_on_a_telephone_a_lost_caller_is_dialled_and_claimed(server: Server, opened: Open, file: Path) -> None:
    del file
    page = look(opened, server, 360)
    entry = page.locator(".missed-entry").first

    expect(entry.get_by_role("link", name="Call", exact=False).last).to_have_attribute("href", f"tel:{NUMBER}")
    entry.get_by_role("button", name="I\u2019ll call").click()

    expect(page.locator(".missed-entry").first).to_contain_text("anna will call")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_several_are_marked_by_keyboard_and_set_aside_while_the_list_follows_the_calls(
    server: Server,
    opened: Open,
    file: Path,
) -> None:
    page = look(opened, server, 1280)
    page.get_by_label(f"Mark {NUMBER}").focus()
    page.keyboard.press("Space")
    with file.open("ab") as more:
        more.write(incoming("2125550179", at=at(11)))
    expect(page.locator(".missed-entry")).to_have_count(3)
    expect(page.get_by_label(f"Mark {NUMBER}")).to_be_checked()

    page.get_by_label(f"Mark {OTHER}").check()
    page.get_by_label("Note").last.fill("a campaign")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("2 set aside.")).to_be_visible()
    expect(page.locator(".missed-entry")).to_have_count(1)
    page.get_by_role("button", name="Mark all").click()
    expect(page.locator(".missed-mark")).to_be_checked()
    page.get_by_role("button", name="Those marked were called").click()
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    expect(page.locator(".missed-many")).to_be_hidden()
