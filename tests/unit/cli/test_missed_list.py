"""`missed list` says that nobody is waiting only where the list knows all that has come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from typer.testing import CliRunner

from tollbook.cli import app, client
from tollbook.cli.client import Client


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        ("", "nobody is waiting\n"),
        ("Records of 2 h are being read.", "not complete yet: Records of 2 h are being read.\n"),
    ],
)
def test_nobody_is_waiting_is_said_of_a_whole_list_alone(
    behind: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(request: httpx2.Request) -> httpx2.Response:
        is_state = request.url.path.endswith("/state")
        return httpx2.Response(200, json={"behind": behind}) if is_state else httpx2.Response(200, content=b"")

    @contextmanager
    def connected(*_: object) -> Iterator[Client]:
        with httpx2.Client(transport=httpx2.MockTransport(answered), base_url="http://tollbook") as http:
            yield Client(http, in_process=False)

    monkeypatch.setattr(client, "connect", connected)

    assert CliRunner().invoke(app, ["--site", "here", "missed", "list"]).stderr == said
