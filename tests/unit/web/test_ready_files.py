"""Long files are made in the background for whoever asked, and handed out while they may see what they could then."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import Any

import openpyxl  # type: ignore[import-untyped] # it ships no types
import pytest
from django.test import Client

from tests.fakes.people import PASSWORD, let_in
from tests.fakes.sites import until
from tests.unit.web.test_charge_back_pages import priced
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.site.people.access import GivenAccess, set_access
from tollbook.web.reports import shown

__all__ = ("priced",)
DAYS = {"from": "2026-03-01", "to": "2026-03-31"}


def ask(client: Client, *, of: str = "report", report: str = "call-list", **words: str) -> str:
    wanted = {"of": of, "report": report, "words": {**DAYS, "format": "csv", **words}}
    answer = client.post("/api/files", json.dumps(wanted), content_type="application/json")
    assert answer.status_code == 202, answer.content
    return str(answer.json()["file"])


def awaited(client: Client, key: str) -> dict[str, Any]:
    def told() -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"/api/files/{key}").json()
        return found

    until(lambda: told()["state"] not in ("waiting", "making"))
    return told()


def content(client: Client, key: str) -> bytes:
    answer = client.get(f"/api/files/{key}/content")
    assert answer.status_code == 200
    return answer.getvalue()


def page(client: Client) -> str:
    return unescape(client.get("/reports/files/").content.decode())


def signed_in(name: str) -> Client:
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


@pytest.mark.usefixtures("some_calls")
def test_a_file_has_what_the_report_has_and_is_listed_with_who_asked_and_when_it_goes(admin: Client) -> None:
    assert "No file yet" in page(admin)
    key = ask(admin)
    told = awaited(admin, key)

    assert (told["state"], told["title"], told["rows"], told["asked_by"]) == ("ready", "Call list", 5, "anna")
    assert told["name"] == "call-list-2026-03-01-2026-03-31.csv"
    assert content(admin, key) == admin.get("/api/reports/call-list", {**DAYS, "format": "csv"}).content
    text = page(admin)
    assert "Call list, CSV" in text
    assert "by anna" in text
    assert f'href="/reports/files/{key}/"' in text
    answer = admin.get(f"/reports/files/{key}/")
    assert answer["Content-Disposition"] == f'attachment; filename="{told["name"]}"'
    assert int(answer["Content-Length"]) == told["size"]


@pytest.mark.usefixtures("some_calls")
@pytest.mark.parametrize("form", ["xlsx", "pdf", "parquet", "html", "json"])
def test_every_kind_of_file_is_made(admin: Client, form: str) -> None:
    key = ask(admin, of="explore", rows="extension", measures="calls,talk", format=form)
    told = awaited(admin, key)

    assert (told["state"], told["title"], told["rows"]) == ("ready", "Calls and talk by extension", 2)
    data = content(admin, key)
    assert len(data) == told["size"]
    assert form != "xlsx" or openpyxl.load_workbook(io.BytesIO(data))["Report"]["A1"].value == told["title"]


def test_a_phone_bill_is_made_too_for_whoever_may_see_costs(admin: Client, priced: Engine) -> None:
    del priced
    wanted = {"of": "phone-bill", "words": {"person": "Anna Berg", "month": "2026-03", "format": "pdf"}}
    key = admin.post("/api/files", json.dumps(wanted), content_type="application/json").json()["file"]
    told = awaited(admin, key)
    assert (told["state"], told["title"], told["name"]) == (
        "ready",
        "Phone bill of Anna Berg",
        "phone-bill-anna-berg-2026-03.pdf",
    )

    let_in("rita", "reception")
    answer = signed_in("rita").post("/api/files", json.dumps(wanted), content_type="application/json")
    assert answer.status_code == 403
    assert "'costs.see'" in answer.json()["problems"][0]["what"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"report": "call-lists"}, "no report is called"),
        ({"words": {"format": "docx"}}, "no file can be had as 'docx'"),
        ({"words": {"extention": "101", "format": "csv", "period": "someday"}}, "'period' must be one of"),
        ({"report": "long-calls", "set": ["longer_than=soon"]}, "longer_than"),
        ({"of": "phone-bill", "words": {"format": "pdf"}}, "it is not said whose bill"),
    ],
)
def test_what_cannot_be_made_is_refused_at_once(admin: Client, words: dict[str, Any], said: str) -> None:
    wanted = {"report": "call-list", **words}
    answer = admin.post("/api/files", json.dumps(wanted), content_type="application/json")
    assert answer.status_code in (404, 422)
    assert said in answer.content.decode()
    assert admin.get("/api/files?format=json").json() == []


@pytest.mark.usefixtures("some_calls")
def test_a_file_is_nobody_elses(admin: Client, viewer: Client) -> None:
    key = ask(admin)
    awaited(admin, key)

    assert viewer.get("/api/files?format=json").json() == []
    assert "No file yet" in page(viewer)
    for method, address in (("get", ""), ("get", "/content"), ("post", "/cancel"), ("delete", "")):
        assert getattr(viewer, method)(f"/api/files/{key}{address}").status_code == 404
    assert viewer.post(f"/reports/files/{key}/remove/").status_code == 302
    assert awaited(admin, key)["open"]


@pytest.mark.usefixtures("some_calls")
def test_a_file_is_of_what_its_asker_sees_and_closed_once_that_changes(admin: Client) -> None:
    del admin
    sam = let_in("sam", "manager", "extension=101")
    client = signed_in("sam")
    key = ask(client)
    assert awaited(client, key)["rows"] == 4
    assert b"102" not in content(client, key).replace(b"5550102", b"")

    set_access(TOLLBOOK, sam, GivenAccess(role="manager", scope=({"extension": "102"},)))
    client = signed_in("sam")
    answer = client.get(f"/api/files/{key}/content")
    assert answer.status_code == 403
    assert "that has changed since" in answer.json()["problems"][0]["reason"]
    assert not client.get(f"/api/files/{key}").json()["open"]
    assert "not handed out" in page(client)
    assert f'href="/reports/files/{key}/"' not in page(client)
    assert client.get(f"/reports/files/{key}/").status_code == 302

    client.post(f"/reports/files/{key}/again/")
    (again,) = client.get("/api/files?format=json").json()
    assert awaited(client, again["file"])["rows"] == 1


def test_a_file_is_closed_once_a_department_has_other_extensions(admin: Client, priced: Engine) -> None:
    del admin, priced
    from tollbook.site.directory.models import AssignmentRecord

    let_in("sam", "manager", "department=Sales")
    client = signed_in("sam")
    key = ask(client)
    assert awaited(client, key)["open"]

    AssignmentRecord.objects.all().delete()
    from tollbook.engine.runtime import engine
    from tollbook.site.directory import operations

    engine().site.store.copy_directory(operations.snapshot())
    assert not client.get(f"/api/files/{key}").json()["open"]
    assert client.get(f"/api/files/{key}/content").status_code == 403


@pytest.mark.usefixtures("some_calls")
def test_a_file_is_closed_once_a_call_in_it_is_private(admin: Client) -> None:
    let_in("mia", "manager")
    client = signed_in("mia")
    key = ask(client)
    assert awaited(client, key)["open"]

    call = admin.get("/api/calls", {"format": "json"}).json()[0]["id"]
    assert admin.put(f"/api/calls/{call}/private", {"private": True}, "application/json").status_code == 200
    assert not client.get(f"/api/files/{key}").json()["open"]
    assert client.get(f"/api/files/{key}/content").status_code == 403


@pytest.mark.usefixtures("some_calls")
def test_somebody_of_the_same_name_later_is_somebody_else(admin: Client, viewer: Client) -> None:
    key = ask(viewer)
    awaited(viewer, key)
    from django.contrib.auth.models import User

    from tollbook.site.people.operations import remove_person

    remove_person(TOLLBOOK, User.objects.get(username="vera").pk)
    let_in("vera")
    again = signed_in("vera")

    assert again.get("/api/files?format=json").json() == []
    assert again.get(f"/api/files/{key}/content").status_code == 404
    assert admin.get(f"/api/files/{key}/content").status_code == 404


@pytest.mark.usefixtures("some_calls")
def test_a_page_hands_short_files_out_at_once_and_has_long_ones_made(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/reports/call-list/?from=2026-03-01&to=2026-03-31&set-order=moment"
    assert "/api/reports/call-list?" in admin.get(address).content.decode()

    monkeypatch.setattr(shown, "SMALL_ROWS", 2)
    text = admin.get(address).content.decode()
    assert "/api/reports/call-list?" not in text
    fields = dict(re.findall(r'<input type="hidden" name="(of|report|words)" value="([^"]*)"', text))
    answer = admin.post(
        "/reports/files/make/", {**{k: unescape(v) for k, v in fields.items()}, "format": "csv"}, follow=True
    )
    assert "is being made" in answer.content.decode()
    (there,) = admin.get("/api/files?format=json").json()
    awaited(admin, there["file"])
    rows = content(admin, there["file"]).decode().splitlines()
    assert [row[:10] for row in rows[1:]] == sorted(row[:10] for row in rows[1:])
    assert len(rows) == 6


@pytest.mark.usefixtures("some_calls")
def test_files_are_cancelled_and_removed(admin: Client) -> None:
    key = ask(admin)
    awaited(admin, key)
    assert admin.post(f"/api/files/{key}/cancel").json()["state"] == "ready"
    assert admin.delete(f"/api/files/{key}").json()["file"] == key
    assert admin.get(f"/api/files/{key}").status_code == 404
    key = ask(admin)
    awaited(admin, key)
    assert "is removed" in admin.post(f"/reports/files/{key}/remove/", follow=True).content.decode()
