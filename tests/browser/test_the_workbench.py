"""From a pasted sample of a format that nobody knows to calls on the page, in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE_MS, Open, Server, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
expect.set_options(timeout=PATIENCE_MS)

ABACUS = """\
=======================================
26-03-02 0930 101 01 G2125550142 00045
26-03-02 0931 102 02 K2125550143 00725
25-12-31 2359 103 01 G5550100000 00070
26-01-15 1005 104 12 K2125550144 00000
"""
"""Direction and number stand together, in letters of its own, and talk time is bare seconds: none can be guessed."""

PAGE_HEAD = "ABACUS  SITE 0042  26-03-03  PAGE 2\n"

_TEXT_WIDTH = """node => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect().width;
}"""


def until_told(page: Page, words: str) -> None:
    expect(page.locator("#result-title")).to_have_text(words)


def begin_column(page: Page, before: int) -> None:
    """Click into the ruler between two signs."""
    sample = page.locator("[data-sample]")
    box = sample.bounding_box()
    assert box
    signs = len(ABACUS.splitlines()[1])
    width = sample.evaluate(_TEXT_WIDTH)
    page.mouse.click(box["x"] + before * width / (signs + 1), box["y"] + 40)


def describe(page: Page) -> None:
    """Say what the columns hold that could not be guessed, and which calls come in."""
    page.get_by_label("What column 2 is").fill("time")
    page.get_by_label("Kind of column 2").select_option("time")
    page.get_by_label("How column 2 is written").fill("hhmm")
    page.get_by_label("Begin a column at").fill("22")
    page.get_by_role("button", name="Begin it").click()
    expect(page.locator("[data-start]")).to_have_count(7)
    page.get_by_label("What column 5 is").fill("way")
    page.get_by_label("What column 6 is").fill("number")
    page.get_by_label("What column 7 is").fill("talk_s")
    page.get_by_label("Kind of column 7").select_option("seconds")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Where", exact=True).select_option("way")
    page.get_by_label("has", exact=True).fill("^K$")
    page.get_by_label("the call is").select_option("incoming")


def add_pbx(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="Add a PBX that writes it").click()
    page.get_by_label("Web Console").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name (required)").fill("warehouse")
    page.get_by_label("Time zone").fill("Europe/London")
    page.get_by_label("Path (required)").fill(str(folder))
    page.get_by_text("More settings").click()
    page.get_by_label("Minimum age").fill("0.1s")
    page.get_by_role("button", name="Add and test").click()
    expect(page.get_by_text("warehouse is set up. See below")).to_be_visible()


def test_a_format_is_made_of_lines_and_its_calls_appear(server: Server, opened: Open, tmp_path: Path) -> None:
    folder = tmp_path / "cdr"
    folder.mkdir()
    page = opened(server.address)
    sign_in(page)

    page.get_by_role("link", name="Set-up").click()
    page.get_by_role("link", name="Formats").click()
    page.get_by_role("link", name="Make a format").first.click()
    page.get_by_label("Lines of the PBX").fill(ABACUS + PAGE_HEAD)
    page.get_by_role("button", name="Look at them").click()
    until_told(page, "4 calls, 1 ignored, 1 not readable")
    page.get_by_role("button", name="Ignore lines like line 6").press("Enter")
    until_told(page, "4 calls, 2 ignored, 0 not readable")
    expect(page.locator("#result-title")).to_be_focused()
    describe(page)
    result = page.get_by_role("region", name="What becomes of each line")
    expect(result.get_by_role("row").filter(has_text="incoming").filter(has_text="725")).to_be_visible()

    page.get_by_label("Name", exact=True).fill("abacus")
    page.get_by_label("Title").fill("Abacus 1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Format abacus saved.")).to_be_visible()
    add_pbx(page, folder)

    page.get_by_role("link", name="Home").click()
    feed = page.get_by_role("region", name="Calls as they arrive")
    expect(feed.get_by_text("live", exact=True)).to_be_visible()
    (tmp_path / "part").write_text(ABACUS)
    (tmp_path / "part").replace(folder / "Master.csv")
    expect(feed.get_by_role("listitem").filter(has_text="2125550143")).to_be_visible()
    page.get_by_role("link", name="Calls", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(4)


def test_an_edge_is_moved_with_the_arrow_keys_and_drawn_where_it_was_clicked(server: Server, opened: Open) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/formats/new/")
    page.get_by_label("Lines of the PBX").fill(ABACUS)
    page.get_by_role("button", name="Look at them").click()
    until_told(page, "4 calls, 1 ignored, 0 not readable")

    begin_column(page, 27)
    expect(page.locator("[data-start]")).to_have_count(7)
    expect(page.locator("[data-start]").nth(5)).to_have_value("27")
    edge = page.get_by_role("slider").nth(5)
    edge.focus()
    edge.press("ArrowLeft")
    expect(page.locator("[data-start]").nth(5)).to_have_value("26")
    expect(page.get_by_role("slider").nth(5)).to_have_attribute("aria-valuenow", "26")


def test_what_is_changed_and_pressed_before_an_answer_has_come_counts(server: Server, opened: Open) -> None:
    page = opened(server.address)
    sign_in(page)
    page.goto("/formats/new/")
    page.get_by_label("Lines of the PBX").fill(ABACUS)
    page.get_by_role("button", name="Look at them").click()
    until_told(page, "4 calls, 1 ignored, 0 not readable")
    page.wait_for_load_state()

    held: list[Route] = []
    page.route("**/formats/workbench/", lambda route: held.append(route), times=1)  # noqa: PLW0108 - Playwright marks it
    with page.expect_request("**/formats/workbench/"):
        page.get_by_label("What column 2 is").fill("clock")
        page.get_by_label("What column 3 is").focus()
    page.get_by_label("What column 4 is").fill("trunk_group")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Title").fill("Abacus 1")
    held[0].continue_()

    expect(page.get_by_role("button", name="Remove rule 2")).to_be_visible()
    expect(page.get_by_label("What column 2 is")).to_have_value("clock")
    expect(page.get_by_label("What column 4 is")).to_have_value("trunk_group")
    expect(page.get_by_label("Title")).to_have_value("Abacus 1")
    assert len(held) == 1
