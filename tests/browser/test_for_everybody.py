"""Pages that everybody can use: with a screen reader, in the dark, on a telephone."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH  # type: ignore[import-untyped] # declares no types
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, Open, Server, run, serving, sign_in
from tests.browser.test_the_workbench import ABACUS
from tollbook.clock import now
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.layout.written import written
from tollbook.simulator.history import HistoryFile, write_history

AXE = AXE_FILE_PATH.read_text()
Violation = dict[str, Any]
"""A rule of axe that a page breaks: its `id`, its `impact`, and the `nodes` that break it."""
LIGHT = "rgb(243, 245, 244)"

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
NARROW = 360
SENDER = "sender=Tollbook <tollbook@example.com>"
PARTS = 3
"""Into which the pages are divided: all of them take longer than a test may."""
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
"""All of axe's usual rules that ask for colours."""
PAGES = [
    "/",
    "/?day=2026-03-01",
    "/dashboard/",
    "/dashboard/add/",
    "/dashboard/1/",
    "/calls/",
    "/calls/?direction=incoming&outcome=unanswered&sort=-ring_s",
    "/calls/?min-duration=long",
    "/calls/?extension=99999",
    "/missed/",
    "/missed/?state=done",
    "/missed/?state=all&page=2",
    "/missed/?extension=99999",
    "/missed/?period=never",
    "/missed/settings/",
    "/pbxs/",
    "/pbx/hts32/",
    "/pbx/hts32/edit/",
    "/pbx/hts32/plan/",
    "/pbx/hts32/test/",
    "/pbx/hts32/sample/",
    "/pbx/hts32/rejects/",
    "/pbx/hts32/imports/",
    "/pbx/hts32/imports/1/",
    "/pbx/hts32/imports/1/undo/",
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
    "/reports/",
    "/reports/files/",
    "/reports/sql/",
    "/reports/by-hour/",
    "/reports/heat-map/?period=last-12-months",
    "/reports/call-list/?period=this-year",
    "/reports/long-calls/?set-longer_than=soon",
    "/reports/by-day/?period=last-7-days&compare=before",
    "/reports/explore/?rows=extension&rows=direction&measures=calls&measures=talk&subtotals=yes",
    "/alerts/",
    "/alerts/?show=all",
    "/alerts/set-up/",
    "/alerts/add/",
    "/alerts/add/usage/",
    "/alerts/add/pbx-silent/",
    "/alert/fraud-burst/",
    "/alert/fraud-burst/edit/",
    "/alert/fraud-burst/remove/",
    "/costs/budgets/",
    "/costs/budgets/add/",
    "/costs/budgets/sales/",
    "/costs/budgets/sales/edit/",
    "/costs/budgets/sales/remove/",
    "/costs/charge-back/",
    "/costs/charge-back/?month=2026-06&by=extension",
    "/costs/charge-back/?month=2020-01",
    "/costs/charge-back/?month=June",
    "/costs/charge-back/line/?month=2026-06&by=person&id=1",
    "/costs/phone-bills/",
    "/costs/phone-bills/?kind=person&name=Nobody&month=2026-06",
    "/costs/phone-bills/?kind=department&name=Sales&month=2026-06",
    "/costs/monthly-charges/",
    "/costs/monthly-charges/add/",
    "/costs/monthly-charges/1/edit/",
    "/costs/monthly-charges/1/end/",
    "/costs/monthly-charges/1/remove/",
    "/costs/unpriced/",
    "/costs/unpriced/?from=nonsense",
    "/costs/preview/",
    "/costs/pbx-charges/",
    "/costs/bills/",
    "/sinks/",
    "/sinks/add/sql/",
    "/sinks/add/webhook/",
    "/sink/warehouse/",
    "/sink/warehouse/edit/",
    "/schedules/",
    "/schedules/add/?report=by-hour&period=last-week",
    "/schedule/weekly/",
    "/schedule/weekly/edit/",
    "/schedule/weekly/remove/",
    "/deliveries/",
    "/deliveries/add/mail/",
    "/deliveries/add/telegram/",
    "/delivery/office/",
    "/delivery/office/edit/",
    "/delivery/office/remove/",
    "/tariffs/",
    "/tariffs/add/",
    "/tariffs/import/",
    "/tariffs/price-again/",
    "/tariffs/examples/wholesale/",
    "/tariff/bands/",
    "/tariff/bands/2026-01-01/",
    "/tariff/bands/2026-01-01/?q=%2B49+30+23125123",
    "/tariff/bands/2026-02-01/changes/",
    "/tariff/bands/add/",
    "/tariff/bands/assign/",
    "/tariff/bands/assignments/1/remove/",
    "/tariff/bands/import/",
    "/directory/",
    "/directory/?q=nobody",
    "/directory/people/add/",
    "/directory/people/1/",
    "/directory/people/1/edit/",
    "/directory/people/1/move/",
    "/directory/people/1/end/",
    "/directory/people/1/remove/",
    "/directory/departments/",
    "/directory/departments/add/",
    "/directory/cost-centres/1/",
    "/directory/extensions/",
    "/directory/extensions/add/",
    "/directory/extensions/1/",
    "/directory/extensions/unnamed/",
    "/directory/phone-book/",
    "/directory/phone-book/add/",
    "/directory/from-file/extensions/",
    "/wallboards/",
    "/wallboards/add/",
    "/wallboards/desk/",
    "/wallboards/desk/edit/",
    "/wallboards/desk/add/",
    "/people/",
    "/people/2/",
    "/people/add-group/",
    "/people/sign-on/oidc/",
    "/people/two-steps/",
    "/people/invite/",
    "/forgotten/",
    "/people/groups/sales/",
    "/tokens/",
    "/audit/",
    "/password/",
    "/account/",
    "/looking/",
    "/account/second-step/",
]


