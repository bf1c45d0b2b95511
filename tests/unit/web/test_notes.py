"""Notes and tags on calls, found again by them, and private calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.two_departments import TwoDepartments, two_departments
from tollbook.engine.engine import Engine
from tollbook.model.problem import Misconfigured
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.notes import operations as notes

pytestmark = pytest.mark.usefixtures("site")
WHOLE = "79460136"


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> TwoDepartments:
    return two_departments(engine, tmp_path)


@pytest.fixture
def own(site: TwoDepartments) -> str:
    """A call of Anna Berg's telephone."""
    return site.calls[0]


def signed_in(role: str, scope: str = "", telephones_of: str = "", name: str = "vera") -> Client:
    let_in(name, role, scope, telephones_of)
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def page(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def digits(text: str) -> str:
    return "".join(text.split()).replace("-", "")


def test_a_note_is_shown_with_its_author_and_found_by_its_text(own: str) -> None:
    client = signed_in("manager", "department=Sales")

    client.post(f"/calls/{own}/notes/", {"text": "Wants the offer\nby Friday <b>"})

    shown = page(client, f"/calls/{own}/")
    assert "Wants the offer<br>by Friday &lt;b&gt;" in shown
    assert "vera" in shown
    assert own in page(client, "/calls/?note=OFFER")
    assert own not in page(client, "/calls/?note=-")
    assert client.get("/api/calls/count?note=offer").json() == {"calls": 1}
    assert next(iter(entries(AuditFilter(what="note")))).name == own


def test_tags_are_words_that_calls_are_found_by(own: str) -> None:
    client = signed_in("manager")

    client.post(f"/calls/{own}/tags/", {"tags": "Complaint,  To Do , complaint"})

    assert notes.of_call(own).tags == ("complaint", "to do")
    assert client.get("/api/calls/count?tag=complaint").json() == {"calls": 1}
    assert client.get("/api/calls/count?tag=to do,other").json() == {"calls": 1}
    assert client.get("/api/calls/count?tag=other").json() == {"calls": 0}
    client.post(f"/calls/{own}/tags/", {"tags": ""})
    assert notes.of_call(own).tags == ()


def test_a_note_of_another_stays_and_an_administrator_removes_it(admin: Client, own: str) -> None:
    vera, otto = signed_in("manager"), signed_in("manager", name="otto")
    vera.post(f"/calls/{own}/notes/", {"text": "mine"})
    (note,) = notes.of_call(own).notes

    otto.post(f"/calls/{own}/notes/{note.id}/remove/")
    assert otto.patch(f"/api/notes/{note.id}", {"text": "his"}, "application/json").status_code == 403
    assert notes.of_call(own).notes == (note,)
    admin.post(f"/calls/{own}/notes/{note.id}/remove/")

    assert notes.of_call(own).notes == ()


def test_nobody_writes_on_a_call_that_they_do_not_see(site: TwoDepartments) -> None:
    client, other = signed_in("manager", "department=Sales"), site.calls[1]

    assert client.post(f"/calls/{other}/notes/", {"text": "x"}).status_code == 404
    assert client.put(f"/api/calls/{other}/tags", {"tags": ["x"]}, "application/json").status_code == 404
    assert client.get(f"/api/calls/{other}/notes").status_code == 404
    assert notes.of_call(other) == notes.NotesOfCall()


def test_who_may_only_look_writes_nothing(own: str) -> None:
    client = signed_in("viewer")

    assert client.post(f"/calls/{own}/notes/", {"text": "x"}).status_code == 403
    assert "Write a note" not in page(client, f"/calls/{own}/")


@pytest.mark.parametrize(("text", "reason"), [("  \n ", "is empty"), ("x" * 2001, "too long")])
def test_a_note_that_cannot_be_is_refused_with_the_reason(own: str, text: str, reason: str) -> None:
    client = signed_in("manager")

    answer = client.post(f"/calls/{own}/notes/", {"text": text}, follow=True).content.decode()

    assert reason in answer
    assert notes.of_call(own).notes == ()


def test_the_number_of_a_private_call_is_seen_by_its_person_alone_and_by_administrators(
    admin: Client, own: str
) -> None:
    anna, manager = signed_in("person", "", "Anna Berg", "berg"), signed_in("manager", "department=Sales")
    assert WHOLE in digits(page(manager, f"/calls/{own}/"))

    anna.post(f"/calls/{own}/private/", {"private": "yes"})

    assert WHOLE in digits(page(anna, f"/calls/{own}/"))
    assert WHOLE in digits(page(admin, f"/calls/{own}/"))
    for address in (f"/calls/{own}/", "/calls/", f"/api/calls/{own}", "/api/calls", f"/api/calls/{own}/raw"):
        assert "7946" not in digits(page(manager, address)), address
    assert manager.get("/api/calls/count?number=79460136").json() == {"calls": 0}
    assert manager.get("/api/calls/count").json() == {"calls": 3}
    anna.post(f"/calls/{own}/private/", {"private": "no"})
    assert WHOLE in digits(page(manager, f"/calls/{own}/"))


def test_nobody_says_of_anothers_call_that_it_is_private(own: str) -> None:
    client = signed_in("manager")

    client.post(f"/calls/{own}/private/", {"private": "yes"})

    assert client.put(f"/api/calls/{own}/private", {"private": True}, "application/json").status_code == 403
    assert not notes.of_call(own).private


def test_what_is_noted_is_found_in_a_store_that_was_made_again(engine: Engine, own: str) -> None:
    from tests.fakes.sites import until

    client = signed_in("manager")
    client.post(f"/calls/{own}/notes/", {"text": "offer"})

    engine.rebuild()
    until(lambda: not engine.lag().rebuilding)

    assert client.get("/api/calls/count?note=offer").json() == {"calls": 1}


def test_a_tag_with_a_comma_is_none(own: str) -> None:
    from tollbook.model.actor import TOLLBOOK

    with pytest.raises(Misconfigured, match="cannot be a tag"):
        notes.set_tags(TOLLBOOK, own, ["a,b"])
