"""Wallboards: made by administrators, opened by a link without a sign-in, showing what they were made for alone."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import structlog
from django.test import AsyncClient, Client

from tests.fakes.people import let_in
from tests.fakes.sites import import_file, until
from tests.unit.web.conftest import incoming, row
from tollbook import clock
from tollbook.cli import logs
from tollbook.engine.engine import Engine
from tollbook.model.access import Access
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.dashboard import Tile, Wallboard
from tollbook.model.page_limits import WALL_LINKS_TRIED, WALL_TILES
from tollbook.model.problem import Misconfigured
from tollbook.render.charts import Size
from tollbook.site.audit.models import AuditRecord
from tollbook.site.dashboards import wallboards
from tollbook.site.dashboards.models import WallboardRecord
from tollbook.site.people import tokens
from tollbook.store.ledger import Ledger
from tollbook.web.calls import live
from tollbook.web.config import applying, texts
from tollbook.web.config import wallboards as config
from tollbook.web.dashboards.checks import checked, checked_for_wall
from tollbook.web.dashboards.written import tile_in, told
from tollbook.web.wallboards import showing, wall

DAY = "from=2026-03-02 to=2026-03-02"
COUNTING = (f"calls {DAY}", f"missed {DAY} amber=1 red=2", f"by-hour shows=chart size=full {DAY}")
TELLING = (f"waiting {DAY}", "latest", f"missed-calls {DAY}", f"top-extensions {DAY}", "pbxs")
NEW = {"name": "desk", "title": "Front desk", "theme": "auto", "columns": "3", "filter": "", "preset": "reception"}


def made(*tiles: str, name: str = "desk", days: int = 0, **more: object) -> str:
    """Make a wallboard, and return the address of its link."""
    board = Wallboard(name=name, title="Front desk", tiles=tuple(map(tile_in, tiles)), **more)  # type: ignore[arg-type]  # each by its name
    wallboards.add(TOLLBOOK, board, checked_for_wall)
    return f"/wall/{wallboards.link(TOLLBOOK, name, days)[1]}/"


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def values(text: str) -> list[str]:
    return re.findall(r'class="wall-value">\s*([^<\s]+)', text)


@pytest.fixture(autouse=True)
def nothing_tried() -> None:
    wall.LINKS_TRIED.forget()


@pytest.mark.usefixtures("some_calls", "admin")
def test_a_link_opens_its_board_for_somebody_who_has_not_signed_in(visitor: Client) -> None:
    address = made(*COUNTING)

    text = page(visitor, address)

    assert values(text) == ["4", "2"]
    assert "<svg" in text
    assert visitor.cookies == {}
    assert visitor.get("/").status_code == 302


@pytest.mark.usefixtures("some_calls", "admin")
def test_a_board_that_counts_holds_no_number_no_extension_no_name_and_no_way_into_the_program(
    admin: Client,
    visitor: Client,
) -> None:
    address = made(*COUNTING)

    for client in (visitor, admin):
        answer = client.get(address)
        found = [each for each in (b"5550100", b"2125550177", b">101<", b"hts32", b"anna") if each in answer.content]
        links = re.findall(rb'(?:href|action)="(?!/static/)([^"]*)"', answer.content)
        assert (found, [each for each in links if not each.startswith(b"#")]) == ([], [])


@pytest.mark.usefixtures("some_calls", "admin")
def test_a_board_that_is_about_some_calls_holds_nothing_of_others_whatever_its_tiles_ask(
    engine: Engine,
    pbx: str,
    visitor: Client,
) -> None:
    import_file(engine, pbx, incoming("2065550199", "103", at="2026-03-02 12:00:00"))
    address = made(*TELLING, f"calls {DAY}", f"calls {DAY} extension=101", words={"extension": "103"})

    text = page(visitor, address)

    assert "2065550199" in text.replace(" ", "").replace("-", "")
    assert [each for each in ("5550177", "5550100", "5550101", ">101<", ">102<") if each in text] == []
    assert values(text) == ["1", "0"]


@pytest.mark.usefixtures("some_calls", "admin")
def test_a_board_about_one_pbx_tells_of_no_other(engine: Engine, visitor: Client) -> None:
    del engine
    address = made("pbxs", "unreadable-records", "silences", words={"pbx": "elsewhere"}, name="other")

    assert "hts32" not in page(visitor, address)


@pytest.mark.usefixtures("some_calls", "admin")
def test_what_never_was_is_revoked_has_ended_or_was_replaced_is_answered_alike(
    visitor: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    revoked, ended, replaced = made(*COUNTING), made(*COUNTING, name="ended", days=1), made(*COUNTING, name="again")
    wallboards.revoke(TOLLBOOK, "desk")
    wallboards.link(TOLLBOOK, "again", 0)
    later = clock.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    never = f"/wall/{'a' * 43}/"

    answers = [visitor.get(address) for address in (never, revoked, ended, replaced)]

    assert {each.status_code for each in answers} == {404}
    assert len({each.content for each in answers}) == 1
    assert len({str(sorted(each.headers.items())) for each in answers}) == 1
    assert {visitor.get(f"{address}live/").status_code for address in (never, revoked, ended, replaced)} == {404}


@pytest.mark.usefixtures("some_calls", "admin")
def test_whoever_tries_links_is_told_to_wait_but_never_one_that_opens_a_board(visitor: Client) -> None:
    address = made(*COUNTING)
    tries = [visitor.get(f"/wall/guess-{number}/").status_code for number in range(WALL_LINKS_TRIED + 1)]

    assert tries == [404] * WALL_LINKS_TRIED + [429]
    assert visitor.get(address).status_code == 200
    wallboards.revoke(TOLLBOOK, "desk")
    assert visitor.get(address).status_code == 429


@pytest.mark.usefixtures("some_calls", "admin")
def test_an_answer_is_kept_by_nobody_found_by_no_engine_and_tells_nobody_where_it_came_from(visitor: Client) -> None:
    for address in (made(*COUNTING), "/wall/guessed/"):
        answer = visitor.get(address)

        assert answer["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Cache-Control"] == "no-store"
        assert address.split("/")[2] not in answer.content.decode()


@pytest.mark.usefixtures("admin")
def test_the_secret_is_kept_nowhere_and_long_enough(engine: Engine) -> None:
    secret = made(*COUNTING).split("/")[2]

    assert len(secret) >= 43
    assert secret.encode() not in (engine.site.path / "site.sqlite").read_bytes()
    assert secret not in str([each.changes for each in AuditRecord.objects.all()])


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What the program's log of requests writes; how tests log is put back after it."""
    written, logger, before = StringIO(), logging.getLogger("django.request"), structlog.get_config()
    filters, level, handler = list(logger.filters), logger.level, logging.StreamHandler(written)
    logs.set_up(quiet=True)
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)
    logger.filters, logger.level = filters, level
    structlog.configure(**before)


