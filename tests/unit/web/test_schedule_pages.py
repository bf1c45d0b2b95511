"""The pages, the API and the links of schedules, as their owner, others and strangers see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fakes.mail_server import MailPeer, a_mail_server
from tests.fakes.people import PASSWORD, let_in
from tests.fakes.sites import settle, until
from tollbook.cli.hosting import _making_tools
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.message import MessageDestination
from tollbook.site.destinations import operations as destinations
from tollbook.site.outbox import operations as box
from tollbook.site.outbox.leaving import leave_token, open_token
from tollbook.site.schedules.models import ScheduleRecord, ScheduleRunRecord

FORM = {
    "name": "weekly",
    "report": "by-extension",
    "words": "period=this-year\nfrom=2026-03-01\nto=2026-03-07",
    "when": "Mondays 08:00",
    "zone": "Europe/London",
    "destination": "office",
    "recipients": "anne@example.com\nbob@example.com",
    "attached": ["csv"],
    "link": "open",
}


@pytest.fixture
def mails() -> Iterator[MailPeer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def ready(engine: Engine, some_calls: None, mails: MailPeer) -> Engine:
    """A site with some calls and a mail server; its scheduler makes a step when it is told to."""
    del some_calls
    settle(engine)
    engine.outbox.directory = destinations.every
    engine.schedules.tools = lambda: _making_tools(engine)
    office = MessageDestination(name="office", kind="mail", settings=mails.settings())
    destinations.add(TOLLBOOK, office, engine.outbox.in_reach)
    destinations.set_pages_address(TOLLBOOK, "https://calls.example.com")
    return engine


def text(client: Client, path: str) -> str:
    return client.get(path).content.decode()


def test_a_schedule_is_added_from_a_report_with_its_filter(ready: Engine, admin: Client) -> None:
    del ready
    assert "Nothing is sent by schedule yet" in text(admin, "/schedules/")
    page = text(admin, "/reports/by-extension/?period=last-week&direction=outgoing")
    link = re.search(r'href="(/schedules/add/\?[^"]*)"', page)
    assert link
    form = text(admin, link[1].replace("&amp;", "&"))
    assert '<option value="by-extension" selected>' in form
    assert "period=last-week\ndirection=outgoing" in form

    page = admin.post("/schedules/add/", {**FORM, "words": "period=last-week"}, follow=True).content.decode()
    assert "weekly is set up" in page
    assert "Mondays 08:00, Europe/London" in page
    assert "weekly" in text(admin, "/schedules/")


def test_the_next_moments_are_shown_as_they_are_typed(ready: Engine, admin: Client) -> None:
    del ready
    shown = text(admin, "/schedules/next/?when=daily+07:30&zone=Europe/Berlin")
    assert shown.count("07:30") == 3
    assert "neither words nor cron" in text(admin, "/schedules/next/?when=sometimes")
    assert text(admin, "/schedules/next/?when=").strip() == ""


def test_every_fault_is_shown_beside_its_field(ready: Engine, admin: Client) -> None:
    del ready
    for changed, said in (
        ({"when": "sometimes"}, "neither words nor cron"),
        ({"zone": "Mars"}, "no time zone is so called"),
        ({"recipients": "anne"}, "cannot be a recipient"),
        ({"recipients": ""}, "There is no recipient"),
        ({"only_if": "if it rains"}, "Cannot be understood"),
        ({"words": "directoin=outgoing"}, "did you mean &#x27;direction&#x27;"),
        ({"words": "no sign"}, "a line must be NAME=VALUE"),
        ({"name": "Bad Name"}, "begins with a letter or digit"),
        ({"report": "explore"}, "measure"),
    ):
        page = admin.post("/schedules/add/", {**FORM, **changed}, follow=True).content.decode()
        assert said in page, changed
    assert ScheduleRecord.objects.count() == 0


def run(ready: Engine, admin: Client) -> None:
    admin.post("/schedules/add/", {**FORM, "words": "from=2026-03-01\nto=2026-03-07"})
    admin.post("/schedule/weekly/run/")
    assert ready.schedules.step()


def test_what_a_run_has_made_is_kept_and_can_be_had(ready: Engine, admin: Client) -> None:
    run(ready, admin)
    page = text(admin, "/schedule/weekly/")
    assert "2 messages handed to the outbox" in page
    files = re.findall(r'href="(/schedule/weekly/file/\d+/\d+/)"', page)
    answers = [admin.get(each) for each in files]
    assert [each["Content-Type"] for each in answers] == ["text/html", "text/csv"]
    assert [each["Content-Disposition"].partition(";")[0] for each in answers] == ["attachment"] * 2
    assert admin.get("/schedule/weekly/file/1/7/").status_code == 404


def test_an_open_link_shows_what_was_made_to_whoever_has_it(ready: Engine, admin: Client, mails: MailPeer) -> None:
    run(ready, admin)
    ready.outbox.start()
    ready.outbox.apply(run=True)
    until(lambda: len(mails.taken) == 2)
    ready.outbox.stop()
    found = re.search(r"https://calls\.example\.com(/sent/[^\s]+/)", mails.taken[0].text())
    assert found
    stranger = Client()
    answer = stranger.get(found[1])
    assert answer.status_code == 200
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert b"by extension" in answer.content
    assert stranger.get(found[1][:-3] + "xx/").status_code == 404
    assert stranger.get("/sent/nonsense/").status_code == 404
    assert stranger.get(f"/sent/{open_token(1, 'other.html')}/").status_code == 404


def test_a_recipient_leaves_by_the_link_of_a_message_without_signing_in(ready: Engine, admin: Client) -> None:
    run(ready, admin)
    topic = f"schedule {ScheduleRecord.objects.get().pk}"
    path = f"/leave/{leave_token(topic, 'anne@example.com')}/"
    stranger = Client(enforce_csrf_checks=True)

    assert "Get this no more?" in text(stranger, path)
    assert box.unsubscribed(topic) == []
    answer = stranger.post(path, {"List-Unsubscribe": "One-Click"})
    assert "gets no more messages" in answer.content.decode()
    assert box.unsubscribed(topic) == ["anne@example.com"]

    assert stranger.post("/leave/nonsense/").status_code == 404
    admin.post("/schedule/weekly/run/")
    assert ready.schedules.step()
    sent = [each.recipient for each in box.entries(10) if each.state != "cancelled"]
    assert sorted(sent) == ["bob@example.com", "bob@example.com"]

    assert "anne@example.com" in text(admin, "/schedule/weekly/")
    admin.post("/schedule/weekly/bring-back/", {"recipient": "anne@example.com"})
    assert box.unsubscribed(topic) == []


def test_a_token_for_one_thing_opens_no_other(ready: Engine) -> None:
    del ready
    stranger = Client()
    assert stranger.get(f"/leave/{open_token(1, 'x')}/").status_code == 404
    assert stranger.get(f"/sent/{leave_token('schedule 1', 'anne@example.com')}/").status_code == 404


def test_somebody_elses_schedule_is_not_there(ready: Engine, admin: Client) -> None:
    run(ready, admin)
    let_in("max", role="manager")
    other = Client()
    assert other.login(username="max", password=PASSWORD)
    made = ScheduleRunRecord.objects.get().pk
    for path in ("/schedule/weekly/", "/schedule/weekly/edit/", f"/schedule/weekly/file/{made}/0/"):
        assert other.get(path).status_code == 404
    assert other.post("/schedule/weekly/run/").status_code == 404
    assert other.get("/api/schedules?format=json").json() == []
    assert other.get("/api/schedules/weekly").status_code == 404


def test_the_api_does_what_the_pages_do(ready: Engine, admin: Client) -> None:
    wanted: dict[str, Any] = {
        "name": "weekly",
        "report": "by-extension",
        "when": "mondays 08:00",
        "destination": "office",
    }
    wanted |= {"recipients": ["anne@example.com"], "words": {"from": "2026-03-01", "to": "2026-03-07"}}
    made = admin.post("/api/schedules", wanted, content_type="application/json")
    assert made.status_code == 201, made.content
    assert made.json()["cron"] == "0 8 * * 1"
    assert len(made.json()["next"]) == 3
    changed = admin.patch("/api/schedules/weekly", {"when": "daily 07:30"}, content_type="application/json")
    assert changed.json()["when"] == "daily 07:30"
    assert admin.post("/api/schedules/weekly/run").status_code == 202
    assert ready.schedules.step()
    assert admin.get("/api/schedules/weekly/history?format=json").json()[0]["state"] == "sent"
    assert admin.post("/api/schedules/weekly/pause").json()["next"] == []
    assert admin.get("/api/schedules/next?when=hourly").status_code == 200
    assert admin.delete("/api/schedules/weekly").status_code == 200
    assert admin.get("/api/schedules?format=json").json() == []
