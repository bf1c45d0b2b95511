"""Many entries of missed calls are set aside together: one operation, one note, one line in the audit."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.unit.web.test_missed_pages import NUMBER, entries, lost, post, signed_in
from tollbook.model.missed import MOST_AT_ONCE

__all__ = ("lost",)
pytestmark = pytest.mark.usefixtures("lost")
NEVER = "b27d1cc8-e5d3-1661-f961-8903b1fbb3be"


def together(client: Client, *calls: str, **said: object) -> Any:  # noqa: ANN401 - a response
    return client.post("/api/missed/set-aside", {"calls": calls, **said}, content_type="application/json")


def audited(client: Client) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = client.get("/api/audit?format=json&what=missed").json()
    return told


def test_several_are_set_aside_with_one_note_and_one_line_in_the_audit(admin: Client) -> None:
    keys = [each["id"] for each in entries(admin)]

    assert together(admin, *keys, note="a  campaign").json() == {"done": 2, "left": 0}

    assert entries(admin) == []
    done = [each for each in entries(admin, "&state=done") if each["done"] == "set aside"]
    assert [(each["done_by"], each["note"]) for each in done] == [("anna", "a campaign")] * 2
    (line,) = audited(admin)
    assert (line["action"], line["name"]) == ("missed.many", "2 missed calls")
    assert line["changes"] == {**{key: ["", "set aside"] for key in keys}, "note": ["", "a campaign"]}


def test_each_can_be_opened_again_by_itself(admin: Client) -> None:
    first, second = (each["id"] for each in entries(admin))
    together(admin, first, second, how="called")

    assert post(admin, f"{first}/reopen").json()["done"] == ""
    assert [each["id"] for each in entries(admin)] == [first]


def test_what_was_done_meanwhile_is_left_as_it_is_and_so_is_what_there_is_not(admin: Client) -> None:
    back = entries(admin, "&state=done")[0]["id"]
    first, second = (each["id"] for each in entries(admin))
    post(admin, f"{first}/set-aside", note="spam")

    assert together(admin, first, second, back, NEVER, note="all").json() == {"done": 1, "left": 3}

    notes = {each["id"]: (each["done"], each["note"]) for each in entries(admin, "&state=done")}
    assert notes == {first: ("set aside", "spam"), second: ("set aside", "all"), back: ("called back", "")}
    assert together(admin, back).json() == {"done": 0, "left": 1}
    assert [each["action"] for each in audited(admin)] == ["missed.many", "missed.set-aside"]


def test_an_entry_that_several_of_its_calls_are_given_of_is_done_once(admin: Client) -> None:
    calls = next(each["calls"] for each in entries(admin) if each["caller"] == NUMBER)

    assert len(calls) == 2
    assert together(admin, *calls).json() == {"done": 1, "left": 0}


def test_nobody_sets_aside_what_they_do_not_see(admin: Client) -> None:
    keys = [each["id"] for each in entries(admin)]
    sales = signed_in("sara", "manager", "extension=999")

    assert together(sales, *keys).json() == {"done": 0, "left": 2}
    assert len(entries(admin)) == 2
    assert together(signed_in("vera"), *keys).status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        {"calls": []},
        {"calls": [NEVER] * (MOST_AT_ONCE + 1)},
        {"calls": ["nothing"]},
        {"calls": [NEVER], "how": "lost"},
        {"calls": [NEVER], "note": "x" * 501},
    ],
)
def test_what_cannot_be_is_refused(said: dict[str, object], admin: Client) -> None:
    answer = admin.post("/api/missed/set-aside", said, content_type="application/json")

    assert answer.status_code == 422
    assert audited(admin) == []


def test_the_page_sets_those_marked_aside_and_leads_back_to_its_list(admin: Client) -> None:
    page = admin.get("/missed/").content.decode()
    first, second = (each["id"] for each in entries(admin))
    assert all(f'form="missed-many" name="call" value="{key}"' in page for key in (first, second))

    done = admin.post(
        "/missed/set-aside/", {"call": [first], "how": "called", "list": "?period=last-7-days"}, follow=True
    )
    assert done.redirect_chain == [("/missed/?period=last-7-days", 302)]
    assert "1 called." in done.content.decode()
    again = admin.post("/missed/set-aside/", {"call": [first, second], "how": "set aside", "note": "spam"}, follow=True)
    assert "1 set aside. 1 is left: done meanwhile." in again.content.decode()
    assert {each["note"] for each in entries(admin, "&state=done") if each["id"] == second} == {"spam"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"how": "set aside"}, "no call is marked: got 0"),
        ({"how": "set aside", "call": ["x"]}, "What was marked is no missed call."),
        ({"how": "", "call": [NEVER]}, "must be one of called, set aside"),
    ],
)
def test_a_form_that_means_nothing_says_so(said: dict[str, object], told: str, admin: Client) -> None:
    assert told in admin.post("/missed/set-aside/", said, follow=True).content.decode().replace("&#x27;", "'")


def test_who_may_only_look_has_nothing_to_mark(viewer: Client) -> None:
    page = viewer.get("/missed/").content.decode()

    assert NUMBER in page
    assert "missed-mark" not in page
    assert 'id="missed-many"' not in page
    assert viewer.post("/missed/set-aside/", {"how": "called"}).status_code == 403
