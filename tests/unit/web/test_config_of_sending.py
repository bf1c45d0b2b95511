"""Destinations, schedules, roles and groups are part of the set-up as texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.unit.web.test_config import applied, becomes, exported
from tollbook.model.actor import TOLLBOOK
from tollbook.site.destinations import operations as destinations
from tollbook.site.people.groups import GivenGroup, add_group, every_group, given_group, remove_group
from tollbook.site.people.roles import remove_role_of_site, roles, set_role_of_site
from tollbook.site.schedules.models import ScheduleRecord

FILES = ("destinations.toml", "roles.toml", "schedules.toml")
SETTINGS = {"host": "192.0.2.25", "sender": "calls@example.com", "username": "calls", "password": "not to be told"}


@pytest.fixture
def set_up(admin: Client, tmp_path: Path) -> Client:
    """A site with two destinations, a schedule that rests, a role of its own, and a group that sees Sales."""
    (tmp_path / "out").mkdir()
    folder = {"name": "files", "kind": "folder", "settings": {"path": str(tmp_path / "out")}}
    mail = {"name": "office", "kind": "mail", "settings": SETTINGS}
    weekly: dict[str, object] = {
        "name": "weekly",
        "report": "by-hour",
        "when": "mondays 08:00",
        "destination": "files",
        "files": ["csv"],
    }
    weekly |= {"words": {"period": "last-week", "direction": "outgoing"}}
    for path, body in (("destinations", folder), ("destinations", mail), ("schedules", weekly)):
        answer = admin.post(f"/api/{path}", body, content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
    admin.post("/api/schedules/weekly/pause")
    set_role_of_site(TOLLBOOK, "desk", "Desk", ["calls.see", "missed.change"])
    scope = ({"department": "Sales", "pbx": "front"}, {"extension": "101"})
    add_group(TOLLBOOK, GivenGroup(name="sales", role="desk", scope=scope, outside=("CN=Sales",), rank=5))
    add_group(TOLLBOOK, GivenGroup(name="nobody", role="desk", scope=()))
    return admin


def kept() -> tuple[Any, ...]:
    """Return what there is of all three."""
    schedules = [each.value() for each in ScheduleRecord.objects.all()]
    told = [(each.name, each.question, each.sending, each.cron, each.zone, each.paused) for each in schedules]
    own = [each for each in roles().values() if not each.is_usual]
    return destinations.every(), told, own, [given_group(each) for each in every_group()]


def written(client: Client, *, secrets: bool = False) -> dict[str, str]:
    return {name: text for name, text in exported(client, secrets=secrets).items() if name in FILES}


def forget() -> None:
    for name in ("files", "office"):
        destinations.remove(TOLLBOOK, name)
    ScheduleRecord.objects.all().delete()
    for name in ("sales", "nobody"):
        remove_group(TOLLBOOK, name)
    remove_role_of_site(TOLLBOOK, "desk")


def test_they_are_written_out_and_applied_again_change_nothing(set_up: Client) -> None:
    before = kept()
    told = applied(set_up, written(set_up))

    assert (becomes(told), told["same"], kept()) == ([], 6, before)


def test_a_site_without_them_has_them_as_they_were(set_up: Client) -> None:
    before, files = kept(), written(set_up, secrets=True)
    forget()
    wanted = {("add", "role"), ("add", "group"), ("add", "destination"), ("add", "schedule")}

    dry = applied(set_up, files, dry_run=True)
    assert {(each["becomes"], each["what"]) for each in dry["changes"]} == wanted
    assert kept() == ([], [], [], [])
    applied(set_up, files)

    assert kept() == before


def test_passwords_are_left_out_unless_they_are_asked_for_and_stay_where_they_are_left_out(set_up: Client) -> None:
    assert "not to be told" not in str(exported(set_up))
    assert "not to be told" in written(set_up, secrets=True)["destinations.toml"]
    text = written(set_up)["destinations.toml"].replace("192.0.2.25", "192.0.2.26")

    (change,) = applied(set_up, {"destinations.toml": text})["changes"]

    assert (change["becomes"], change["differs"]) == ("change", {"settings.host": ["192.0.2.25", "192.0.2.26"]})
    assert destinations.find("office").settings == {**SETTINGS, "host": "192.0.2.26"}


@pytest.mark.parametrize(
    ("file", "texts", "differs"),
    [
        ("schedules.toml", ("paused = true\n", ""), {"paused": ["yes", "no"]}),
        ("schedules.toml", ("last-week", "last-month"), {"words.period": ["last-week", "last-month"]}),
        ("roles.toml", ("missed.change", "raw.see"), {"permissions": ["calls.see missed.change", "calls.see raw.see"]}),
        ("roles.toml", ("rank = 5", "rank = 7"), {"rank": ["5", "7"]}),
        ("destinations.toml", ('kind = "folder"', 'kind = "folder"\npaused = true'), {"paused": ["no", "yes"]}),
    ],
)
def test_what_differs_is_told_and_then_is_so(
    file: str, texts: tuple[str, str], differs: dict[str, list[str]], set_up: Client
) -> None:
    text = written(set_up)[file]
    assert texts[0] in text
    files = {file: text.replace(*texts, 1)}

    assert [each["differs"] for each in applied(set_up, files, dry_run=True)["changes"]] == [differs]
    assert [each["differs"] for each in applied(set_up, files)["changes"]] == [differs]
    assert becomes(applied(set_up, files)) == []


def test_who_may_not_say_what_people_may_do_changes_no_role_and_sees_their_own_schedules_alone(set_up: Client) -> None:
    set_role_of_site(TOLLBOOK, "keeper", "Keeper", ["calls.see", "numbers.see", "system.change"])
    let_in("karl", "keeper")
    karl = Client()
    assert karl.login(username="karl", password=PASSWORD)
    text = written(set_up)["roles.toml"]

    assert applied(karl, {"roles.toml": text})["changes"] == []
    refused = applied(karl, {"roles.toml": text.replace("missed.change", "people.change")}, status=403)

    assert "the role desk is not yours to change" in refused["problems"][0]["what"]
    assert roles()["desk"].permissions == {"calls.see", "missed.change"}
    assert "schedules.toml" not in exported(karl)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("destinations.toml", '[files]\nkind = "mail"\n', "files cannot become mail"),
        ("destinations.toml", '[new]\nkind = "pigeon"\n', "pigeon"),
        ("schedules.toml", '[weekly]\nreport = "by-hour"\nwhen = "never"\n', "never"),
        ("roles.toml", '[role.desk]\ntitle = "Desk"\npermissions = ["calls.sea"]\n', "calls.sea"),
        ("roles.toml", '[group.sales]\nrole = "dest"\n', "dest"),
        ("roles.toml", '[people.anna]\nrole = "desk"\n', "roles.toml cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(file: str, text: str, said: str, set_up: Client) -> None:
    before = kept()

    refused = applied(set_up, {file: text}, status=422)

    assert said in str(refused["problems"])
    assert kept() == before