def test_a_line_of_the_log_holds_no_secret_of_a_link(logged: StringIO) -> None:
    logging.getLogger("django.request").error("Internal Server Error: %s", "/wall/s3cr3t-of-a-link/live/")

    assert logged.getvalue() == "Internal Server Error: /wall/…/live/\n"


@pytest.mark.usefixtures("some_calls", "admin")
def test_limits_are_told_by_a_sign_and_a_word_beside_the_colour(visitor: Client) -> None:
    address = made(
        f"missed {DAY} amber=1 red=2", f"missed {DAY} amber=2 red=3", f"missed {DAY} amber=3", f"calls {DAY}"
    )

    marks = re.findall(r'class="wall-mark"><span aria-hidden="true">(.)</span> (\w+)', page(visitor, address))

    assert marks == [("■", "act"), ("▲", "watch"), ("✓", "good")]


@pytest.mark.usefixtures("some_calls", "admin")
def test_the_page_asks_for_its_tiles_alone_and_without_scripts_loads_itself_again(visitor: Client) -> None:
    address = made(*COUNTING)

    whole, part = page(visitor, address), visitor.get(address, headers={"HX-Request": "true"}).content.decode()

    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in whole
    assert part.startswith('<main id="wall"')
    assert "<html" not in part
    gone = visitor.get("/wall/never/", headers={"HX-Request": "true"})
    assert (gone.status_code, gone["HX-Reswap"]) == (404, "outerHTML")
    assert gone.content.decode().startswith('<main id="wall"')


def test_a_look_by_the_clock_is_night_before_seven_and_from_nineteen_on() -> None:
    assert [showing.look_of("auto", hour) for hour in (6, 7, 18, 19)] == ["night", "day", "day", "night"]
    assert showing.look_of("day", 23) == "day"


def test_a_chart_has_the_room_that_its_board_leaves() -> None:
    full = Tile(size="full")
    two = Wallboard(name="a", title="A", columns=2, tiles=(full, full))

    assert showing.room_of(two, full) == Size(978, 209)
    assert showing.room_of(two, Tile(size="small")).width < 978 / 2


