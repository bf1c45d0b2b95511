"""Pages of reports: what cannot be used is told, and what somebody saves is there whole, or not at all."""

from __future__ import annotations

import json
import re
import tomllib
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import get_resolver

from tollbook.engine.engine import Engine
from tollbook.model.report import ChartKind
from tollbook.render.charts import Plot
from tollbook.reports.known import RESERVED, report, reports
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.web.reports import pages, plots, saving

pytestmark = pytest.mark.usefixtures("some_calls")
ASKED = {"rows": "extension", "measures": "calls,talk", "period": "last-month"}


def page(client: Client, address: str, words: dict[str, str] | None = None) -> str:
    return unescape(client.get(address, words or {}, follow=True).content.decode())


def save(client: Client, title: str, **words: str) -> str:
    return unescape(client.post("/reports/save/", {"title": title, **ASKED, **words}, follow=True).content.decode())


def folder(engine: Engine) -> Path:
    return engine.site.path / "reports"


def written(engine: Engine, slug: str, text: str) -> None:
    folder(engine).joinpath(slug).mkdir(parents=True)
    folder(engine).joinpath(slug, "report.toml").write_text(text)


FAULTY = {
    "unreadable": 'title = "',
    "night-shift": 'title = "A"\nquestion = "B?"\ngroup = "time"\nmeasures = ["cals"]\n',
    "by-day": 'title = "A"\nquestion = "B?"\ngroup = "time"\nmeasures = ["calls"]\n',
    "explore": 'title = "A"\nquestion = "B?"\ngroup = "time"\nmeasures = ["calls"]\n',
}


def test_reports_of_ones_own_that_cannot_be_used_are_named_with_their_faults(admin: Client, engine: Engine) -> None:
    for slug, text in FAULTY.items():
        written(engine, slug, text)
    folder(engine).joinpath("Empty Folder").mkdir()

    text = page(admin, "/reports/")
    assert "Reports of your own that cannot be used" in text
    for told in (
        "The report unreadable cannot be read",
        "No measure is called 'cals'",
        "The name 'by-day' is taken",
        "No report can be called 'explore'",
        "'Empty Folder' cannot be a report's name",
    ):
        assert told in text
    listed = {each["slug"]: each for each in map(json.loads, admin.get("/api/reports").content.splitlines())}
    assert "no measure is called 'cals'" in listed["night-shift"]["faults"][0]
    assert listed["by-hour"]["faults"] == []
    assert "no measure is called 'cals'" in admin.get("/api/reports/night-shift").json()["problems"][0]["what"]
    assert "no measure is called 'cals'" in page(admin, "/reports/night-shift/")


def test_a_site_without_faults_has_nothing_to_tell_of_them(admin: Client) -> None:
    assert "cannot be used" not in page(admin, "/reports/")


def test_a_saved_report_asks_what_was_explored_with_every_word(admin: Client, engine: Engine) -> None:
    words = {"from": "2026-03-01", "to": "2026-03-01", "called-back": "no", "direction": "incoming", "period": ""}

    text = save(admin, "Who waits", compare="year", **words)

    assert "The report is saved. It is one of your own now. With which days it is compared" in text
    assert "1 March 2026" in text
    document = tomllib.loads(folder(engine).joinpath("who-waits", "report.toml").read_text())
    assert document["filter"] == {name: word for name, word in words.items() if word}
    assert "2 March 2026" in page(admin, "/reports/who-waits/", {"from": "2026-03-02", "to": "2026-03-02"})
    assert report("who-waits", folder(engine)).is_own
    assert next(each.action for each in entries(AuditFilter())) == "report.add"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"title": "Explore"}, "no report can be called 'explore'"),
        ({"title": "By day"}, "the name 'by-day' is taken"),
        ({"title": "?"}, "the report needs a title"),
        ({"title": "Good", "measures": "cals"}, "no measure is called 'cals'"),
        ({"title": "Good", "limit": "x"}, "'limit' must be a whole number"),
        ({"title": "Good", "time": "nine"}, "'time' must be times such as"),
        ({"title": "Good", "order": "-price"}, "cannot order by 'price'"),
    ],
)
def test_what_cannot_be_a_report_is_said_and_nothing_is_written(
    admin: Client, engine: Engine, asked: dict[str, str], told: str
) -> None:
    assert told in save(admin, **asked)
    assert not list(folder(engine).glob("*")) + list(folder(engine).glob(".*"))


def test_a_title_that_is_taken_leaves_the_report_that_has_it(admin: Client, engine: Engine) -> None:
    save(admin, "Mine")
    before = folder(engine).joinpath("mine", "report.toml").read_text()

    assert "there is a report 'mine' already" in save(admin, "Mine", measures="talk")
    assert folder(engine).joinpath("mine", "report.toml").read_text() == before


