"""Pages that everybody can use: with a screen reader, in the dark, on a telephone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # declares no types
from playwright.sync_api import Page

from tests.browser.conftest import Open, Server, run, serving, sign_in
from tests.browser.test_the_workbench import ABACUS
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.layout.written import written

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
NARROW = 360
PAGES = [
    "/",
    "/?day=2026-03-01",
    "/calls/",
    "/calls/?direction=incoming&outcome=unanswered&sort=-ring_s",
    "/calls/?min-duration=long",
    "/calls/?extension=99999",
    "/pbxs/",
    "/pbx/hts32/",
    "/pbx/hts32/edit/",
    "/pbx/hts32/test/",
    "/pbx/hts32/sample/",
    "/pbx/hts32/rejects/",
    "/pbx/hts32/remove/",
    "/pbxs/add/",
    "/pbxs/add/?dialect=panasonic-kx-tda",
    "/pbxs/add/?find=no+such+model",
    "/pbxs/add/panasonic-kx-hts/http_poll/",
    "/pbx/hts32/format/",
    "/formats/",
    "/formats/new/",
    "/formats/copy/panasonic-kx-hts/",
    "/formats/own/abacus/",
    "/sinks/",
    "/sinks/add/sql/",
    "/sinks/add/webhook/",
    "/sink/warehouse/",
    "/sink/warehouse/edit/",
    "/people/",
    "/tokens/",
    "/audit/",
    "/password/",
]


@pytest.fixture
def busy(site: Path, tmp_path: Path) -> Iterator[Server]:
    """A site with the calls of a few days, and a line that cannot be read."""
    file = tmp_path / "cdr" / "Master.csv"
    file.parent.mkdir()
    command = [sys.executable, "-m", "tollbook.simulator", "file", "--rows", "400", "--days", "3", "--out", str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    file.write_bytes(file.read_bytes() + b"no record at all\n")
    run(
        site,
        "pbx",
        "add",
        "hts32",
        "--dialect",
        "panasonic-kx-hts",
        "--source",
        "folder",
        "--set",
        f"path={file.parent}",
    )
    run(site, "import", str(file), "--pbx", "hts32")
    (site / "dialects" / "abacus").mkdir(parents=True)
    (site / "dialects" / "abacus" / "dialect.toml").write_text(written(guess(ABACUS.splitlines())))
    (site / "dialects" / "abacus" / "sample.txt").write_text(ABACUS)

    run(site, "sink", "add", "warehouse", "--kind", "sql", "--set", f"url=sqlite:///{tmp_path / 'user.sqlite'}")
    with serving(site) as server:
        yield server


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def addresses(page: Page) -> Iterator[str]:
    """Open every page, one call's among them, and yield where it is."""
    page.goto("/calls/")
    call = page.locator("tbody th a").first.get_attribute("href")
    for address in [*PAGES, str(call)]:
        page.goto(address)
        yield address


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, NARROW])
def test_no_page_has_a_serious_fault_that_axe_can_find(busy: Server, opened: Open, width: int, dark: bool) -> None:  # noqa: FBT001 - a parameter of the test
    page = opened(busy.address, dark=dark, width=width)
    page.goto("/")
    faults = serious(page)
    sign_in(page)

    for _ in addresses(page):
        faults += serious(page)

    assert faults == []


def test_no_page_is_wider_than_a_telephone(busy: Server, opened: Open) -> None:
    page = opened(busy.address, width=NARROW)
    sign_in(page)

    wide = [address for address in addresses(page) if page.evaluate("document.documentElement.scrollWidth") > NARROW]

    assert wide == []