def test_a_wall_is_told_of_its_own_calls_alone_and_of_no_more_than_that_there_are_some(
    engine: Engine,
    pbx: str,
    admin: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del admin
    monkeypatch.setattr(wall, "PACE_S", 0.0)
    address = made(*TELLING, words={"extension": "102"})

    async def listen() -> list[str]:
        answer: Any = await AsyncClient().get(f"{address}live/")
        events = aiter(answer)
        told_first = await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.to_thread(until, lambda: engine.feed.listeners == 1)
        await asyncio.to_thread(import_file, engine, pbx, row("101", "5550123"))
        await asyncio.to_thread(import_file, engine, pbx, row("102", "5550124"))
        async with asyncio.timeout(20):
            return [told_first.decode(), (await waiting).decode()]

    first, event = asyncio.run(listen())

    assert first.startswith("retry:")
    assert event == "event: news\ndata: now\n\n"


def test_the_stream_of_a_link_that_is_revoked_ends(
    engine: Engine,
    admin: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del admin
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.01)
    address = made(*COUNTING)

    async def listen() -> list[str]:
        answer: Any = await AsyncClient().get(f"{address}live/")
        events = aiter(answer)
        await anext(events)
        await anext(events)
        await asyncio.to_thread(wallboards.revoke, TOLLBOOK, "desk")
        async with asyncio.timeout(20):
            return [event.decode() async for event in events]

    assert asyncio.run(listen())[-1] == "event: news\ndata: gone\n\n"
    assert engine.feed.listeners == 0


def test_an_administrator_makes_a_board_links_and_revokes_it(admin: Client, visitor: Client) -> None:
    admin.post("/wallboards/add/", NEW)
    before = page(admin, "/wallboards/desk/")
    assert "It only counts" in before
    linked = admin.post("/wallboards/desk/link/", {"days": "30"})
    found = re.search(r"http://testserver(/wall/[\w-]+/)", linked.content.decode())
    assert found

    assert "no-store" in linked["Cache-Control"]
    assert visitor.get(found[1]).status_code == 200
    assert "/wall/" not in page(admin, "/wallboards/desk/") + page(admin, "/wallboards/")
    admin.post("/wallboards/desk/revoke/")
    assert visitor.get(found[1]).status_code == 404
    admin.post("/wallboards/desk/remove/")
    assert "No wallboard yet" in page(admin, "/wallboards/")
    actions = [each.action for each in AuditRecord.objects.order_by("id") if each.action.startswith("wallboard")]
    assert actions == [f"wallboard.{word}" for word in ("add", "link", "revoke", "remove")]


def test_the_maker_is_told_what_a_board_shows_of_people(admin: Client) -> None:
    made(*TELLING)

    text = page(admin, "/wallboards/desk/")

    shown = re.search(r"<strong>It shows ([^<]+)</strong>", text)
    assert shown
    assert {"telephone numbers", "names of people", "extensions"} <= set(shown[1].split(", "))
    assert "shows numbers and names to them" in page(admin, "/wallboards/desk/add/")


def test_tiles_of_a_board_are_arranged_as_those_of_home(admin: Client) -> None:
    made(*COUNTING)
    version = wallboards.find("desk").version
    admin.post("/wallboards/desk/", {"version": version, "tile": "3", "do": "up"})
    late = admin.post("/wallboards/desk/", {"version": version, "tile": "1", "do": "remove"}, follow=True)
    admin.post("/wallboards/desk/edit/", {**NEW, "title": "Back desk", "theme": "night", "columns": "2"})

    board = wallboards.find("desk")
    assert "were changed in another window meanwhile" in late.content.decode()
    assert [tile.id for tile in board.tiles] == [1, 3, 2]
    assert (board.title, board.theme, board.columns) == ("Back desk", "night", 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "Desk"}, "annot be a wallboard&#x27;s name"),
        ({"title": ""}, "1 to 60 letters"),
        ({"columns": "7"}, "less than or equal to 6"),
        ({"filter": "period=today"}, "cannot be narrowed by"),
        ({"filter": "weekday=someday"}, "ays of the week"),
        ({"filter": "pbx"}, "given as name=value"),
    ],
)
def test_what_is_no_board_is_told_at_the_form(admin: Client, given: dict[str, str], said: str) -> None:
    assert said in admin.post("/wallboards/add/", {**NEW, **given}).content.decode()
    assert not WallboardRecord.objects.exists()


