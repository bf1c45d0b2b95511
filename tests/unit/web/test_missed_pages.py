"""The page and the API of missed calls: who waits, who will call, and what each role sees of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.sites import import_file
from tests.unit.web.conftest import incoming, row
from tollbook import clock
from tollbook.engine.engine import Engine
from tollbook.model.access import EVERYTHING_ALLOWED
from tollbook.model.actor import TOLLBOOK
from tollbook.web.dashboards.waiting import waiting_callers

NUMBER = "2125550177"
_TODAY = clock.now() - timedelta(hours=26)


def at(hour: int, minute: int = 0) -> str:
    """Return a time of yesterday or the day before: the list looks back from now."""
    return f"{_TODAY:%Y-%m-%d} {hour:02}:{minute:02}:00"


@pytest.fixture
def lost(engine: Engine, pbx: str) -> None:
    rows = [
        incoming(NUMBER, "101", at=at(9)),
        incoming(NUMBER, "102", at=at(9, 30)),
        incoming("2125550178", "102", at=at(10)),
        incoming("2125550179", "101", at=at(10)),
        row("103", "2125550179", at=at(11)),
    ]
    import_file(engine, pbx, b"".join(rows))


def entries(client: Client, words: str = "") -> list[dict[str, Any]]:
    found = client.get(f"/api/missed?format=json{words}")
    assert found.status_code == 200, found.content
    told: list[dict[str, Any]] = found.json()
    return told


def signed_in(name: str, role: str = "viewer", scope: str = "") -> Client:
    let_in(name, role, scope)
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def post(client: Client, path: str, **body: str) -> Any:  # noqa: ANN401 - a response
    return client.post(f"/api/missed/{path}", body or None, content_type="application/json")


@pytest.mark.usefixtures("lost")
def test_a_caller_who_tried_twice_is_one_entry_and_one_called_back_is_done(admin: Client) -> None:
    by_caller = {each["caller"]: each for each in entries(admin, "&state=all")}

    assert by_caller[NUMBER]["tries"] == 2
    assert by_caller[NUMBER]["rung"] == ["101", "102"]
    assert (by_caller[NUMBER]["done"], by_caller["2125550178"]["done"]) == ("", "")
    back = by_caller["2125550179"]
    assert (back["done"], back["done_by"], back["after_s"]) == ("called back", "103", 3600)
    assert [each["caller"] for each in entries(admin)] == [NUMBER, "2125550178"]
    assert [each["caller"] for each in entries(admin, "&state=done")] == ["2125550179"]
    assert [each["caller"] for each in entries(admin, "&extension=102")] == [NUMBER, "2125550178"]


@pytest.mark.usefixtures("lost")
def test_one_says_that_they_will_call_and_another_one_is_told(admin: Client) -> None:
    key = entries(admin)[0]["id"]

    claimed = post(admin, f"{key}/claim").json()
    refused = post(signed_in("otto", "admin"), f"{key}/claim")

    assert (claimed["claimed_by"], entries(admin)[0]["claimed_by"]) == ("anna", "anna")
    assert refused.status_code == 422
    assert "anna has said so" in refused.content.decode()
    assert post(admin, f"{key}/release").json()["claimed_by"] == ""


@pytest.mark.usefixtures("lost")
def test_an_entry_is_set_aside_with_a_note_and_opened_again(admin: Client) -> None:
    entry = entries(admin)[0]

    done = post(admin, f"{entry['calls'][1]}/set-aside", note="a  wrong number").json()

    assert (done["id"], done["done"], done["done_by"], done["note"]) == (
        entry["id"],
        "set aside",
        "anna",
        "a wrong number",
    )
    assert [each["caller"] for each in entries(admin)] == ["2125550178"]
    assert post(admin, f"{entry['id']}/reopen").json()["done"] == ""
    assert post(admin, f"{entry['id']}/set-aside", how="called").json()["done"] == "called"
    assert [each["action"] for each in admin.get("/api/audit?format=json&what=missed").json()] == [
        "missed.called",
        "missed.reopen",
        "missed.set-aside",
    ]


@pytest.mark.usefixtures("lost")
def test_a_try_after_it_was_set_aside_opens_it_again(admin: Client, engine: Engine, pbx: str) -> None:
    key = entries(admin)[0]["id"]
    post(admin, f"{key}/set-aside", note="not for us")
    now = clock.now() + timedelta(hours=2)

    import_file(engine, pbx, incoming(NUMBER, "101", at=f"{now:%Y-%m-%d %H:%M}:00"))

    (again,) = [each for each in entries(admin) if each["caller"] == NUMBER]
    assert (again["tries"], again["tried_again"], again["note"]) == (3, True, "not for us")


@pytest.mark.usefixtures("lost")
def test_what_is_done_by_the_calls_cannot_be_set_aside(admin: Client) -> None:
    key = entries(admin, "&state=done")[0]["id"]

    refused = post(admin, f"{key}/set-aside")

    assert refused.status_code == 422
    assert "was called back meanwhile" in refused.content.decode()


@pytest.mark.usefixtures("lost")
@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("b27d1cc8-e5d3-1661-f961-8903b1fbb3be/claim", {}, 404),
        ("nothing/claim", {}, 422),
        ("{id}/set-aside", {"how": "forgotten"}, 422),
        ("{id}/set-aside", {"note": "x" * 501}, 422),
        ("{id}/reopen", {}, 422),
    ],
)
def test_what_cannot_be_is_refused(admin: Client, path: str, body: dict[str, str], status: int) -> None:
    key = entries(admin)[0]["id"]

    assert post(admin, path.format(id=key), **body).status_code == status


@pytest.mark.usefixtures("lost")
def test_of_an_entry_somebody_sees_the_tries_of_their_scope_alone(admin: Client) -> None:
    sales = signed_in("sara", "manager", "extension=102")

    seen = {each["caller"]: each for each in entries(sales, "&state=all")}

    assert set(seen) == {NUMBER, "2125550178"}
    assert (seen[NUMBER]["tries"], seen[NUMBER]["rung"], len(seen[NUMBER]["calls"])) == (1, ["102"], 1)
    other = entries(admin, "&state=done")[0]["id"]
    assert post(sales, f"{other}/claim").status_code == 404
    hers = post(sales, f"{seen[NUMBER]['id']}/claim").json()
    assert hers["claimed_by"] == "sara"
    assert entries(admin)[0]["claimed_by"] == "sara"


@pytest.mark.usefixtures("lost")
def test_a_role_without_numbers_sees_them_masked_and_can_dial_none(admin: Client) -> None:
    from tollbook.site.people.roles import set_role_of_site

    set_role_of_site(TOLLBOOK, "desk", "Desk", ["calls.see", "missed.change"])
    desk = signed_in("dora", "desk")

    page = desk.get("/missed/").content.decode()

    assert NUMBER not in page + desk.get("/api/missed?format=csv").content.decode()
    assert "2125550•••" in page
    assert "tel:" not in page
    assert entries(desk, "&number=2125550177") == []
    assert 'href="tel:2125550177"' in admin.get("/missed/").content.decode()


@pytest.mark.usefixtures("lost")
def test_who_may_only_look_has_no_buttons(viewer: Client) -> None:
    page = viewer.get("/missed/").content.decode()
    key = entries(viewer)[0]["id"]

    assert NUMBER in page
    assert "/claim/" not in page
    assert post(viewer, f"{key}/claim").status_code == 403
    assert viewer.post(f"/missed/{key}/claim/").status_code == 403
    assert viewer.get("/missed/settings/").status_code == 403
    assert viewer.patch("/api/missed/settings", {"span_days": 9}, content_type="application/json").status_code == 403


@pytest.mark.usefixtures("lost")
def test_the_page_claims_sets_aside_and_leads_back_to_its_list(admin: Client) -> None:
    key = entries(admin)[0]["id"]

    claimed = admin.post(f"/missed/{key}/claim/", {"list": "?extension=102"}, follow=True)
    assert claimed.redirect_chain == [("/missed/?extension=102", 302)]
    assert "anna will call" in claimed.content.decode()
    done = admin.post(f"/missed/{key}/set-aside/", {"list": "//elsewhere", "note": "spam"}, follow=True)
    assert done.redirect_chain == [("/missed/", 302)]
    assert "spam" in admin.get("/missed/?state=done").content.decode()
    assert admin.post(f"/missed/{key}/forget/").status_code == 404


@pytest.mark.usefixtures("lost")
def test_the_page_says_who_waits_and_what_to_do_where_nobody_does(admin: Client) -> None:
    page = admin.get("/missed/").content.decode()

    assert re.search(r"2 tries.*?09:00.*?09:30", page, re.DOTALL)
    assert 'aria-current="page">Missed' in page
    assert "Nobody is waiting" in admin.get("/missed/?extension=999").content.decode()
    assert "Nothing is shown" in admin.get("/missed/?period=never").content.decode()
    assert "Nothing is shown" in admin.get("/missed/?state=lost").content.decode()
    part = admin.get("/missed/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert NUMBER in part


@pytest.mark.usefixtures("lost")
def test_the_site_sets_when_callers_are_due(admin: Client) -> None:
    wanted = {"open": "always", "target_minutes": 30, "shortest_s": 0, "span_days": 60, "holidays": ""}

    kept = admin.post("/missed/settings/", wanted, follow=True)

    assert "The settings are kept." in kept.content.decode()
    assert admin.get("/api/missed/settings").json() == wanted
    first = entries(admin)[0]
    assert (first["due_local"][11:], first["over"]) == ("09:30:00", True)
    refused = admin.post("/missed/settings/", wanted | {"open": "sometimes", "span_days": 0, "holidays": "XX"})
    assert "opening hours of a week" in refused.content.decode()
    assert "are not known" in refused.content.decode()
    assert admin.get("/api/missed/settings").json() == wanted


@pytest.mark.usefixtures("lost")
def test_the_tile_of_home_shows_who_waits_and_leads_to_the_list(admin: Client, engine: Engine) -> None:
    from tollbook.model.dashboard import Tile
    from tollbook.web.dashboards.tiles import address_of

    ledger, words = engine.ledger(EVERYTHING_ALLOWED), {"period": "last-7-days"}

    def callers() -> list[tuple[str, int, str]]:
        told = waiting_callers(ledger, words, 5).callers
        return [(each["caller"], each["tries"], each["extension"]) for each in told]

    assert callers() == [("2125550178", 1, "102"), (NUMBER, 2, "102")]
    post(admin, f"{entries(admin)[0]['id']}/set-aside")
    assert callers() == [("2125550178", 1, "102")]
    assert waiting_callers(ledger, {"from": "2020-01-01", "to": f"{clock.now():%Y-%m-%d}"}, 5).callers[0]["tries"] == 1
    tile = Tile(kind="waiting", shows="table", words=words)
    assert address_of(tile, None) == "/missed/?period=last-7-days"
    assert address_of(tile, _TODAY.date()).startswith("/missed/") is True


def test_the_settings_are_part_of_the_set_up_as_texts(admin: Client) -> None:
    def applied(text: str) -> Any:  # noqa: ANN401 - a response
        body = {"files": {"missed-calls.toml": text}, "dry_run": False}
        return admin.post("/api/config", body, content_type="application/json")

    def exported() -> dict[str, str]:
        files: dict[str, str] = admin.post("/api/config/export", {}, content_type="application/json").json()["files"]
        return files

    assert "missed-calls.toml" not in exported()
    assert applied('open = "always"\nspan_days = 60\nholidays = "de-by"\n').status_code == 200
    assert admin.get("/api/missed/settings").json()["open"] == "always"
    told = exported()["missed-calls.toml"]
    assert 'span_days = 60\nholidays = "DE-BY"' in told
    assert applied(told).json()["changes"] == []
    assert applied("span_days = 0\n").status_code == 422
    assert applied('often = "yes"\n').status_code == 422


def test_nobody_can_say_that_they_will_call_a_withheld_number(engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, incoming("", "101", at=at(9)))
    client = signed_in("otto", "admin")

    page = client.get("/missed/").content.decode()

    assert "Number withheld" in page
    assert "Set aside" in page
    assert ">Done<" in page
    assert "/claim/" not in page
