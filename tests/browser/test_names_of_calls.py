"""The list of calls names people and companies, at a desk and on a telephone."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, Server, run, sign_in
from tests.browser.test_for_everybody import NARROW, serious
from tests.unit.web.conftest import row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def named(server: Server, tmp_path: Path) -> None:
    """A call of Anna Berg of Sales to a number in London that has no name."""
    folder, people = tmp_path / "cdr", tmp_path / "people.csv"
    folder.mkdir()
    (folder / "Master.csv").write_bytes(row("107", "9011442079460135"))
    people.write_text("kind,value,name,department\nextension,107,Anna Berg,Sales\n")
    where = ("--source", "folder", "--set", f"path={folder}", "--set", "timezone=America/New_York")
    run(server.site, "pbx", "add", "desk", "--dialect", "panasonic-kx-hts", *where)
    run(server.site, "plan", "set", "desk", "--set", "country=US", "--set", "outside=9")
    run(server.site, "directory", "import", str(people), "--yes")
    run(server.site, "import", str(folder / "Master.csv"), "--pbx", "desk")


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("width", [1280, NARROW])
def test_a_call_is_listed_by_name_before_its_number(server: Server, opened: Open, width: int) -> None:
    page = opened(server.address, width=width)
    sign_in(page)
    page.goto("/calls/?person=Anna+Berg")

    expect(page.locator("tbody .from")).to_have_text("Anna Berg 107")
    expect(page.locator("tbody .to")).to_have_text("+44 20 7946 0135")
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
