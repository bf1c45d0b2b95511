"""The longest texts there can be make no page wider than its window, and on a telephone no list than its card."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, resolve
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, TOLLBOOK, Open, Server, run, serving, sign_in
from tests.browser.test_the_workbench import ABACUS
from tests.fakes.records import some_lines
from tests.unit.web import conftest  # noqa: F401 - it sets Django up
from tollbook.dialects.authoring.guessing import guess
from tollbook.dialects.layout.written import written

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
NAME = "p" * 40
PATH = "/srv/" + "/".join("d" * 80 for _ in range(6))
USER = "u" * 40
WIDTHS = (1280, 768, 360)
STICKS_OUT = """() => {
    const wide = document.documentElement.scrollWidth > innerWidth;
    const parts = [...document.querySelectorAll("body *")].filter((each) => wide
        ? each.getBoundingClientRect().right > innerWidth
        : innerWidth <= 768 && each.matches(":has(> :is(.stacked, .compact))")
            && each.scrollWidth > each.clientWidth);
    return parts.slice(0, 5)
        .map((each) => `${each.tagName} ${each.className} ${each.textContent.trim().slice(0, 40)}`);
}"""
PAGES = [
    "/",
    "/?day=2024-01-08",
    "/dashboard/",
    "/dashboard/add/?report=by-department&title=x",
    "/dashboard/1/",
    "/calls/",
    "/pbxs/",
    "/pbxs/add/",
    "/pbxs/add/panasonic-kx-hts/http_poll/",
    f"/pbx/{NAME}/",
    f"/pbx/{NAME}/edit/",
    f"/pbx/{NAME}/test/",
    f"/pbx/{NAME}/rejects/",
    f"/pbx/{NAME}/parse/",
    f"/pbx/{NAME}/remove/",
    f"/pbx/{NAME}/sample/",
    f"/pbx/{NAME}/format/",
    f"/pbx/{NAME}/plan/",
    f"/pbx/{NAME}/imports/",
    f"/pbx/{NAME}/imports/1/",
    f"/pbx/{NAME}/imports/1/undo/",
    "/sinks/",
    "/sinks/add/sql/",
    f"/sink/{NAME}/",
    f"/sink/{NAME}/edit/",
    f"/sink/{NAME}/remove/",
    "/missed/",
    "/missed/?state=all",
    "/missed/settings/",
    "/schedules/",
    "/schedules/add/",
    f"/schedule/{NAME}/",
    f"/schedule/{NAME}/edit/",
    f"/schedule/{NAME}/remove/",
    "/deliveries/",
    "/deliveries/add/mail/",
    f"/delivery/{NAME}/",
    f"/delivery/{NAME}/edit/",
    f"/delivery/{NAME}/remove/",
    "/formats/",
    "/formats/new/",
    "/formats/copy/panasonic-kx-hts/",
    f"/formats/own/{NAME}/",
    f"/formats/own/{NAME}/remove/",
    f"/formats/own/{NAME}/share/",
    "/formats/add/",
    "/reports/",
    "/reports/files/",
    "/reports/sql/",
    "/reports/by-department/",
    "/reports/explore/?rows=number&measures=calls,talk",
    "/directory/",
    "/directory/people/add/",
    "/directory/people/1/",
    "/directory/people/1/edit/",
    "/directory/people/1/move/",
    "/directory/people/1/end/",
    "/directory/people/1/remove/",
    "/directory/departments/",
    "/directory/departments/add/",
    "/directory/departments/1/",
    "/directory/departments/1/remove/",
    "/directory/cost-centres/add/",
    "/directory/cost-centres/1/",
    "/directory/cost-centres/1/remove/",
    "/directory/extensions/",
    "/directory/extensions/add/",
    "/directory/extensions/1/",
    "/directory/extensions/1/end/",
    "/directory/extensions/1/remove/",
    "/directory/extensions/unnamed/",
    "/directory/phone-book/",
    "/directory/phone-book/add/",
    "/directory/phone-book/1/",
    "/directory/phone-book/1/remove/",
    "/directory/from-file/extensions/",
    "/alerts/",
    "/alerts/?show=all",
    "/alerts/set-up/",
    "/alerts/add/",
    "/alerts/add/usage/",
    f"/alert/{NAME}/",
    f"/alert/{NAME}/edit/",
    f"/alert/{NAME}/remove/",
    "/costs/budgets/",
    "/costs/budgets/add/",
    f"/costs/budgets/{NAME}/",
    f"/costs/budgets/{NAME}/edit/",
    f"/costs/budgets/{NAME}/remove/",
    "/costs/charge-back/?month=2024-01",
    "/costs/charge-back/?month=2024-01&by=cost_centre",
    "/costs/charge-back/line/?month=2024-01&by=department&id=2",
    f"/costs/phone-bills/?kind=department&name={'d' * 110}&month=2024-01",
    f"/costs/phone-bills/?kind=person&name={'n' * 110}&month=2024-01",
    "/costs/monthly-charges/",
    "/costs/monthly-charges/add/",
    "/costs/monthly-charges/1/edit/",
    "/costs/monthly-charges/1/end/",
    "/costs/monthly-charges/1/remove/",
    "/tariffs/",
    "/tariffs/add/",
    "/tariffs/import/",
    "/tariffs/examples/hotel/",
    "/tariffs/price-again/",
    f"/tariff/{NAME}/",
    f"/tariff/{NAME}/add/",
    f"/tariff/{NAME}/import/",
    f"/tariff/{NAME}/assign/",
    f"/tariff/{NAME}/assignments/1/remove/",
    f"/tariff/{NAME}/2024-01-01/",
    f"/tariff/{NAME}/2024-01-05/changes/",
    "/costs/unpriced/",
    "/costs/preview/",
    "/costs/pbx-charges/",
    "/costs/bills/",
    "/wallboards/",
    "/wallboards/add/",
    f"/wallboards/{NAME}/",
    f"/wallboards/{NAME}/edit/",
    f"/wallboards/{NAME}/add/",
    f"/wallboards/{NAME}/1/",
    f"/wallboards/{NAME}/revoke/",
    f"/wallboards/{NAME}/remove/",
    "/people/",
    "/people/2/",
    "/people/2/remove/",
    "/people/add-group/",
    "/people/sign-on/oidc/",
    "/people/sign-on/oidc/remove/",
    "/people/sign-on/ldap/",
    "/people/two-steps/",
    "/people/invite/",
    "/forgotten/",
    f"/people/groups/{NAME}/",
    f"/people/groups/{NAME}/remove/",
    "/password/",
    "/account/",
    "/looking/",
    "/account/second-step/",
    "/places/",
    f"/places/{NAME}/",
    "/place-groups/all/",
    f"/places/{NAME}/remove/",
    "/tokens/",
    f"/tokens/{NAME}/remove/",
    "/audit/",
    "/system/?check=all",
    "/system/retention/",
    "/system/personal-data/",
    "/help/",
    "/help/reference/sources/",
    "/help/pbx/panasonic_kx_hts/",
]
NO_PAGES = {
    *("schedule-act", "schedule-file", "schedule-next", "leave", "sent"),
    "destination-act",
    "destinations-address",
    "message-again",
    *("calls-save", "calls-saved-remove", "calls-view", "calls-download", "live-news", "live", "tiles"),
    *("missed-do", "missed-many"),
    *("report-save", "report-remove", "report-chart", "report-sql-save", "report-sql-cancel"),
    *(
        "notice-done",
        "phone-bills-mask",
        "pbx-plan-numbering",
        "pbxs-health",
        "pbx-bring-back",
        "pbx-pause",
        "pbx-arrivals",
        "pbx-retry",
        "pbx-rejects-move",
        "pbx-finding-aside",
        "pbx-finding-back",
    ),
    *(
        "pbx-import-redo",
        "sink-act",
        "alert-act",
        "alerts-acknowledge",
        "format-workbench",
        "system-troubles",
        "call-records",
        "sign-out",
        "healthz",
        "metrics",
    ),
    *("directory-move-undo", "directory-download"),
    *("tariff-download", "tariff-list", "tariffs-pricing", "tariffs-price-as-before"),
    *("call", "pbx-upload", "set-up", "sign-in", "second-step"),
    *("oidc-begin", "oidc-back", "sign-on-test", "welcome", "welcome-choose"),
    *("sign-out-elsewhere", "second-step-end", "note-write", "note-remove", "call-tags", "call-private"),
    "place-code",
    *("audit-looks", "system-logo", "system-logo-change"),
    *("report-files-make", "report-file", "report-file-again", "report-file-cancel", "report-file-remove"),
    *("wallboard-link", "wall", "wall-live"),  # those on a wall are looked at by a test of their own
}
"""Addresses that show no page of their own, and four pages whose address cannot be known or needs nobody signed in."""


@pytest.fixture(scope="module")
def wordy(first_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A site whose PBX, export, token and user have names as long as they may be, with long messages about them."""
    site = Path(shutil.copytree(first_site, tmp_path_factory.mktemp("wordy") / "site"))
    own = ("--dialect", "panasonic-kx-hts", "--source", "folder", "--set", "timezone=Europe/London")
    run(site, "pbx", "add", NAME, *own, "--set", f"path={PATH}")
    lines = b"".join(some_lines(200)) + b"no record at all, " + b"x" * 700 + b"\n"
    subprocess.run(
        [*TOLLBOOK, "--site", str(site), "import", "-", "--pbx", NAME],
        input=lines,
        check=False,
        capture_output=True,
    )
    run(site, "sink", "add", NAME, "--kind", "webhook", "--set", f"url=http://127.0.0.1:9/{'w' * 400}")
    run(site, "destination", "add", NAME, "--kind", "webhook", "--set", f"url=http://127.0.0.1:9/{'w' * 400}")
    sent = ("--report", "by-hour", "--when", "mondays 08:00", "--destination", NAME, "--only", f"person={'n' * 110}")
    run(site, "schedule", "add", NAME, *sent)
    run(site, "token", "add", NAME)
    run(site, "place", "add", NAME, "--group", "g" * 60)
    tile = f"calls title={'t' * 60} person={'n' * 110} amber=999999999999 red=9999999999999"
    run(site, "wallboard", "add", NAME, "--title", "w" * 60, "--tile", tile, "--only", f"person={'n' * 110}")
    run(site, "person", "add", USER, given=PASSWORD)
    run(site, "group", "add", NAME, "--outside", "o" * 400, "--scope", f"person={'n' * 110}")
    owner = ("--person", "n" * 110, "--department", f"{'d' * 110} / {'e' * 110}", "--cost-centre", "c" * 40, "--create")
    run(site, "directory", "assign", "extension", "7" * 70, *owner)
    numbers = site / "numbers.csv"
    numbers.write_text(f"number,name,company,tags\n+49891234*,{'n' * 110},{'o' * 110},{'t' * 40}\n")
    run(site, "directory", "import", str(numbers), "--phone-book", "--yes")
    tariff = site / "long.toml"
    for first, price in (("2024-01-01", "0.000000000001"), ("2024-01-05", "999999999.99")):
        rate = f'[[rate]]\nto = "*"\nname = "{"r" * 110}"\nprice = "{price}"\n'
        tariff.write_text(f'title = "{"t" * 110}"\ncurrency = "EUR"\n{rate}')
        run(site, "tariff", "add", NAME, str(tariff), "--from", first)
    run(site, "tariff", "assign", NAME)
    budget = ("--department", f"{'d' * 110} / {'e' * 110}", "--amount", "999999999.99", "--currency", "EUR")
    run(site, "budget", "add", NAME, *budget)
    run(site, "alert", "add", NAME, "--kind", "missed-call", "--where", f"extension={'9' * 300}")
    for number, target in enumerate((budget[:2], ("--cost-centre", "c" * 40))):
        charge = ("--amount", "999999999.999999", "--currency", "EUR", "--tax", "99.999999", "--from", "2024-01-01")
        run(site, "monthly-charge", "add", f"{'m' * 110}{number}", *target, *charge)
    own_format = site / "dialects" / NAME
    own_format.mkdir(parents=True)
    (own_format / "dialect.toml").write_text(written(guess(ABACUS.splitlines())))
    (own_format / "sample.txt").write_text(ABACUS)
    with serving(site) as server:
        yield server


