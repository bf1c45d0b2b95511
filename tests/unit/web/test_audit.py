"""Who changed what, when, and from where: what is noted, and what the page and the API say of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.site.audit import operations as audit
from tollbook.site.audit.operations import LONGEST_VALUE, AuditFilter, entries
from tollbook.site.pbxs import operations as pbxs

ANNA = Actor(kind="person", name="anna", address="192.0.2.7")


def noted() -> list[tuple[str, str, str]]:
    return [(each.who, each.action, each.name) for each in entries(AuditFilter())]


def api(client: Client, words: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/audit?{words}")
    assert answer.status_code == 200, answer.content
    return [json.loads(line) for line in b"".join(answer).splitlines()]


def test_a_change_of_a_pbx_is_noted_with_what_was_before_and_after(engine: Engine, pbx: str) -> None:
    pbxs.edit(ANNA, pbx, pbxs.PbxChange(timezone="Europe/Dublin", settings={"names": "*.csv"}), engine.bounds)

    latest = next(iter(entries(AuditFilter())))
    assert (latest.kind, latest.who, latest.address) == ("person", "anna", "192.0.2.7")
    assert (latest.action, latest.name, latest.said) == ("pbx.edit", "hts32", "changed the PBX hts32")
    assert latest.changes == {"timezone": ["Europe/London", "Europe/Dublin"], "settings.names": ["", "*.csv"]}


def test_a_secret_is_noted_as_changed_and_never_written_down(engine: Engine) -> None:
    settings = {"url": "http://INSTALLER:old-1234@pbx.example/Master.csv"}
    front = Pbx(name="front", dialect="panasonic-kx-hts", source="http_poll", timezone="UTC", settings=settings)
    pbxs.add(ANNA, front, engine.bounds)
    pbxs.edit(ANNA, "front", pbxs.PbxChange(settings={"password": "new-5678"}), engine.bounds)

    edited, added = entries(AuditFilter(what="pbx"))
    assert edited.changes == {"settings.password": ["set, not shown", "changed, not shown"]}
    assert added.changes["settings.password"] == ["", "set, not shown"]
    assert "1234" not in str(added)
    assert "5678" not in str(edited)


def test_what_is_refused_is_not_noted_and_nothing_of_it_is_kept(engine: Engine, pbx: str) -> None:
    before = noted()

    with pytest.raises(Misconfigured):
        pbxs.edit(ANNA, pbx, pbxs.PbxChange(timezone="Europe/Nowhere"), engine.bounds)

    assert noted() == before
    assert pbxs.find(pbx).timezone == "Europe/London"


def test_where_the_note_cannot_be_written_the_change_is_not_kept(
    pbx: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(audit.ACTIONS, "pbx.pause")

    with pytest.raises(LookupError):
        pbxs.pause(ANNA, pbx, paused=True)

    assert not pbxs.find(pbx).paused


def test_the_engine_works_by_a_change_as_soon_as_it_is_kept(engine: Engine, pbx: str) -> None:
    pbxs.pause(TOLLBOOK, pbx, paused=True)

    assert engine.pbxs()[pbx].paused


def test_the_pages_note_who_is_signed_in_and_from_where(admin: Client, pbx: str) -> None:
    admin.post(f"/pbx/{pbx}/pause/", REMOTE_ADDR="192.0.2.9")
    admin.post("/people/", {"name": "vera", "password": "correct horse 9", "role": "viewer"})

    latest = list(entries(AuditFilter(who="anna")))
    assert [each.action for each in latest][:2] == ["person.add", "pbx.pause"]
    assert latest[1].address == "192.0.2.9"
    assert latest[-1].action == "person.sign-in"


def test_a_token_is_noted_by_its_name(admin: Client, visitor: Client, pbx: str) -> None:
    token = admin.post(
        "/api/tokens", {"name": "setup", "permission": "change"}, "application/json",
    ).json()["token"]  # fmt: skip
    visitor.post(f"/api/pbxs/{pbx}/pause", headers={"Authorization": f"Bearer {token}"})

    latest = next(iter(entries(AuditFilter())))
    assert (latest.kind, latest.who, latest.action) == ("token", "setup", "pbx.pause")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("what=token", ["token.remove", "token.make"]),
        ("what=token.make", ["token.make"]),
        ("who=ANNA&what=token&limit=1", ["token.remove"]),
        ("who=nobody", []),
        ("what=token&from=2020-01-01&to=2020-01-31", []),
    ],
)
def test_the_api_lists_what_is_asked_for(admin: Client, words: str, expected: list[str]) -> None:
    admin.post("/tokens/", {"name": "wallboard", "permission": "read", "days": "30"})
    admin.post("/tokens/wallboard/remove/")

    assert [row["action"] for row in api(admin, words)] == expected


@pytest.mark.parametrize("words", ["what=pbxs", "from=yesterday", "to=2026-02-30", "limit=-1", "colour=red"])
def test_a_word_that_cannot_be_read_is_refused(admin: Client, words: str) -> None:
    assert admin.get(f"/api/audit?{words}").status_code == 422


def test_only_administrators_and_the_owner_see_it(admin: Client, viewer: Client, visitor: Client) -> None:
    token = admin.post("/api/tokens", {"name": "setup", "permission": "change"}, "application/json").json()["token"]

    assert viewer.get("/audit/").status_code == 403
    assert viewer.get("/api/audit").status_code == 403
    assert visitor.get("/api/audit", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    assert visitor.get("/api/audit").status_code == 401


def test_the_page_shows_a_hundred_at_once_and_leads_on_to_older_ones(admin: Client) -> None:
    for number in range(150):
        audit.record(ANNA, "sink.add", f"sink-{number}")

    first = admin.get("/audit/?what=sink").content.decode()
    assert "added the sink sink-149" in first
    assert "sink-49<" not in first
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = admin.get(f"/audit/{older}").content.decode()

    assert "added the sink sink-49<" in second
    assert "added the sink sink-0<" in second
    assert 'rel="next"' not in second


def test_the_page_says_what_is_wrong_with_its_filter_and_lists_nothing(admin: Client) -> None:
    page = admin.get("/audit/?from=2026-13-01").content.decode()

    assert "must be a day such as 2026-01-31" in page
    assert "signed in" not in page


def test_a_value_is_kept_up_to_a_length() -> None:
    assert audit.differences({}, {"columns": "x" * LONGEST_VALUE})["columns"][1] == "x" * LONGEST_VALUE
    assert audit.differences({}, {"columns": "x" * (LONGEST_VALUE + 1)})["columns"][1] == "x" * LONGEST_VALUE
