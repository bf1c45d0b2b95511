"""The API is as it describes itself: requests made from its description, good and broken ones, and a client of it."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx2
import openapi_python_client
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_python_client.config import Config, ConfigFile, MetaType
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.fakes.commands import Commands, Server, master_csv, serving

# What these leave behind would be the input of the next request, or would take its time.
_LEFT_OUT = "^/api/(rebuild|imports|pbxs/.*/(arrivals|test)|sinks/.*/(test|resend)|sink-test|journal)"
_REQUESTS = 15
PACKAGE = "made_client"
WITHOUT_SHAPE = ["GET /api/journal", "GET /api/pbxs/{name}/arrivals"]
"""Streams, which the generator of clients does not know: their functions give bytes."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("described")
    commands = Commands(folder / "site").made()
    commands.run("import", str(master_csv(folder / "Master.csv", 30)), "--pbx", "hts")
    with serving(commands.site) as running:
        yield running


def operations(server: Server) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {server.token}"}
    schema = schemathesis.openapi.from_url(f"{server.url}/api/openapi.json", headers=headers)
    results: Iterator[Any] = schema.exclude(path_regex=_LEFT_OUT).get_all_operations()
    found = [result.ok() for result in results]
    return {operation.label: operation for operation in found}


def asked(server: Server, operation: Any) -> list[int]:  # noqa: ANN401 - Schemathesis' own, of several kinds
    """Make requests to one operation; return the statuses of their answers, having checked that none is a fault."""
    answers: list[int] = []
    headers = {"Authorization": f"Bearer {server.token}", "Accept": "application/json"}

    @given(case=operation.as_strategy())
    @settings(max_examples=_REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:  # noqa: ANN401 - as above
        response = case.call(headers=headers)
        case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])
        answers.append(response.status_code)

    ask()
    return answers


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_request_that_the_api_describes_makes_it_fail(server: Server) -> None:
    found = {label: asked(server, operation) for label, operation in operations(server).items()}

    assert len(found) >= 25
    assert all(found.values())
    assert {status for statuses in found.values() for status in statuses} >= {200, 404, 422}


def made(server: Server, folder: Path) -> list[str]:
    """Make the client in a folder; return what the generator could not do."""
    headers = {"Authorization": f"Bearer {server.token}"}
    document = folder / "openapi.json"
    document.write_text(json.dumps(httpx2.get(f"{server.url}/api/openapi.json", headers=headers).json()))
    config = Config.from_sources(
        config_file=ConfigFile(post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=document,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / PACKAGE,
    )
    return [f"{each.header}" for each in openapi_python_client.generate(config=config)]


def part(name: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{name}")


def test_a_client_made_from_the_description_gives_typed_answers(
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lacking = made(server, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    models: Any = part("models")
    headers = {"Accept": "application/json"}
    client = part("client").AuthenticatedClient(base_url=server.url, token=server.token, headers=headers)

    def ask(function: str, **words: Any) -> Any:  # noqa: ANN401 - whatever the generator made
        return part(f"api.{function}").sync(client=client, **words)

    with client:
        [pbx] = ask("pbxs.list_pbxs")
        both = [models.Direction.INCOMING, models.Direction.OUTGOING]
        calls = ask("calls.list_calls", direction=both, limit=5, order=models.CallOrder.STARTED_AT_DESCENDING)
        names = ask("calls.list_calls", columns="caller,talk_s", limit=1)
        figures = ask("calls.figures_of_calls", by=models.FiguresBy.HOUR)
        refused = ask("pbxs.show_pbx", name="nobody")

    assert [name for name in lacking if not any(each in name for each in WITHOUT_SHAPE)] == []
    assert (type(pbx), pbx.name, pbx.removed) == (models.ShownPbx, "hts", False)
    assert [type(call) for call in calls] == [models.Call] * 5
    assert {call.direction for call in calls} <= set(both)
    assert [call.started_at for call in calls] == sorted((call.started_at for call in calls), reverse=True)
    assert (type(calls[0].id), type(calls[0].started_at), type(calls[0].talk_s)) == (UUID, datetime, int)
    assert [(type(each), type(each.talk_s)) for each in names] == [(models.CallInPart, int)]
    assert (type(figures[0].hour), sum(each.calls for each in figures)) == (int, 30)
    assert (type(refused), refused.problems[0].what) == (models.Problems, "no PBX is called 'nobody'")
