"""Who may change PBXs comes to nothing of the machine that he may not have, and is told why and what to do."""

from pathlib import Path

import pytest
from django.test import Client

from tollbook.engine.engine import Engine

ADD_FOLDER = "/pbxs/add/panasonic-kx-hts/folder/"
OUTSIDE = {"name": "spy", "dialect": "panasonic-kx-hts", "source": "folder"}


@pytest.fixture
def change(admin: Client, visitor: Client) -> Client:
    """A program whose token may change PBXs and nothing else."""
    made = admin.post("/api/tokens", {"name": "setup", "permission": "change"}, "application/json")
    visitor.defaults["HTTP_AUTHORIZATION"] = f"Bearer {made.json()['token']}"
    return visitor


def test_with_a_token_that_may_change_pbxs_no_secret_of_the_site_is_come_by(change: Client, engine: Engine) -> None:
    site = engine.site.path
    settings = {"path": str(site), "names": "api-token,secret-key"}

    answer = change.post("/api/pbxs", {**OUTSIDE, "settings": settings}, "application/json")

    assert answer.status_code == 422
    assert "'path' must be something that may be read" in answer.content.decode()
    assert f"{site} is one of Tollbook's own files, or holds them" in answer.content.decode()
    assert engine.pbxs() == {}


def test_settings_are_not_changed_to_what_is_out_of_reach_either(
    change: Client,
    engine: Engine,
    tmp_path: Path,
) -> None:
    kept = {**OUTSIDE, "settings": {"path": str(tmp_path / "pbx")}}
    assert change.post("/api/pbxs", kept, "application/json").status_code == 201

    answer = change.patch("/api/pbxs/spy", {"settings": {"path": "/etc"}}, "application/json")

    assert answer.status_code == 422
    assert engine.pbxs()["spy"].settings == {"path": str(tmp_path / "pbx")}


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        ("http_poll", {"url": "http://169.254.169.254/latest/meta-data"}),
        ("tcp_client", {"host": "169.254.169.254"}),
        ("command", {"command": "/bin/sh -c id"}),
        ("serial", {"device": "/dev/watchdog"}),
        ("http_push", {"password-file": "/etc/shadow"}),
    ],
)
def test_nothing_else_out_of_reach_is_set_either(change: Client, source: str, settings: dict[str, str]) -> None:
    answer = change.post("/api/pbxs", {**OUTSIDE, "source": source, "settings": settings}, "application/json")

    assert answer.status_code == 422
    assert "of [allow] in" in answer.content.decode()


def test_the_form_says_what_is_within_reach_and_why_something_is_not(admin: Client, engine: Engine) -> None:
    page = admin.get(ADD_FOLDER).content.decode()
    given = {"name": "spy", "timezone": "UTC", "set-path": "/etc"}
    refused = admin.post(ADD_FOLDER, given).content.decode()

    assert "This server may read: any folder but its own and those of the system. Set in" in page
    assert f"{engine.site.path}/tollbook.toml" in page
    assert "Must be something that may be read: /etc belongs to the machine, and may hold its secrets" in refused