def test_no_page_is_wider_than_its_window(wordy: Server, opened: Open) -> None:
    page = opened(wordy.address)
    sign_in(page)
    page.goto("/people/")
    expect(page.get_by_role("rowheader", name=USER)).to_be_visible()
    page.goto("/pbxs/")
    expect(page.locator("main .state")).to_have_text("not reachable")
    page.goto("/")
    expect(page.locator(".menu-button .badge")).to_have_text(re.compile(r"^[12] needs? attention$"))

    page.goto("/?day=2024-01-08")
    expect(page.locator(".missed-calls tbody tr").first).to_be_visible()
    assert {address: parts for address in PAGES if (parts := too_wide(page, address))} == {}


def test_every_page_is_among_those_that_are_looked_at() -> None:
    from tollbook.web.urls import urlpatterns

    looked_at = {resolve(address.partition("?")[0], "tollbook.web.urls").url_name for address in PAGES}

    assert {each.name for each in urlpatterns if isinstance(each, URLPattern)} - looked_at == NO_PAGES


def too_wide(page: Page, address: str) -> dict[int, list[str]]:
    """Return what sticks out of a page at the right, if it can be scrolled there, by the width of the window."""
    page.goto(address)
    found: dict[int, list[str]] = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        if parts := page.evaluate(STICKS_OUT):
            found[width] = parts
    return found
