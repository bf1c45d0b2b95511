"""The directory over the API: by names, with dates, and private entries for administrators alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tollbook.model.actor import TOLLBOOK
from tollbook.site.people import tokens

pytestmark = pytest.mark.usefixtures("pbx")
HEADING = "kind,value,pbx,name,mail,department,cost_centre,company,from,until"


def sent(client: Client, request_line: str, value: object = None, expected: int = 200) -> Any:  # noqa: ANN401 - JSON
    method, path = request_line.split()
    answer = client.generic(method, f"/api/directory/{path}", "" if value is None else _json(value), _JSON)
    assert answer.status_code == expected, answer.content
    return answer.json()


_JSON = "application/json"


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def listed(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/directory/{path}?format=json").json()
    return found


def test_an_extension_is_assigned_by_names_and_these_are_made_only_if_asked(admin: Client) -> None:
    wanted = {"value": "107", "person": "Anna Berg", "department": "Sales / North", "from": "2026-01-01"}

    refused = sent(admin, "POST assignments", wanted, 404)
    made = sent(admin, "POST assignments", wanted | {"create": True}, 201)
    ended = sent(admin, f"PATCH assignments/{made['id']}", {"until": "2026-06-01"})
    again = sent(admin, "POST assignments", {"value": "107", "person": "anna berg", "from": "2026-05-31"}, 422)

    assert [each["what"] for each in refused["problems"]] == [
        "nobody is called 'Anna Berg'",
        "no department is called 'Sales / North'",
    ]
    assert made | {"until": "2026-06-01"} == ended == listed(admin, "assignments")[0]
    assert (ended["name"], ended["department"], ended["from"]) == ("Anna Berg", "Sales / North", "2026-01-01")
    assert "from 2026-05-31: Anna Berg, and extension 107" in again["problems"][0]["reason"]
    without = sent(admin, f"PATCH assignments/{made['id']}", {"department": None})
    assert without == ended | {"department": ""}
    assert sent(admin, f"DELETE assignments/{made['id']}") == without
    assert listed(admin, "assignments") == []


def test_a_person_is_moved_by_mail_and_the_move_is_undone(admin: Client) -> None:
    sent(admin, "POST people", {"name": "Anna Berg", "mail": "anna@example.com"}, 201)
    sent(admin, "POST assignments", {"value": "107", "person": "anna@example.com"}, 201)
    before = listed(admin, "assignments")
    wanted = {"person": "anna@example.com", "on": "2026-03-01", "department": "Support", "create": True}

    done = sent(admin, "POST moves", wanted, 201)

    assert [(each["department"], each["from"], each["until"]) for each in listed(admin, "assignments")] == [
        ("", None, "2026-03-01"),
        ("Support", "2026-03-01", None),
    ]
    assert listed(admin, "moves")[0]["assignments"] == done["assignments"] == [1, 2]
    assert sent(admin, f"POST moves/{done['id']}/undo")["undone_at"]
    assert listed(admin, "assignments") == before


def test_what_is_given_is_changed_and_the_rest_stays(admin: Client) -> None:
    sales = sent(admin, "POST departments", {"name": "Sales", "company": "Acme"}, 201)
    north = sent(admin, "POST departments", {"name": "North", "parent": sales["id"]}, 201)
    anna = sent(admin, "POST people", {"name": "Anna", "note": "two\r\nlines ", "valid_from": "2026-01-01"}, 201)
    cost = sent(admin, "POST cost-centres", {"code": "4711", "name": "Sales"}, 201)
    entry = sent(admin, "POST phone-book", {"number": "020 7946 0135", "country": "GB", "name": "Acme"}, 201)

    assert anna["note"] == "two\nlines"
    moved = sent(admin, f"PATCH departments/{north['id']}", {"parent": None})
    assert (moved["path"], north["path"]) == ("North", "Sales / North")
    assert sent(admin, f"PATCH departments/{sales['id']}", {"name": "Sell"}) == sales | {"name": "Sell", "path": "Sell"}
    assert sent(admin, f"PATCH people/{anna['id']}", {"name": "Anna B"}) == anna | {"name": "Anna B"}
    assert sent(admin, f"PATCH cost-centres/{cost['id']}", {"name": ""}) == cost | {"name": ""}
    assert sent(admin, f"PATCH phone-book/{entry['id']}", {"tags": ["a"]}) == entry | {"tags": ["a"]}
    for part, made in (("departments", sales), ("people", anna), ("cost-centres", cost), ("phone-book", entry)):
        sent(admin, f"DELETE {part}/{made['id']}")
        sent(admin, f"DELETE {part}/{made['id']}", None, 404)
    assert [len(listed(admin, part)) for part in ("departments", "people", "cost-centres", "phone-book")] == [
        1,
        0,
        0,
        0,
    ]


def test_private_entries_are_for_administrators_and_tokens_that_may_change(admin: Client, viewer: Client) -> None:
    sent(admin, "POST phone-book", {"number": "+442079460135", "name": "Home", "private": True}, 201)
    sent(admin, "POST phone-book", {"number": "+442079460136", "name": "Acme"}, 201)
    reader = Client(headers={"Authorization": f"Bearer {token('read')}"})
    writer = Client(headers={"Authorization": f"Bearer {token('change')}"})

    for path in ("phone-book", "phone-book/export"):
        seen = [[each["name"] for each in listed(each, path)] for each in (admin, writer, viewer, reader)]
        assert seen == [["Home", "Acme"], ["Home", "Acme"], ["Acme"], ["Acme"]]
    sent(viewer, "POST phone-book", {"number": "+442079460137", "name": "Acme"}, 403)
    sent(viewer, "POST assignments/import", HEADING, 403)


def token(permission: str) -> str:
    return tokens.make(TOLLBOOK, tokens.AskedToken(name=f"to-{permission}", permission=permission, days=1))[1]


def test_a_file_is_looked_at_first_and_comes_out_as_it_went_in(admin: Client) -> None:
    text = f"{HEADING}\r\nextension,107,hts32,Anna,,Sales / North,4711,Acme,2026-01-01,\r\n"
    strict = admin.post("/api/directory/assignments/import?strict=true&apply=true", text, "text/csv").json()
    looked_at = admin.post("/api/directory/assignments/import", text, "text/csv").json()

    assert [(each["line"], each["column"]) for each in strict["faults"]] == [(2, "cost_centre")]
    assert (strict["applied"], looked_at["new"], listed(admin, "people")) == (False, 1, [])
    done = admin.post("/api/directory/assignments/import?apply=true", text, "text/csv").json()
    assert (done["applied"], done["departments"]) == (True, ["Sales", "Sales / North"])
    assert admin.get("/api/directory/assignments/export?format=csv").content.decode() == text

    book = "number,name,company,tags,private,unlisted\r\n+49891234*,,Acme,a; b,no,yes\r\n"
    assert admin.post("/api/directory/phone-book/import?apply=true&pbx=hts32", book, "text/csv").json()["new"] == 1
    assert "'+49891234*,,Acme,a; b,no,yes" in admin.get("/api/directory/phone-book/export?format=csv").content.decode()
    assert admin.post("/api/directory/phone-book/import?pbx=x", book, "text/csv").status_code == 404
    assert admin.post("/api/directory/phone-book/import?country=XX", book, "text/csv").status_code == 422


@pytest.mark.parametrize("day", [0, 20260501, True, "2026-02-30", "today", "05/01/2026", "", []])
def test_a_day_is_one_of_the_calendar_and_never_a_number(admin: Client, day: object) -> None:
    sent(admin, "POST assignments", {"value": "107", "person": "Anna Berg", "create": True}, 201)

    told = sent(admin, "POST moves", {"person": "Anna Berg", "on": day, "department": "Sales", "create": True}, 422)

    assert told["problems"][0]["what"] == "'on' must be a day such as 2026-03-01"
    assert listed(admin, "moves") == []


def test_a_day_may_be_written_as_in_files(admin: Client) -> None:
    made = sent(admin, "POST assignments", {"value": "107", "person": "Anna", "from": "1.5.2026", "create": True}, 201)
    assert made["from"] == "2026-05-01"


def test_names_have_the_joiners_of_their_script_and_no_sign_that_turns_text_round(admin: Client) -> None:
    joined = "\u0633\u0627\u0631\u0647\u200c\u0646\u0698\u0627\u062f"
    assert sent(admin, "POST people", {"name": joined}, 201)["name"] == joined
    sent(admin, "POST people", {"name": "\u202egnp.anna"}, 422)


def test_digits_that_a_spreadsheet_has_spoilt_are_no_extension(admin: Client) -> None:
    for spoilt in ("331.0", "1.0E+03", "1E+10"):
        told = sent(admin, "POST assignments", {"value": spoilt, "person": "Anna", "create": True}, 422)
        assert told["problems"][0]["what"] == "digits are missing"
    sent(admin, "POST assignments", {"value": "anna.berg", "person": "Anna", "create": True}, 201)