def test_a_report_whose_writing_is_broken_off_is_not_there_at_all(
    admin: Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(saving, "settle_on_disk", killed)
        with pytest.raises(KeyboardInterrupt):
            save(admin, "Mine")

    assert "cannot be used" not in page(admin, "/reports/")
    assert "The report is saved." in save(admin, "Mine")
    assert [each.name for each in folder(engine).iterdir()] == ["mine"]


def test_a_disk_that_takes_nothing_is_told(admin: Client, engine: Engine) -> None:
    folder(engine).write_text("in the way")

    assert "the report could not be written" in save(admin, "Mine")


def test_beside_each_row_is_a_line_of_its_days_told_in_words(admin: Client) -> None:
    asked = {"rows": "extension", "measures": "calls,talk", "from": "2026-03-01", "to": "2026-03-03"}
    text = page(admin, "/reports/explore/", asked)
    assert "Calls by day" in text
    assert re.findall(r"<title>(Calls by day: [^<]+)</title><polyline", text) == [
        "Calls by day: 0 to 3, most 2026-03-02, at last 0",
        "Calls by day: 0 to 1, most 2026-03-02, at last 0",
    ]
    assert "<polyline" not in page(admin, "/reports/explore/", {**asked, "rows": "hour"})


def test_addresses_beside_those_of_reports_are_names_that_no_report_can_have() -> None:
    taken: set[Any] = set()
    modules = ("reports", "files")
    for each in (one for name in modules for one in get_resolver(f"tollbook.web.{name}.addresses").url_patterns):
        taken |= {str(each.pattern).split("/")[1]} - {"", "<slug:slug>"}

    assert taken | {"words"} == RESERVED
    assert not RESERVED & reports().keys()


@pytest.mark.parametrize("limit", ["9999999999", "²", "-1", "x" * 300])
def test_a_limit_that_is_no_number_is_said_on_the_page_and_every_value_is_kept(admin: Client, limit: str) -> None:
    asked = {"rows": ["extension", "trunk", "direction", "outcome"], "measures": "calls", "limit": limit}
    response = admin.get("/reports/explore/", asked)
    text = unescape(response.content.decode())

    assert response.status_code == 200
    assert "'limit' must be a whole number from 0 on" in text
    assert f'value="{limit[:200]}"'[:100] in text
    assert text.count(" selected>") >= 4


def test_what_the_explorer_needs_stands_in_its_address(admin: Client) -> None:
    response = admin.get("/reports/explore/")

    assert dict(parse_qsl(urlsplit(response["Location"]).query))["measures"] == "calls,incoming,outgoing,talk"


def chart_of(text: str) -> str:
    (address,) = re.findall(r'hx-get="(/reports/chart/[^"]+)"', text)
    return str(address)


@pytest.mark.parametrize("address", ["/reports/by-extension/", "/reports/explore/"])
def test_the_chart_of_a_page_is_drawn_from_what_the_page_was_made_from(
    admin: Client, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    days = {"from": "2026-03-01", "to": "2026-03-02", "rows": "extension", "measures": "calls"}
    chart = chart_of(page(admin, address, days))

    def asked_again(*_: object) -> None:
        raise AssertionError

    again = admin.get(re.sub("plot=[^&]+", "plot=gone", chart)).content
    with monkeypatch.context() as patched:
        patched.setattr(pages, "run", asked_again)
        patched.setattr(pages, "explore", asked_again)
        drawn = admin.get(chart).content

    assert b"<svg" in drawn
    assert drawn == again


def test_what_charts_show_is_kept_for_the_newest_pages() -> None:
    first = plots.keep(Plot(kind=ChartKind.BARS, places=("a",), series=()))
    assert plots.kept(first) is not None
    names = [plots.keep(Plot(kind=ChartKind.BARS, places=("b",), series=())) for _ in range(64)]

    assert plots.kept(first) is None
    assert all(map(plots.kept, names))


def test_pages_that_answer_as_a_report_would_are_listed_for_those_who_may_see_them(
    admin: Client, viewer: Client
) -> None:
    told = {who: asked.get("/reports/").content.decode() for who, asked in (("admin", admin), ("viewer", viewer))}

    for address in ("/costs/preview/", "/costs/bills/", "/audit/"):
        assert f'<a href="{address}">' in told["admin"].partition("<main")[2]
        assert address not in told["viewer"].partition("<main")[2]
    assert '<a href="/costs/charge-back/">' in told["viewer"].partition("<main")[2]
