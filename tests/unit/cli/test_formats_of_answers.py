"""A command offers a format only where it writes it: what is no list is a text or JSON, never CSV."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tollbook.cli import app


@pytest.mark.parametrize(
    "command",
    [
        "rate try office.toml --to 442079460135 --at 2026-01-05T17:59:30 --seconds 60",
        "tariff convert list.csv",
        "tariff add office office.toml",
        "explain 00000000-0000-0000-0000-000000000000",
        "plan propose hts32",
        "erlang --traffic 4 --lines 8",
    ],
)
def test_what_is_no_list_is_not_offered_as_csv(command: str) -> None:
    answer = CliRunner().invoke(app, [*command.split(), "--format", "csv"])
    assert answer.exit_code == 2
    assert "'csv' is not one of 'text', 'json'" in answer.stderr
