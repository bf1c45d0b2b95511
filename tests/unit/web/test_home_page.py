"""The first page."""

import re
from datetime import date

import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.model.dashboard import Tile
from tollbook.web.dashboards import charts, tiles


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
    text = viewer.get("/?whole=yes&day=2026-03-02").content.decode()

    assert figures(text) == {
        "Calls": "4",
        "Incoming": "2",
        "Outgoing": "2",
        "Missed": "2",
        "Answered %": "0.0\xa0%",
        "Talk": "11 min",
    }


def figures(page: str) -> dict[str, str]:
    """Return the figures of a page's tiles by their titles."""
    found = re.findall(
        r'id="tile-\d+-title">(?:<a [^>]*>)?([^<]+)<.*?class="tile-value">(?:<a [^>]*>)?([^<]+)<', page, re.DOTALL
    )
    return dict(found)


@pytest.mark.usefixtures("some_calls")
def test_each_figure_leads_to_a_list_of_as_many_calls(viewer: Client) -> None:
    text = viewer.get("/?whole=yes&day=2026-03-02").content.decode()
    counts = re.findall(r'class="tile-value"><a href="(/calls/[^"]+)">(\d+)</a>', text)

    assert len(counts) == 4
    for address, count in counts:
        listed = viewer.get(address.replace("&amp;", "&")).content.decode()
        assert f"of <strong>{count}</strong> call" in listed


@pytest.mark.usefixtures("some_calls")
def test_a_figure_stands_beside_that_of_the_day_before(viewer: Client) -> None:
    text = viewer.get("/?whole=yes&day=2026-03-02").content.decode()

    assert re.search(r"<strong>\+300 %</strong> from 1 <span>\(1 March 2026\)</span>", text)


@pytest.mark.usefixtures("some_calls")
def test_a_caller_who_tried_twice_is_one_line(viewer: Client) -> None:
    text = viewer.get("/?whole=yes&day=2026-03-02").content.decode()

    assert text.count(">2125550177</a></th>") == 1
    assert "10:20:00" in text


@pytest.mark.usefixtures("some_calls")
def test_the_page_is_sent_without_what_takes_time_and_each_tile_is_loaded_by_itself(viewer: Client) -> None:
    page = viewer.get("/?day=2026-03-02").content.decode()
    loaded = re.findall(r'hx-get="(/tiles/[\d,]+/\?day=2026-03-02)"', page)

    assert figures(page) == {}
    assert [address.split("/")[2] for address in loaded] == ["1,2,3,4,5,6", "7", "8", "9"]
    assert "11 min" in "".join(viewer.get(address).content.decode() for address in loaded)


def tile_with(client: Client, word: str) -> str:
    """Return the one tile of a day that has a word in it."""
    tiles = [client.get(f"/tiles/{number}/?day=2026-03-02").content.decode() for number in range(1, 12)]
    return next(tile for tile in tiles if word in tile)


@pytest.mark.usefixtures("some_calls")
def test_the_chart_takes_its_colours_from_the_page_and_holds_no_inline_style(viewer: Client) -> None:
    chart = tile_with(viewer, "<svg")

    assert 'fill="var(--chart-outgoing)"' in chart
    assert "style" not in chart


@pytest.mark.usefixtures("some_calls")
def test_the_same_chart_is_not_drawn_twice(viewer: Client, engine: Engine) -> None:
    drawn = tile_with(viewer, "<svg")
    engine.jobs.stop()

    assert tile_with(viewer, "<svg") == drawn


@pytest.mark.usefixtures("some_calls")
def test_a_chart_that_cannot_be_drawn_says_so_beside_its_table(
    viewer: Client,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(charts, "KEPT", charts.KeptDrawings())
    engine.jobs.stop()

    tile = tile_with(viewer, "Show as table")

    assert "The chart could not be drawn: Tollbook is being stopped" in tile
    assert ">09:00</a></th>" in tile


@pytest.mark.usefixtures("some_calls")
def test_a_tile_that_is_no_more_has_the_page_loaded_again(viewer: Client) -> None:
    answer = viewer.get("/tiles/99/")

    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


@pytest.mark.usefixtures("some_calls")
def test_a_fault_within_a_tile_is_told_in_its_place_and_takes_no_other_with_it(
    viewer: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = tiles.address_of

    def fail(tile: Tile, day: date | None) -> str:
        return str(1 / 0) if tile.measure == "missed" else whole(tile, day)

    monkeypatch.setattr(tiles, "address_of", fail)

    text = viewer.get("/tiles/1,2,3,4,5,6/?day=2026-03-02").content.decode()

    assert text.count("by a fault of Tollbook") == 1
    assert len(figures(text)) == 5


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_no_day_makes_the_page_fail(viewer: Client, day: str) -> None:
    assert viewer.get(f"/?day={day}").status_code == 200
