"""Settings under the names that options had before: kept in a site, sent to the API, posted by a page."""

from pathlib import Path

import msgspec
import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.plugins import read_options
from tollbook.site.audit.operations import AuditFilter, entries
from tollbook.site.pbxs import operations
from tollbook.site.pbxs.models import PbxRecord
from tollbook.sources import known

BEFORE = {
    "host": "192.0.2.10",
    "username": "cdr",
    "password": "open-sesame-4711",
    "pattern": "cdr_*",
    "then": "move",
    "moved-to": "done",
}
TODAY = {
    "host": "192.0.2.10",
    "username": "cdr",
    "password": "open-sesame-4711",
    "names": "cdr_*",
    "after": "move",
    "move-to": "done",
}
KEPT = {"host": "192.0.2.10", "username": "cdr", "names": "cdr_*", "after": "move", "move-to": "done"}


@pytest.fixture
def branch(engine: Engine) -> PbxRecord:
    """A PBX as an earlier version kept it, which the engine has taken up."""
    kept = PbxRecord.objects.create(name="branch", dialect="panasonic-kx-hts", source="ftp", settings=BEFORE)
    engine.apply()
    return kept


@pytest.mark.usefixtures("branch")
def test_a_pbx_of_an_earlier_version_is_started_with_what_was_set(engine: Engine) -> None:
    pbx = engine.pbxs()["branch"]
    options = msgspec.structs.asdict(read_options(known.options_of("ftp"), pbx.settings, "here"))

    assert pbx.settings == TODAY
    assert (options["names"], options["after"], options["move_to"]) == (("cdr_*",), "move", "done")


def test_it_is_shown_and_kept_under_the_names_of_today(admin: Client, branch: PbxRecord) -> None:
    shown = admin.get("/api/pbxs/branch").json()["settings"]

    answer = admin.patch("/api/pbxs/branch", {"timezone": "Asia/Tokyo"}, content_type="application/json")

    branch.refresh_from_db()
    assert shown == KEPT
    assert branch.settings == TODAY
    assert answer.json()["notes"] == []


def test_a_former_name_given_now_counts_more_than_what_was_kept(admin: Client, branch: PbxRecord) -> None:
    change = {"settings": {"then": "leave", "pattern": None}}

    answer = admin.patch("/api/pbxs/branch", change, content_type="application/json")

    branch.refresh_from_db()
    assert "names" not in branch.settings
    assert branch.settings["after"] == "leave"
    assert answer.json()["notes"] == ["'pattern' is 'names' today", "'then' is 'after' today"]


def test_the_form_has_what_was_kept_under_a_former_name(admin: Client, branch: PbxRecord) -> None:
    text = admin.get(f"/pbx/{branch.name}/edit/").content.decode()

    assert 'name="set-names" value="cdr_*"' in text
    assert "set-pattern" not in text


def test_a_page_of_an_earlier_version_can_still_be_posted(admin: Client, branch: PbxRecord) -> None:
    posted = {f"set-{name}": text for name, text in {**BEFORE, "pattern": "Master*"}.items()}

    admin.post("/pbx/branch/edit/", {"timezone": "Europe/London", **posted})

    branch.refresh_from_db()
    assert branch.settings == {**TODAY, "names": "Master*"}


def test_what_is_changed_in_the_audit_is_told_under_the_names_of_today(branch: PbxRecord) -> None:
    operations.pause(TOLLBOOK, branch.name, paused=True)

    latest = next(iter(entries(AuditFilter())))

    assert latest.changes == {"paused": ["no", "yes"]}


def test_the_filter_of_a_sink_is_taken_under_its_former_name(admin: Client, tmp_path: Path) -> None:
    told = {
        "name": "crm",
        "kind": "file",
        "settings": {"path": str(tmp_path / "out")},
        "words": {"direction": "incoming"},
    }

    added = admin.post("/api/sinks", told, content_type="application/json")
    changed = admin.patch("/api/sinks/crm", {"words": {"extension": "101"}}, content_type="application/json")

    assert added.json()["filter"] == {"direction": "incoming"}
    assert changed.json()["filter"] == {"direction": "incoming", "extension": "101"}
