"""The page about prices: each call that it tries costs what it says, figure by figure."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.flow.test_guide import GUIDE, blocks_of
from tollbook.cli import app

TRIED = re.compile(r"tollbook (rate try office\.toml .*?)( \| head .*)?")


def test_each_price_of_the_page_is_what_the_command_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tried = []
    for block in blocks_of(GUIDE / "prices.md"):
        if block.language in {"toml", "csv"}:
            with Path(block.said).open("a") as file:
                file.write(block.text)
            continue
        for command, shown in block.commands():
            if words := TRIED.fullmatch(command):
                printed = CliRunner().invoke(app, shlex.split(words[1])).stdout
                assert printed.startswith(shown) if words[2] else printed == shown
                tried.append(command)

    assert len(tried) >= 8
