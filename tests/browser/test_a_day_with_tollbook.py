"""What somebody does on the first day, in a browser."""

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, PATIENCE_MS, Open, Server, serving, sign_in
from tests.unit.web.conftest import row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that a PBX's console writes its files to."""
    path = tmp_path / "cdr"
    path.mkdir()
    return path


def write(folder: Path, *rows: bytes) -> None:
    """Put a file into a folder at once, as a download does when it is complete."""
    part = folder.with_suffix(".part")
    part.write_bytes(b"".join(rows))
    part.replace(folder / "Master.csv")


def fill_in(page: Page, folder: Path) -> None:
    """Answer the form for a folder; its files count as complete at once."""
    page.get_by_label("Name (required)").fill("hts32")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_label("Path (required)").fill(str(folder))
    page.get_by_text("More settings").click()
    page.get_by_label("Minimum age").fill("0.1s")
    page.get_by_role("button", name="Add and test").click()
    expect(page.locator(".message").get_by_text("hts32 is set up")).to_be_visible()


def test_a_pbx_is_added_and_its_call_appears_is_found_and_is_opened(server: Server, opened: Open, folder: Path) -> None:
    page = opened(server.address)
    sign_in(page)

    page.get_by_role("link", name="Add a PBX").click()
    page.get_by_label("Find a model").fill("hts 824")
    expect(page.get_by_role("status").filter(has_text="1 format")).to_be_visible()
    page.get_by_role("link", name="Panasonic KX-HTS").click()
    page.get_by_label("Web Console").check()
    page.get_by_role("button", name="Next").click()
    fill_in(page, folder)

    page.get_by_role("link", name="Home").click()
    feed = page.get_by_role("region", name="Calls as they arrive")
    expect(feed.get_by_text("live", exact=True)).to_be_visible()
    write(folder, row("101", "5550100"), row("102", "5550101", at="2026-03-02 11:00:00", talk_s=600))
    expect(feed.get_by_role("listitem").filter(has_text="5550101")).to_be_visible()

    page.get_by_role("link", name="Calls", exact=True).click()
    page.get_by_role("textbox", name="Extension").fill("102")
    page.get_by_role("button", name="Show").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("5550101")
    expect(page.get_by_role("region", name="The record as the PBX wrote it").last).to_contain_text('"102","5550101"')


def test_new_calls_are_announced_and_listed_when_asked_for(server: Server, opened: Open, folder: Path) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/pbxs/add/panasonic-kx-hts/folder/")
    fill_in(page, folder)
    write(folder, row("101", "5550100"))
    page.goto("/")
    expect(page.get_by_role("listitem").filter(has_text="5550100")).to_be_visible()
    page.goto("/calls/?sort=called")
    expect(page.get_by_text("live", exact=True)).to_be_visible()

    write(folder, row("101", "5550100"), row("101", "5550111", at="2026-03-02 12:00:00"))

    expect(page.get_by_role("status").get_by_role("link", name="1 new call")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="1 new call").click()
    expect(page.locator("tbody tr").last).to_contain_text("5550111")
    expect(page).to_have_url(re.compile(r"/calls/\?sort=called$"))


def test_a_list_is_kept_with_its_columns_and_found_again(server: Server, opened: Open) -> None:
    page = opened(server.address, width=360)
    sign_in(page)
    page.goto("/calls/?outcome=missed")

    page.get_by_text("Saved filters").click()
    page.get_by_label("Save this list as").fill("Not reached")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("“Not reached” is saved")).to_be_visible()
    page.get_by_role("link", name="Today").click()
    page.get_by_text("Saved filters").click()
    page.get_by_role("link", name="Not reached", exact=True).click()

    expect(page).to_have_url(re.compile(r"/calls/\?outcome=missed$"))
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("combobox", name="Outcome")).to_have_value("missed")


def test_a_list_that_calls_have_passed_by_loads_itself_again(server: Server, opened: Open, folder: Path) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/pbxs/add/panasonic-kx-hts/folder/")
    fill_in(page, folder)
    page.goto("/")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    page.route(
        "**/live/feed/**",
        lambda route: route.continue_(url=f"{server.address}/live/feed/?since=long-ago"),
        times=1,
    )

    with page.expect_response(
        lambda response: "hx-request" in response.request.headers and "/live/" not in response.url,
    ):
        page.reload()

    expect(page.get_by_text("live", exact=True)).to_be_visible()


def test_the_first_administrator_needs_the_code_from_the_terminal(tmp_path: Path, opened: Open) -> None:
    with serving(tmp_path / "site") as server:
        code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", server.until("code:"))
        assert code
        page = opened(server.address)

        page.goto("/calls/")
        page.get_by_label("Set-up code").fill(code.group(0))
        page.get_by_label("Name").fill("anna")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create the account").click()

        expect(page.get_by_text("You are the administrator")).to_be_visible()


def test_everything_works_without_scripts(server: Server, opened: Open) -> None:
    page = opened(server.address, scripts=False)
    sign_in(page)
    page.goto("/calls/")

    page.get_by_role("textbox", name="Extension").fill("999")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No call fits this filter")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_server_ends_at_once_though_a_page_listens(server: Server, opened: Open, folder: Path) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/pbxs/add/panasonic-kx-hts/folder/")
    fill_in(page, folder)
    page.goto("/")
    expect(page.get_by_text("live", exact=True)).to_be_visible()

    server.process.send_signal(signal.SIGTERM)
    page.goto("about:blank")

    assert server.process.wait(timeout=8) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
