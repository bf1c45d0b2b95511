"""Whatever the API refuses it tells as problems; figures are asked of it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.fakes.sites import import_file
from tests.unit.web.conftest import row
from tollbook.engine.engine import Engine


@pytest.mark.parametrize(
    ("request_line", "status", "told"),
    [
        ("get /api/no/such/thing", 404, "there is nothing at /api/no/such/thing"),
        ("delete /api/calls", 405, "DELETE is not known at /api/calls"),
        ("get /api/pbxs/none", 404, "none"),
        ("get /api/calls?colour=red", 422, "colour"),
    ],
)
def test_a_refusal_is_json(admin: Client, request_line: str, status: int, told: str) -> None:
    method, path = request_line.split()
    response = getattr(admin, method)(path)

    assert (response.status_code, response["Content-Type"]) == (status, "application/json")
    assert told in response.json()["problems"][0]["what"]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ('{"name": ', 400, ["the body cannot be read as JSON"]),
        ("", 422, ["'body' is missing"]),
        ("[1]", 422, ["'body' cannot be used"]),
        ('{"name": 5, "dialect": "x"}', 422, ["'name' cannot be used", "'source' is missing"]),
        (" " * 3_000_000, 413, ["the body is too large"]),
    ],
    ids=["no JSON", "nothing", "a list", "wrong types", "too much"],
)
def test_a_body_that_cannot_be_used_is_told_by_its_own_names(
    admin: Client,
    body: str,
    status: int,
    told: list[str],
) -> None:
    response = admin.post("/api/pbxs", body, content_type="application/json")

    problems = response.json()["problems"]
    assert (response.status_code, [problem["what"] for problem in problems]) == (status, told)
    assert {problem["where"] for problem in problems} <= {"body", "body.name", "body.source"}


def test_a_method_that_is_not_known_is_told_with_those_that_are(admin: Client) -> None:
    assert "GET" in admin.delete("/api/calls")["Allow"]


def test_a_wrong_token_is_told_from_none(visitor: Client) -> None:
    wrong = visitor.get("/api/lag", headers={"Authorization": "Bearer wrong"}).json()["problems"][0]
    none = visitor.get("/api/lag").json()["problems"][0]

    assert (wrong["what"], none["what"]) == ("the token is not accepted", "not signed in")


def test_figures_are_told_by_what_is_asked(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101", "5550100") + row("101", "5550101") + row("102", "5550102"))

    def told(query: str) -> list[dict[str, object]]:
        return list(admin.get(f"/api/calls/figures?format=json&{query}").json())

    assert [(each["extension"], each["calls"]) for each in told("by=extension")] == [("101", 2), ("102", 1)]
    assert sum(int(str(each["calls"])) for each in told("by=hour&extension=101")) == 2
    assert set(told("by=direction")[0]) == {"direction", "calls", "answered", "missed", "talk_s", "ring_s"}
    wrong = admin.get("/api/calls/figures?by=extensoin")
    assert (wrong.status_code, "did you mean 'extension'" in wrong.content.decode()) == (422, True)
