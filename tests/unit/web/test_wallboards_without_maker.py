"""A wallboard whose maker may see no calls any more: its link opens nothing, and somebody else takes it over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient, Client

from tests.fakes.people import let_in
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.dashboard import Wallboard
from tollbook.site.dashboards import wallboards
from tollbook.site.people.operations import remove_person
from tollbook.web.dashboards.checks import checked_for_wall
from tollbook.web.dashboards.written import tile_in
from tollbook.web.wallboards import wall

OTTO = Actor(kind="person", name="otto", address="192.0.2.1")
DAY = "from=2026-03-02 to=2026-03-02"
NOTHING = "opens nothing</strong>: otto, who made the board, is removed, paused or may see no calls any more"


@pytest.fixture
def address(some_calls: object, admin: Client) -> str:
    """The link of a board of somebody who may see every call."""
    del some_calls, admin
    wall.LINKS_TRIED.forget()
    let_in("otto", "admin")
    board = Wallboard(name="desk", title="Front desk", tiles=(tile_in(f"calls {DAY}"),))
    wallboards.add(OTTO, board, checked_for_wall)
    return f"/wall/{wallboards.link(OTTO, 'desk', 0)[1]}/"


def remove() -> None:
    remove_person(TOLLBOOK, User.objects.get(username="otto").pk)


def pause() -> None:
    User.objects.filter(username="otto").update(is_active=False)


@pytest.mark.parametrize("ends", [remove, pause])
def test_a_link_of_somebody_removed_or_paused_is_answered_as_one_that_never_was(
    ends: Callable[[], None], address: str, visitor: Client
) -> None:
    assert visitor.get(address).status_code == 200
    ends()

    answers = [visitor.get(each) for each in (address, f"/wall/{'a' * 43}/")]

    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert asyncio.run(AsyncClient().get(f"{address}live/")).status_code == 404


def test_the_list_says_why_it_opens_nothing_and_who_saves_it_takes_it_over(
    address: str, visitor: Client, admin: Client
) -> None:
    assert "opens nothing" not in admin.get("/wallboards/").content.decode()
    remove()
    for page in ("/wallboards/", "/wallboards/desk/"):
        assert NOTHING in admin.get(page).content.decode()
    assert admin.get("/api/wallboards/desk").json()["orphaned"] is True

    admin.post("/wallboards/desk/edit/", {"title": "Front desk", "theme": "auto", "columns": "3", "filter": ""})

    assert "opens nothing" not in admin.get("/wallboards/").content.decode()
    assert wallboards.find("desk").made_by.name == "anna"
    assert visitor.get(address).status_code == 200
    told = admin.get("/api/audit?format=json&what=wallboard").json()[0]
    assert (told["action"], told["changes"]["made by"]) == ("wallboard.edit", ["otto", "anna"])


def test_whoever_makes_another_link_takes_the_board_over(address: str, visitor: Client) -> None:
    remove()

    made = wallboards.link(TOLLBOOK, "desk", 0)[1]

    assert [visitor.get(each).status_code for each in (address, f"/wall/{made}/")] == [404, 200]


def test_a_board_whose_maker_is_there_keeps_them_whoever_makes_a_link(address: str) -> None:
    del address
    wallboards.link(TOLLBOOK, "desk", 0)

    assert wallboards.find("desk").made_by.name == "otto"
