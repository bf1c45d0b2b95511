"""The page of places: what to do first, what is wrong first, and who may do what."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import msgspec
import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tollbook.alerts.contract import SiteState
from tollbook.alerts.kinds import place_silent
from tollbook.clock import now
from tollbook.engine.care.doctor import Finding
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.place import PbxAtPlace, PlaceHealth
from tollbook.site.places import operations
from tollbook.site.places.groups import group_named
from tollbook.site.places.models import PlaceRecord
from tollbook.site.places.standing import silences
from tollbook.store.ledger import Reopening
from tollbook.web.centre.health import TakenOver, health_of_site

HEALTH = PlaceHealth(version="0.1.0", at=now(), disk_free=9 << 30, disk_size=50 << 30)


@pytest.fixture(autouse=True)
def _site(engine: Engine) -> None:
    del engine  # it has to be there, no more
    import tollbook.web.api  # noqa: F401 - an operation alone cannot be imported before the API
    from tollbook.web.places import place_api

    for each in (place_api.CODES_OF_ADDRESS, place_api.CODES_TRIED, place_api.HEALTHS):
        each.forget()


def signed_in(role: str) -> Client:
    let_in(f"{role}-1", role)
    client = Client()
    assert client.login(username=f"{role}-1", password=PASSWORD)
    return client


def text_of(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


def a_place(name: str, health: PlaceHealth | None = None, ago: timedelta = timedelta(0)) -> str:
    """Have a place join and say how it is, some time ago; return its token."""
    token = operations.join(operations.add(TOLLBOOK, name).code, "").token
    if health:
        operations.note_health(operations.find(name), msgspec.structs.replace(health, at=now()))
    PlaceRecord.objects.filter(name=name).update(joined_at=now() - ago, **({"heard_at": now() - ago} if health else {}))
    return token


def test_an_empty_page_says_what_to_do_next() -> None:
    assert "tollbook join http://testserver CODE" in text_of(signed_in("admin"), "/places/")
    seen = text_of(signed_in("technician"), "/places/")
    assert "An administrator can let other sites join." in seen
    assert "Make a join code" not in seen


def test_a_code_is_shown_once_with_the_command() -> None:
    admin = signed_in("admin")

    made = unescape(admin.post("/places/", {"name": "St. Pauli", "group": ""}).content.decode())

    code = made.partition('<code class="secret">')[2].partition("<")[0]
    assert f"tollbook join http://testserver {code}" in made
    assert code not in text_of(admin, "/places/")
    assert operations.join(code, "").name == "St. Pauli"


def test_faults_of_a_name_are_told() -> None:
    admin = signed_in("admin")
    operations.add(TOLLBOOK, "Hamburg")

    for name, fault in (("../x", "cannot be the name of a place"), ("hamburg", "already")):
        assert fault in unescape(admin.post("/places/", {"name": name}).content.decode())


def test_what_is_wrong_stands_first() -> None:
    wrong = PbxAtPlace(name="kx", state="not-reachable", message="nothing answers")
    a_place("Aachen", HEALTH)
    a_place("Bonn", msgspec.structs.replace(HEALTH, pbxs=[wrong]))
    a_place("Celle", HEALTH, timedelta(hours=3))

    page = text_of(signed_in("technician"), "/places/")

    assert page.index("/places/Celle/") < page.index("/places/Bonn/") < page.index("/places/Aachen/")
    assert "It has not been heard for 3 hours" in page
    assert "PBX kx: nothing answers" in page


def test_places_that_are_silent_are_told_each_and_many_at_once() -> None:
    a_place("Lager 1", HEALTH, timedelta(minutes=6))
    a_place("Lager 2", HEALTH, timedelta(minutes=4))
    a_place("Lager 3", None, timedelta(minutes=6))
    operations.add(TOLLBOOK, "Lager 4")

    assert [each.partition(":")[0] for each in silences(now())] == ["place Lager 1", "place Lager 3"]
    for number in range(5, 25):
        a_place(f"Lager {number}", HEALTH, timedelta(minutes=6))
    assert [each.partition(",")[0] for each in silences(now())] == ["many places: 22 have not been heard for 5 minutes"]
    assert place_silent.ALERT.looks_for(place_silent.PlaceSilentOptions()) == SiteState(topics=("places",))


def test_a_group_is_set_on_its_page_and_nothing_ticked_is_nothing() -> None:
    admin = signed_in("admin")
    operations.add(TOLLBOOK, "Hamburg")

    assert admin.post("/place-groups/all/", {"parts": ["formats"], "version": "1.4.0"}).status_code == 302
    group = group_named("all")
    assert (group.parts, group.version) == (("formats",), "1.4.0")
    assert "Numbers with dots" in admin.post("/place-groups/all/", {"version": "1.4.0;x"}).content.decode()
    assert admin.post("/place-groups/all/", {"version": ""}).status_code == 302
    group = group_named("all")
    assert (group.parts, group.version) == ((), "")
    assert admin.get("/place-groups/nowhere/").status_code == 404


def test_codes_cannot_be_found_by_trying() -> None:
    client = Client()

    tried = [
        client.post("/api/places/join", {"code": f"AAAA-{number}"}, "application/json", REMOTE_ADDR="192.0.2.9")
        for number in range(21)
    ]

    assert [each.status_code for each in tried] == [403] * 20 + [429]
    assert (
        client.post("/api/places/join", {"code": "A"}, "application/json", REMOTE_ADDR="192.0.2.10").status_code == 403
    )


def test_a_code_ends_after_a_day() -> None:
    code = operations.add(TOLLBOOK, "Hamburg").code
    PlaceRecord.objects.update(code_ends_at=now())

    refused = Client().post("/api/places/join", {"code": code}, "application/json")

    assert refused.status_code == 403
    assert "Its code is over: make another" in text_of(signed_in("technician"), "/places/")


def test_a_place_is_heard_no_more_often_than_it_may() -> None:
    headers = {"Authorization": f"Bearer {a_place('Hamburg')}"}
    content = msgspec.json.encode(HEALTH)

    told = [
        Client(headers=headers).post("/api/places/health", content, "application/json").status_code for _ in range(101)
    ]

    assert told == [200] * 100 + [429]


def test_what_a_place_with_very_many_pbxs_tells_is_within_what_a_centre_takes(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tollbook.model.health import Health, State

    many = [Health(pbx=f"pbx-{n}", state=State.WORKING, message="m" * 600, since="") for n in range(300)]
    ill = Health(pbx="ill", state=State.NOT_REACHABLE, message="nothing answers", since="")
    monkeypatch.setattr(engine, "health", lambda: [*many, ill])

    told = health_of_site(engine, TakenOver())

    assert len(msgspec.json.encode(told)) < 60_000
    assert (told.pbxs[0].name, told.pbxs[0].message, len(told.pbxs)) == ("ill", "nothing answers", 200)
    assert msgspec.json.decode(msgspec.json.encode(told), type=PlaceHealth) == told


def test_troubles_of_the_site_as_a_whole_are_told_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        Finding(well=False, what="the backup at 2026-03-01T02:00:00Z failed: no room", topic="backups"),
        Finding(well=False, what="no PBX is set up", topic="settings"),
    ]
    monkeypatch.setattr(engine.troubles, "known", lambda: found)

    told = health_of_site(engine, TakenOver())
    a_place("Hamburg", told)

    assert told.troubles == ["the backup at 2026-03-01T02:00:00Z failed: no room"]
    assert "The backup at 2026-03-01T02:00:00Z failed: no room" in text_of(signed_in("technician"), "/places/")


def test_a_place_whose_store_cannot_be_read_is_heard_nevertheless(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reopening(*_: object) -> None:
        raise Reopening

    monkeypatch.setattr(engine, "ledger", reopening)

    assert health_of_site(engine, TakenOver()).rejects == 0
