"""The API's description names the shape of every answer, and its lists come in the format that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fakes.sites import import_file
from tests.unit.web.conftest import incoming, row
from tollbook.engine.engine import Engine

REFUSALS = {"400", "401", "403", "404", "422", "503"}


@pytest.fixture
def described(admin: Client) -> dict[str, Any]:
    found: dict[str, Any] = admin.get("/api/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    return (
        (f"{method} {path}", operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )


def objects(schema: object) -> Iterator[dict[str, Any]]:
    """Every object within a schema that says so."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        yield from (found for each in schema.values() for found in objects(each))
    if isinstance(schema, list):
        yield from (found for each in schema for found in objects(each))


def is_told(schema: object) -> bool:
    """Whether anything at all is said, and nothing is an object of which nothing is said."""
    return bool(schema) and all(each.get("properties") or each.get("additionalProperties") for each in objects(schema))


def test_every_operation_names_the_shape_of_each_answer(described: dict[str, Any]) -> None:
    untold = [
        (label, status, kind)
        for label, operation in operations(described)
        for status, answer in operation["responses"].items()
        for kind, content in (answer.get("content") or {"no content": {}}).items()
        if not is_told(content.get("schema"))
    ]
    statuses = {label: set(operation["responses"]) for label, operation in operations(described)}
    bare = [name for name, schema in described["components"]["schemas"].items() if not is_told(schema)]

    assert (untold, bare) == ([], [])
    assert [label for label, said in statuses.items() if not said > REFUSALS] == []
    assert "413" in statuses["post /api/pbxs"] - statuses["get /api/pbxs"]


def test_every_operation_has_a_name_of_its_own(described: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(described)]

    assert len(set(names)) == len(names)
    assert {"list_pbxs", "add_sink", "figures_of_calls"} <= set(names)


@pytest.mark.parametrize(
    "path",
    ["calls", "calls/page", "calls/count", "calls/figures", "imports", "rejects", "journal"],
)
def test_no_list_is_of_a_pbx_that_there_is_not(admin: Client, pbx: str, path: str) -> None:
    answer = admin.get(f"/api/{path}", {"pbx": f"{pbx},nobody"})

    assert (answer.status_code, "nobody" in answer.json()["problems"][0]["what"]) == (404, True)


@pytest.mark.parametrize("request_line", ["get /api/pbxs/hts32", "post /api/rebuild", "post /api/sinks/none/test"])
def test_no_operation_takes_a_word_that_it_does_not_describe(admin: Client, request_line: str) -> None:
    method, path = request_line.split()
    answer = getattr(admin, method)(f"{path}?colour=red")

    assert (answer.status_code, answer.json()["problems"][0]["what"]) == (422, "nothing can be asked by 'colour'")


@pytest.mark.parametrize(
    ("accept", "query", "kind"),
    [
        ("*/*", "", "application/x-ndjson"),
        ("application/json", "", "application/json"),
        ("text/csv", "", "text/csv; charset=utf-8"),
        ("text/html,*/*;q=0.8", "", "application/x-ndjson"),
        ("application/json", "?format=csv", "text/csv; charset=utf-8"),
    ],
)
def test_a_list_comes_as_it_is_asked_for(admin: Client, accept: str, query: str, kind: str) -> None:
    assert admin.get(f"/api/pbxs{query}", headers={"Accept": accept})["Content-Type"] == kind


def test_a_word_said_twice_means_both(admin: Client, engine: Engine, pbx: str) -> None:
    import_file(engine, pbx, row("101") + row("102") + incoming("5550101", "103"))

    def counted(query: str) -> int:
        return int(admin.get(f"/api/calls/count?{query}").json()["calls"])

    assert counted("extension=101&extension=102") == counted("extension=101,102") == 2
    assert admin.get("/api/calls/count?from=2026-01-01&from=2026-01-02").status_code == 422


def test_settings_stand_in_one_cell_of_a_table(admin: Client, pbx: str) -> None:
    lines = admin.get("/api/pbxs?format=csv").content.decode().splitlines()

    assert lines[0] == "name,dialect,source,clears,stream,timezone,paused,removed,settings,secrets"
    assert lines[1].startswith(f"{pbx},panasonic-kx-hts,folder,")
    assert ",path=/" in lines[1]
    assert admin.get("/api/pbxs?format=xlsx").content[:2] == b"PK"