@pytest.fixture(scope="module")
def busy(first_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A site with the calls of a few days, and a line that cannot be read; nobody changes it here."""
    folder = tmp_path_factory.mktemp("busy")
    site, file = Path(shutil.copytree(first_site, folder / "site")), folder / "cdr" / "Master.csv"
    file.parent.mkdir()
    write_history(HistoryFile(out=file, until=now(), rows=400, span=timedelta(days=3)))
    file.write_bytes(file.read_bytes() + b"no record at all\n")
    watching = ("--dialect", "panasonic-kx-hts", "--source", "folder", "--set", f"path={file.parent}")
    run(site, "pbx", "add", "hts32", *watching)
    run(site, "import", str(file), "--pbx", "hts32")
    (site / "dialects" / "abacus").mkdir(parents=True)
    (site / "dialects" / "abacus" / "dialect.toml").write_text(written(guess(ABACUS.splitlines())))
    (site / "dialects" / "abacus" / "sample.txt").write_text(ABACUS)

    run(site, "sink", "add", "warehouse", "--kind", "sql", "--set", f"url=sqlite:///{folder / 'user.sqlite'}")
    run(site, "destination", "add", "office", "--kind", "mail", "--set", "host=mail.example.com", "--set", SENDER)
    sent = ("--report", "by-hour", "--when", "mondays 08:00", "--destination", "office", "--to", "anne@example.com")
    run(site, "schedule", "add", "weekly", *sent, "--period", "last-week")
    example = folder / "bands.toml"
    run(site, "tariff", "examples", "bands-and-holidays", "--out", str(example))
    run(site, "tariff", "add", "bands", str(example), "--from", "2026-01-01")
    example.write_text(example.read_text().replace('"0.40"', '"0.45"'))
    run(site, "tariff", "add", "bands", str(example), "--from", "2026-02-01")
    run(site, "tariff", "assign", "bands", "--pbx", "hts32")
    run(site, "budget", "add", "sales", "--extension", "101", "--amount", "5", "--currency", "EUR")
    run(site, "person", "add", "vera", given=PASSWORD)
    run(site, "group", "add", "sales", "--role", "manager", "--scope", "department=Sales", "--outside", "Sales EMEA")
    run(site, "wallboard", "add", "desk", "--title", "Front desk")
    owner = ("--person", "Anna Berg", "--department", "Sales / North", "--cost-centre", "4711", "--create")
    run(site, "directory", "assign", "extension", "101", *owner)
    rental = ("--extension", "101", "--amount", "12.50", "--currency", "EUR", "--tax", "19", "--from", "2026-01-01")
    run(site, "monthly-charge", "add", "Line rental", *rental, "--part-month", "days")
    run(site, "directory", "import", "-", "--phone-book", "--yes", given="number,name\n+442079460135,Acme\n")
    with serving(site) as server:
        yield server


def serious(page: Page, *, by_night: bool = True) -> list[str]:
    """Return what axe finds on a page: all its rules by day, and by night those of colours; nothing else differs."""
    page.evaluate(AXE)
    found: list[Violation] = page.evaluate("axe.run().then((told) => told.violations)")
    if by_night:
        page.emulate_media(color_scheme="dark")
        found += page.evaluate("(rules) => axe.run({runOnly: rules}).then((told) => told.violations)", COLOUR_RULES)
        page.emulate_media(color_scheme="light")
    return [
        f"{page.url}: {each['id']}: {node['html'][:160]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def addresses(page: Page, part: int) -> Iterator[str]:
    """Open every page, one call's among them, and yield where it is."""
    page.goto("/calls/")
    call = page.locator("tbody th a").first.get_attribute("href")
    for address in [*PAGES, str(call)][part::PARTS]:
        page.goto(address)
        yield address


@pytest.mark.parametrize("width", [1280, NARROW])
@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_serious_fault_that_axe_can_find(busy: Server, opened: Open, width: int, part: int) -> None:
    page = opened(busy.address, width=width)
    page.goto("/")
    faults, wide = serious(page), []
    sign_in(page)

    for address in addresses(page, part):
        # colours are the same at any width: by night they are looked at once
        faults += serious(page, by_night=width > NARROW)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(address)

    assert faults == []
    assert wide == []


def test_the_first_page_breaks_no_word_and_hides_no_column_on_a_telephone(busy: Server, opened: Open) -> None:
    page = opened(busy.address, width=NARROW)
    sign_in(page)
    page.goto("/calls/?called-back=no")
    latest = page.locator("tbody time").first.get_attribute("datetime")
    page.goto(f"/?day={str(latest)[:10]}")
    page.get_by_text("Show as table").click()

    scrolling = "[...document.querySelectorAll('.scroll')].filter((each) => each.scrollWidth > each.clientWidth)"
    broken = "[...document.querySelectorAll('main :is(time, thead th)')].filter((each) => each.offsetHeight > 40)"
    assert page.evaluate(f"{scrolling}.map((each) => each.getAttribute('aria-label'))") == []
    expect(page.locator(".missed-calls time")).not_to_have_count(0)
    assert page.evaluate(f"{broken}.map((each) => each.textContent)") == []


def test_the_tab_of_a_page_is_in_sight_on_a_telephone(busy: Server, opened: Open) -> None:
    page = opened(busy.address, width=NARROW)
    sign_in(page)
    page.goto("/directory/phone-book/")

    expect(page.get_by_role("link", name="Phone book")).to_be_in_viewport(ratio=1)
    assert page.locator(".tabs ul").evaluate("(list) => list.offsetHeight") <= 50


def test_the_period_of_a_report_is_in_sight_on_a_telephone_and_takes_one_line(busy: Server, opened: Open) -> None:
    page = opened(busy.address, width=NARROW)
    sign_in(page)
    page.goto("/reports/by-hour/?period=last-12-months")

    expect(page.get_by_role("link", name="Last 12 months")).to_be_in_viewport(ratio=1)
    assert page.locator(".periods ul").evaluate("(list) => list.offsetHeight") <= 50


def test_the_writing_in_a_chart_is_about_as_large_as_that_around_it(busy: Server, opened: Open) -> None:
    page = opened(busy.address, width=768)
    sign_in(page)
    page.goto("/reports/by-hour/?period=last-12-months")
    writing = page.locator(".chart svg:visible text").first
    expect(writing).to_be_visible()

    assert 8 <= writing.evaluate("(it) => it.getBoundingClientRect().height") <= 22


def test_who_was_missed_is_not_broken_beside_the_mark_on_a_telephone(busy: Server, opened: Open) -> None:
    page = opened(busy.address, width=NARROW)
    sign_in(page)
    page.goto("/missed/")
    expect(page.locator(".missed-mark").first).to_be_visible()

    heights = page.locator(".missed-mark + h2").evaluate_all("(all) => all.map((each) => each.offsetHeight)")
    assert max(heights) <= 50


def test_a_long_figure_on_home_stays_in_one_line(busy: Server, opened: Open) -> None:
    page = opened(busy.address)
    sign_in(page)
    page.goto("/")
    figure = page.locator(".tile-value").first
    expect(figure).not_to_be_empty()

    figure.evaluate("(it) => { it.textContent = '59 h 49 min'; it.classList.add('is-long'); }")

    assert figure.evaluate("(it) => it.offsetHeight <= 40 && it.scrollWidth <= it.clientWidth")


@pytest.mark.parametrize("width", [768, NARROW])
def test_what_is_folded_away_on_the_pages_of_calls_is_without_fault_too(busy: Server, opened: Open, width: int) -> None:
    page = opened(busy.address, width=width)
    sign_in(page)
    page.goto("/calls/?columns=pbx,caller,called,outcome,total_s,pbx_charge&size=25")
    call = page.locator("tbody th a").first.get_attribute("href")

    for name in ("Saved filters", "Columns", "Download"):
        page.locator("summary").filter(has_text=name).click()
        assert serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.locator("summary").filter(has_text=name).click()
    page.goto(str(call))
    for summary in page.locator("main summary").all():
        summary.click()
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_filter_is_folded_away_on_a_telephone_alone(busy: Server, opened: Open) -> None:
    wide, narrow = opened(busy.address), opened(busy.address, width=NARROW)
    for page in (wide, narrow):
        sign_in(page)
        page.goto("/calls/")

    expect(wide.get_by_role("textbox", name="Extension")).to_be_visible()
    expect(narrow.get_by_role("textbox", name="Extension")).to_be_hidden()
    narrow.get_by_role("button", name="Filter").click()
    narrow.get_by_role("textbox", name="Extension").fill("999")
    narrow.get_by_role("button", name="Show").click()
    expect(narrow.get_by_text("No call fits this filter")).to_be_visible()


def test_a_page_on_paper_has_what_it_tells_and_nothing_to_press(busy: Server, opened: Open) -> None:
    page = opened(busy.address)
    sign_in(page)
    page.emulate_media(media="print", color_scheme="dark")
    page.goto("/calls/")

    expect(page.get_by_role("heading", name="Calls", exact=True)).to_be_visible()
    assert page.locator("tbody tr").first.is_visible()
    assert [each for each in page.get_by_role("button").all() if each.is_visible()] == []
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == LIGHT
