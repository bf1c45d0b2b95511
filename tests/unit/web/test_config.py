"""The set-up as texts: written out of one site, applied to another, and no change the second time."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.pbx import Pbx
from tollbook.model.sink import Sink
from tollbook.site.directory import importing
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.sinks import operations as sinks

PLAN = {"": {"country": "US", "outside": "9"}, "7": {"outside": "8"}}
DIRECTORY = b"kind,value,name,department\nextension,107,Anna Berg,Sales / North\n"
FORMAT = """
title = "Ours"
[frame]
by = "lines"
"""


@pytest.fixture
def set_up(engine: Engine) -> Engine:
    made = Pbx(
        name="front",
        dialect="panasonic-kx-hts",
        source="http_poll",
        settings={"url": "http://192.0.2.10/cdr", "username": "tollbook", "password": "not to be told"},
    )
    pbxs.add(TOLLBOOK, made, engine.bounds)
    pbxs.set_plan(TOLLBOOK, "front", PLAN)
    sinks.add(
        TOLLBOOK,
        Sink(name="files", kind="file", settings={"path": str(engine.site.path.parent / "out")}),
        lambda _: [],
    )
    importing.apply(TOLLBOOK, DIRECTORY, importing.Strictness())
    return engine


def exported(admin: Client, *, secrets: bool = False) -> dict[str, str]:
    answer = admin.post("/api/config/export", {"secrets": secrets}, content_type="application/json")
    assert answer.status_code == 200
    files: dict[str, str] = answer.json()["files"]
    return files


def applied(admin: Client, files: dict[str, str], *, dry_run: bool = False, status: int = 200) -> dict[str, Any]:
    answer = admin.post("/api/config", {"files": files, "dry_run": dry_run}, content_type="application/json")
    assert answer.status_code == status, answer.json()
    told: dict[str, Any] = answer.json()
    return told


def becomes(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["becomes"], each["name"]) for each in told["changes"]]


@pytest.mark.usefixtures("set_up")
def test_a_set_up_is_written_without_secrets_and_applied_a_second_time_changes_nothing(admin: Client) -> None:
    files = exported(admin)

    assert sorted(files) == ["alerts.toml", "directory.csv", "pbxs.toml", "sinks.toml"]
    assert "not to be told" not in repr(files)
    assert "not to be told" in repr(exported(admin, secrets=True))
    assert applied(admin, files) == {"applied": True, "changes": [], "same": 7}
    assert pbxs.find("front").settings["password"] == "not to be told"


@pytest.mark.usefixtures("set_up")
def test_a_set_up_is_applied_to_a_site_that_has_nothing(admin: Client) -> None:
    files = exported(admin, secrets=True)
    was = pbxs.find("front")
    pbxs.remove(TOLLBOOK, "front")
    sinks.remove(TOLLBOOK, "files")

    assert becomes(applied(admin, files, dry_run=True)) == [("add", "front"), ("add", "files")]
    assert not [each for each in pbxs.every() if not each.removed], "a dry run changes nothing"
    assert becomes(applied(admin, files)) == [("add", "front"), ("add", "files")]
    assert pbxs.find("front") == was
    assert exported(admin, secrets=True) == files


@pytest.mark.usefixtures("set_up")
def test_what_differs_is_shown_before_it_is_applied_and_what_is_not_named_is_left_alone(admin: Client) -> None:
    files = {"pbxs.toml": exported(admin)["pbxs.toml"].replace('outside = "9"', 'outside = "0"')}

    (change,) = applied(admin, files, dry_run=True)["changes"]
    assert (change["name"], change["differs"]) == ("front", {"plan..outside": ["9", "0"]})
    applied(admin, files)
    assert pbxs.find("front").plan[""]["outside"] == "0"
    assert sinks.find("files").name == "files"


@pytest.mark.usefixtures("set_up")
@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pbxs.toml", "[front\n", "pbxs.toml cannot be read"),
        ("pbxs.toml", "[front]\ndialect = 5\n", "pbxs.toml cannot be read"),
        ("pbxs.toml", '[other]\ndialect = "nothing"\nsource = "http_poll"\n', "nothing"),
        ("pbx.toml", "", "is no part of a set-up"),
        ("directory.csv", "kind,value,name\nextension,,Anna\n", "value"),
        ("dialects/ours/dialect.toml", "title = 1", "title"),
    ],
)
def test_a_text_with_a_fault_is_refused_whole_with_what_and_where(
    admin: Client,
    name: str,
    text: str,
    said: str,
) -> None:
    before = exported(admin, secrets=True)
    told = applied(admin, {**before, name: text}, status=422)

    assert said in repr(told)
    assert exported(admin, secrets=True) == before


@pytest.mark.usefixtures("set_up")
def test_who_may_only_look_gets_no_set_up(viewer: Client) -> None:
    assert viewer.post("/api/config/export", {}, content_type="application/json").status_code == 403
