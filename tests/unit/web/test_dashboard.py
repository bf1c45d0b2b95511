"""The tiles of Home, as somebody chooses and arranges them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.fakes.people import let_in
from tollbook.model.actor import Actor
from tollbook.model.dashboard import Tile, with_tile
from tollbook.model.page_limits import HOME_TILES
from tollbook.model.problem import Misconfigured
from tollbook.site.dashboards import operations
from tollbook.web.dashboards.checks import checked, tells_of_people
from tollbook.web.dashboards.form import TileForm
from tollbook.web.dashboards.presets import PRESETS, USUAL, WALLS, Preset
from tollbook.web.dashboards.written import tile_in

VERA = Actor(kind="person", name="vera")
NEW = {"shows": "number", "size": "small", "way": "up", "measure": "", "period": "", "filter": "", "title": ""}


def titles(client: Client) -> list[str]:
    page = client.get("/dashboard/").content.decode()
    return re.findall(r'class="tile-list-what"><a href="\d+/"><strong>([^<]+)<', page)


def version(client: Client) -> str:
    found = re.search(r'name="version" value="(\d+)"', client.get("/dashboard/").content.decode())
    assert found
    return found[1]


def step(client: Client, tile: int, do: str, seen: str = "") -> str:
    given = {"version": seen or version(client), "tile": str(tile), "do": do}
    return client.post("/dashboard/", given, follow=True).content.decode()


def test_tiles_are_moved_sized_and_removed_one_step_after_another(viewer: Client) -> None:
    before = titles(viewer)

    step(viewer, 1, "down")
    step(viewer, 4, "remove")
    step(viewer, 7, "wide")

    assert titles(viewer) == [before[1], before[0], before[2], *before[4:]]
    assert (
        'class="tile tile-wide tile-of-chart" id="tile-7"' in viewer.get("/").content.decode().replace("\n", "")
        or "No PBX yet" in viewer.get("/").content.decode()
    )
    assert operations.dashboard_of(VERA, USUAL).tiles[5].size == "wide"


def test_what_was_changed_in_another_window_is_not_written_over_and_is_told(viewer: Client) -> None:
    seen = version(viewer)
    step(viewer, 1, "remove", seen)
    before = titles(viewer)

    page = step(viewer, 2, "remove", seen)

    assert "were changed in another window meanwhile" in page
    assert titles(viewer) == before


def test_a_form_that_was_opened_before_a_change_keeps_nothing_and_says_so(viewer: Client) -> None:
    form = viewer.get("/dashboard/2/").content.decode()
    seen = re.search(r'name="version" value="(\d+)"', form)
    assert seen
    step(viewer, 1, "remove")

    page = viewer.post("/dashboard/2/", {**NEW, "what": "measure", "version": seen[1], "title": "Mine"})

    assert "were changed in another window meanwhile" in page.content.decode()
    assert "Mine" not in titles(viewer)


def test_tiles_are_each_persons_own_and_go_with_the_person(viewer: Client, admin: Client) -> None:
    viewer.post("/dashboard/", {"preset": "manager", "version": version(viewer)})

    assert "Calls by department" in titles(viewer)
    assert "Calls by department" not in titles(admin)
    User.objects.get(username="vera").delete()
    let_in("vera")
    assert operations.dashboard_of(VERA, USUAL).version == 0


@pytest.mark.usefixtures("some_calls")
def test_a_report_is_put_on_home_with_its_filter_and_parameters(viewer: Client) -> None:
    report = viewer.get("/reports/top-extensions/?extension=101&set-by=talk&period=this-year").content.decode()
    link = re.search(r'href="(/dashboard/add/\?[^"]+)"', report)
    assert link
    form = viewer.get(link[1].replace("&amp;", "&")).content.decode()

    assert 'value="report:top-extensions" selected' in form
    assert 'value="this-year" selected' in form
    assert 'value="extension=101 set-by=talk"' in form
    words = {**NEW, "what": "report:top-extensions", "shows": "table", "filter": "extension=101 set-by=talk"}
    viewer.post("/dashboard/add/", {**words, "period": "this-year", "title": "Of 101"})
    kept = operations.dashboard_of(VERA, USUAL).tiles[-1]
    assert kept.words == {"period": "this-year", "extension": "101"}
    assert kept.settings == {"by": "talk"}
    assert titles(viewer)[-1] == "Of 101"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"what": "measure", "measure": "calls", "filter": "extensoin=1"}, "filtered by &#x27;extensoin&#x27;"),
        ({"what": "measure", "filter": "pbx"}, "given as name=value"),
        ({"what": "measure", "filter": "'"}, "words cannot be read"),
        ({"what": "measure", "filter": "weekday=someday"}, "ays of the week"),
        ({"what": "report:by-hour", "filter": "set-most=3"}, "has no parameter &#x27;most&#x27;"),
        ({"what": "report:silences"}, "his report has no number"),
        ({"what": "report:unreadable-records", "shows": "chart"}, "has no chart"),
        ({"what": "measure", "amber": "many"}, "ust be a number"),
        ({"what": "measure", "amber": "5", "red": "3"}, "ed must lie beyond amber"),
        ({"what": "report:by-hour", "shows": "table", "amber": "5"}, "nly a number has limits"),
        ({"what": "measure", "amber": "NaN"}, "limit is a number"),
        ({"what": "report:none"}, "not one of the available choices"),
        ({"what": "measure", "period": "period", "filter": ""}, "not one of the available choices"),
        ({"what": "measure", "period": "today", "filter": "from=2026-01-01"}, "annot stand beside"),
    ],
)
def test_a_tile_that_cannot_be_is_told_at_its_form_and_not_kept(
    viewer: Client,
    given: dict[str, str],
    told: str,
) -> None:
    page = viewer.post("/dashboard/add/", {**NEW, **given}).content.decode()

    assert told in page
    assert operations.dashboard_of(VERA, USUAL).version == 0


def test_there_are_no_more_tiles_than_the_limit(viewer: Client) -> None:
    del viewer
    for number in range(HOME_TILES - len(USUAL)):
        operations.arrange(VERA, number, lambda tiles: with_tile(tiles, Tile(kind="pbxs")), USUAL)

    with pytest.raises(Misconfigured, match="too many tiles"):
        operations.arrange(VERA, HOME_TILES - len(USUAL), lambda tiles: with_tile(tiles, Tile(kind="pbxs")), USUAL)


@pytest.mark.parametrize("role", ["manager", "reception", "technician"])
def test_home_begins_with_the_tiles_for_the_work_of_the_role(viewer: Client, role: str) -> None:
    viewer.force_login(let_in(f"new-{role}", role))
    begun = titles(viewer)

    viewer.post("/dashboard/", {"preset": role, "version": version(viewer)})

    assert begun == titles(viewer)
    assert operations.dashboard_of(Actor(kind="person", name=f"new-{role}"), USUAL).tiles == PRESETS[role].tiles


@pytest.mark.usefixtures("viewer")
@pytest.mark.parametrize("preset", [*PRESETS.values(), *WALLS.values()], ids=lambda each: each.title)
def test_every_set_of_tiles_can_be_shown(preset: Preset) -> None:
    assert [checked(tile) for tile in preset.tiles] == list(preset.tiles)


@pytest.mark.usefixtures("some_calls")
@pytest.mark.parametrize("preset", PRESETS)
def test_no_tile_of_a_set_is_in_trouble(viewer: Client, preset: str) -> None:
    viewer.post("/dashboard/", {"preset": preset, "version": version(viewer)})

    assert "tile-trouble" not in viewer.get("/?whole=yes&day=2026-03-02").content.decode()


@pytest.mark.usefixtures("viewer")
@pytest.mark.parametrize("tile", [*PRESETS["manager"].tiles, *WALLS["reception"].tiles])
def test_the_form_of_a_tile_says_what_the_tile_is(tile: Tile) -> None:
    form = TileForm({**NEW, **TileForm.of(tile)})

    assert form.is_valid()
    assert TileForm.given(form.cleaned_data, tile.id) == tile


@pytest.mark.usefixtures("viewer")
@pytest.mark.parametrize(
    ("text", "tile"),
    [
        ("missed amber=3", {"kind": "measure", "measure": "missed", "shows": "number", "size": "small", "amber": 3}),
        ("waiting size=full", {"kind": "waiting", "size": "full"}),
        ("by-hour shows=chart period=today", {"report": "by-hour", "shows": "chart", "words": {"period": "today"}}),
        ("top-extensions set-by=talk", {"report": "top-extensions", "settings": {"by": "talk"}}),
        ("calls 'department=Sales / North'", {"kind": "measure", "measure": "calls", "shows": "number", "size": "small",
                                              "words": {"department": "Sales / North"}}),
    ],
)  # fmt: skip
def test_a_tile_can_be_written_in_words(text: str, tile: dict[str, Any]) -> None:
    assert checked(tile_in(text)) == Tile(**tile)


@pytest.mark.usefixtures("viewer")
def test_what_a_tile_shows_of_people_is_known_and_counting_shows_nothing() -> None:
    assert tells_of_people(tile_in("missed")) == []
    assert tells_of_people(tile_in("by-hour")) == []
    assert tells_of_people(tile_in("missed-calls shows=number")) == []
    assert tells_of_people(tile_in("waiting")) == ["telephone numbers", "names of people"]
    assert "telephone numbers" in tells_of_people(tile_in("missed-calls"))
    assert "extensions" in tells_of_people(tile_in("top-extensions"))