def test_a_viewer_makes_no_board_and_no_link(viewer: Client) -> None:
    made(*COUNTING)

    pages = ["", "add/", "desk/", "desk/edit/", "desk/revoke/", "desk/remove/", "desk/add/", "desk/1/"]
    assert {viewer.get(f"/wallboards/{each}").status_code for each in pages} == {403}
    assert viewer.post("/wallboards/desk/link/", {"days": "0"}).status_code == 403


@pytest.mark.usefixtures("admin")
def test_there_are_no_more_tiles_than_the_limit() -> None:
    with pytest.raises(Misconfigured, match="too many tiles"):
        made(*["pbxs"] * (WALL_TILES + 1))


@pytest.mark.usefixtures("admin")
def test_sql_of_ones_own_hangs_on_no_wall_not_even_where_a_report_has_become_that(
    engine: Engine,
    visitor: Client,
) -> None:
    folder = engine.site.path / "reports" / "mine"
    folder.mkdir(parents=True)
    head = 'title = "Mine"\nquestion = "Who?"\ngroup = "calls"\n'
    (folder / "report.toml").write_text(f'{head}rows = ["pbx"]\nmeasures = ["calls"]\n')
    address = made("mine")
    (folder / "report.toml").write_text(head)
    (folder / "query.sql").write_text("SELECT caller FROM calls")

    assert "SQL of one&#x27;s own cannot hang on a wall" in page(visitor, address)
    with pytest.raises(Misconfigured, match="cannot hang on a wall"):
        made("mine", name="again")
    with pytest.raises(Misconfigured, match="this report has no number"):
        checked(tile_in("mine shows=number"))


@pytest.mark.usefixtures("some_calls", "admin")
def test_a_board_sees_what_who_made_it_may_see(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, visitor: Client
) -> None:
    asked: list[Access] = []
    whole = engine.ledger

    def ledger(access: Access) -> Ledger:
        asked.append(access)
        return whole(access)

    monkeypatch.setattr(engine, "ledger", ledger)
    let_in("vera", "manager", "extension=101")
    board = Wallboard(name="desk", title="Front desk", tiles=(tile_in("calls"),))
    wallboards.add(Actor(kind="person", name="vera", address="192.0.2.1"), board, checked)
    secret = wallboards.link(TOLLBOOK, "desk", 0)[1]

    page(visitor, f"/wall/{secret}/")

    assert [(each.role, each.scope) for each in asked] == [("manager", ({"extension": "101"},))]


@pytest.mark.usefixtures("engine")
def test_a_set_up_has_wallboards_without_their_links_and_takes_them_back(admin: Client, visitor: Client) -> None:
    del admin
    address = made(*COUNTING, *TELLING, words={"extension": "103"})
    written = texts.written(TOLLBOOK, secrets=True)[config.FILE]
    before = wallboards.find("desk")

    assert address.split("/")[2] not in written
    assert applying.apply(TOLLBOOK, {config.FILE: written}, dry_run=False).changes == []
    changed = written.replace("Front desk", "Back desk")
    (change,) = applying.apply(TOLLBOOK, {config.FILE: changed}, dry_run=False).changes
    assert (change.what, change.name, change.becomes) == ("wallboard", "desk", "change")
    assert visitor.get(address).status_code == 200
    wallboards.remove(TOLLBOOK, "desk")
    applying.apply(TOLLBOOK, {config.FILE: written}, dry_run=False)
    after = wallboards.find("desk")
    assert (after.tiles, after.words, after.title) == (before.tiles, before.words, before.title)
    assert not after.has_link


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "text", [*COUNTING, *TELLING, "missed-calls shows=number size=small red=3", "calls title='A b'"]
)
def test_a_tile_in_words_is_read_as_it_is_written(text: str) -> None:
    tile = tile_in(text)

    assert tile_in(told(tile)) == tile


@pytest.mark.usefixtures("admin")
def test_a_token_makes_boards_and_neither_makes_nor_revokes_a_link(visitor: Client) -> None:
    token = tokens.make(TOLLBOOK, tokens.AskedToken(name="setup", permission="change"))[1]
    sent: dict[str, Any] = {"content_type": "application/json", "headers": {"Authorization": f"Bearer {token}"}}

    assert visitor.post("/api/wallboards", {"name": "desk", "tiles": ["calls"]}, **sent).status_code == 200
    assert visitor.post("/api/wallboards/desk/link", {}, **sent).status_code == 403
    assert visitor.delete("/api/wallboards/desk/link", **sent).status_code == 403
    assert not wallboards.find("desk").has_link
    assert visitor.get("/api/wallboards/desk", headers=sent["headers"]).json()["tiles"] == ["calls"]
