"""A board on a wall: it follows the calls by itself, says when it cannot, and is blank once its link is revoked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # declares no types
from playwright.sync_api import Browser, expect

from tests.browser.conftest import TOLLBOOK, Open, Server, run
from tests.fakes.records import some_lines

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
HTS = ("--dialect", "panasonic-kx-hts", "--source", "folder", "--set", "timezone=Europe/London")
DAYS = "from=2024-01-01 to=2024-12-31"


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> Path:
    """The folder of a PBX that has just been added."""
    path = tmp_path / "cdr"
    path.mkdir()
    run(server.site, "pbx", "add", "desk", *HTS, "--set", f"path={path}")
    return path


def link(server: Server, *words: str) -> str:
    """Make a wallboard and return the address that its maker is told."""
    command = [*TOLLBOOK, "--site", str(server.site), "wallboard", "add", "desk", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_a_board_follows_the_calls_without_being_loaded_again(
    server: Server,
    opened: Open,
    folder: Path,
) -> None:
    address = link(server, "--title", "Front desk", "--tile", f"calls {DAYS} amber=1 red=1000", "--tile", "latest")
    page = opened(server.address)
    page.goto(address)
    number = page.locator(".wall-value").first
    expect(number).to_have_text("0")
    page.evaluate("window.notLoadedAgain = true")

    (folder / "Master.csv").write_bytes(b"".join(some_lines(30)))

    expect(number).to_have_text("30")
    expect(page.locator(".wall-mark").first).to_have_text("▲ watch")
    assert page.evaluate("window.notLoadedAgain") is True


def test_a_board_whose_link_is_revoked_is_blank_in_a_moment(server: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(link(server))
    expect(page.locator(".wall-value").first).to_be_visible()

    run(server.site, "wallboard", "revoke", "desk")

    expect(page.get_by_role("heading", name="This link shows nothing")).to_be_visible(timeout=45_000)
    expect(page.locator(".wall-value")).to_have_count(0)
    page.close()


def test_a_board_whose_server_is_gone_says_so(server: Server, browser: Browser) -> None:
    address = link(server)
    page = browser.new_page()
    page.clock.install()
    page.goto(address)
    expect(page.locator("[data-wall-lost]")).to_be_hidden()

    page.context.set_offline(True)
    page.clock.run_for(80_000)

    expect(page.locator("[data-wall-lost]")).to_contain_text("out of date, no connection")
    page.close()


@pytest.mark.parametrize(("theme", "width"), [("day", 1920), ("day", 360), ("night", 1920), ("night", 360)])
def test_a_board_has_no_serious_fault_and_is_no_wider_than_its_screen(
    server: Server,
    opened: Open,
    theme: str,
    width: int,
) -> None:
    run(server.site, "pbx", "add", "desk", *HTS, "--set", "path=/srv/nothing")
    run(server.site, "import", "-", "--pbx", "desk", given=b"".join(some_lines(30)).decode())
    tiles = (f"calls {DAYS} amber=1 red=1000", f"missed {DAYS} red=1", f"incoming {DAYS} red=1000", "waiting", "latest")
    more = ("pbxs", f"top-extensions {DAYS}", f"by-hour shows=chart size=full {DAYS}")
    words = [word for tile in (*tiles, *more) for word in ("--tile", tile)]
    page = opened(server.address, width=width)
    page.goto(link(server, "--title", "w" * 60, "--theme", theme, "--columns", "4", *words))

    found = [each["id"] for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]

    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
