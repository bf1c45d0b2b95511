"""What was found when a site was opened: on the home page of administrators, until one says that it is dealt with."""

from __future__ import annotations

import pytest
from django.test import Client

from tollbook.engine.engine import Engine
from tollbook.journal import notices

WHAT = "sinks.sqlite is older than the rest of this site"


@pytest.fixture
def notice(engine: Engine) -> int:
    return engine.site.journal.write(notices.leave(WHAT, "look at the sinks", 1_700_000_000_000_000))[0]


def test_an_administrator_sees_what_was_found_until_it_is_dealt_with(notice: int, admin: Client) -> None:
    assert b"Sinks.sqlite is older than the rest of this site" in admin.get("/").content

    admin.post(f"/notices/{notice}/done/")
    assert b"sqlite is older" not in admin.get("/").content


def test_a_viewer_sees_no_notice_and_cannot_take_one_off(notice: int, viewer: Client) -> None:
    assert b"sqlite is older" not in viewer.get("/").content
    assert viewer.post(f"/notices/{notice}/done/").status_code == 403


def test_the_doctor_names_what_was_found_and_when_and_how_to_take_it_off(notice: int, engine: Engine) -> None:
    [found] = [finding for finding in engine.doctor() if WHAT in finding.what]

    assert (found.well, found.what) == (False, f"on 2023-11-14 at 22:13 UTC: {WHAT}")
    assert found.help == f"look at the sinks; then `tollbook doctor --done {notice}`"


def test_the_api_takes_a_notice_off_once(notice: int, admin: Client) -> None:
    assert [each["what"] for each in admin.get("/api/notices").json()] == [WHAT]
    assert admin.post(f"/api/notices/{notice}/done").json() == []
    assert admin.post(f"/api/notices/{notice}/done").status_code == 404
