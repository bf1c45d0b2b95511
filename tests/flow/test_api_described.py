"""The API is as it describes itself: requests made from its own description, good ones and broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from tests.fakes.commands import Commands, Server, master_csv, serving

# What these leave behind would be the input of the next request, or would take its time.
_LEFT_OUT = "^/api/(rebuild|imports|pbxs/.*/(arrivals|test)|sinks/.*/(test|resend)|journal)"
_REQUESTS = 15


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
    headers = {"Authorization": f"Bearer {server.token}"}

    @given(case=operation.as_strategy())
    @settings(max_examples=_REQUESTS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:  # noqa: ANN401 - as above
        response = case.call(headers=headers)
        case.validate_response(response, checks=[not_a_server_error])
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
