"""The first page."""

import re

import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.web.home import charts


def test_a_site_without_a_pbx_says_what_comes_first(admin: Client) -> None:
    text = admin.get("/").content.decode()

    assert "No PBX yet" in text
    assert "/pbxs/add/" in text


@pytest.mark.usefixtures("pbx")
def test_a_site_that_no_call_has_reached_says_so(viewer: Client) -> None:
    assert "No call has arrived yet at all" in viewer.get("/").content.decode()


@pytest.mark.usefixtures("some_calls")
def test_a_day_without_calls_leads_to_the_last_that_had_some(viewer: Client) -> None:
    assert 'href="?day=2026-03-02"' in viewer.get("/").content.decode()


@pytest.mark.usefixtures("some_calls")
def test_a_days_figures_count_its_calls(viewer: Client) -> None:
    text = viewer.get("/?day=2026-03-02").content.decode()
    figures = re.findall(r"<dt>(\w+)[^/]*</dt><dd>(?:<a [^>]*>)?([^<]+)<", text)

    assert figures == [("Calls", "4"), ("Incoming", "2"), ("Outgoing", "2"), ("Missed", "2"), ("Talk", "11 min")]


@pytest.mark.usefixtures("some_calls")
def test_each_figure_leads_to_a_list_of_as_many_calls(viewer: Client) -> None:
    text = viewer.get("/?day=2026-03-02").content.decode()
    figures = re.findall(r'<dd><a href="(/calls/[^"]+)">(\d+)</a>', text)

    assert len(figures) == 4
    for address, figure in figures:
        listed = viewer.get(address.replace("&amp;", "&")).content.decode()
        assert f"of <strong>{figure}</strong> call" in listed


@pytest.mark.usefixtures("some_calls")
def test_a_caller_who_tried_twice_is_one_line(viewer: Client) -> None:
    text = viewer.get("/?day=2026-03-02").content.decode()

    assert text.count(">2125550177</a></th>") == 1
    assert "10:20:00" in text


@pytest.mark.usefixtures("some_calls")
def test_the_chart_takes_its_colours_from_the_page_and_holds_no_inline_style(viewer: Client) -> None:
    page = viewer.get("/?day=2026-03-02").content.decode()
    chart = viewer.get("/charts/calls-by-hour/?day=2026-03-02").content.decode()
    again = viewer.get("/?day=2026-03-02").content.decode()

    assert 'hx-get="/charts/calls-by-hour/?day=2026-03-02"' in page
    assert 'fill="var(--chart-outgoing)"' in chart
    assert "style" not in chart
    assert chart.strip().partition("\n")[0] in again
    assert "/charts/" not in again


@pytest.mark.usefixtures("some_calls")
def test_a_chart_that_cannot_be_drawn_says_so_beside_its_table(
    viewer: Client,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(charts, "KEPT", charts.KeptCharts())
    engine.jobs.stop()

    chart = viewer.get("/charts/calls-by-hour/?day=2026-03-02")

    assert chart.status_code == 200
    assert "The chart could not be drawn: Tollbook is being stopped" in chart.content.decode()


@pytest.mark.usefixtures("some_calls")
def test_the_chart_is_there_as_a_table_too(viewer: Client) -> None:
    assert '<th scope="row">09:00</th>' in viewer.get("/?day=2026-03-02").content.decode()


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_no_day_makes_the_page_fail(viewer: Client, day: str) -> None:
    assert viewer.get(f"/?day={day}").status_code == 200
