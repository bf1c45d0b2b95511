"""The demo's PBXs: those there are, and that the one that streams asks for a log-in and then sends calls."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tollbook.cli import demo_pbxs
from tollbook.cli.demo_pbxs import DemoPbxs
from tollbook.numbering.proposing import Dialled, judge
from tollbook.simulator.formats import find
from tollbook.simulator.office import CALLERS, DIALLED

FORMATS = Path(__file__).parents[2] / "fakes" / "formats"


def names(pbxs: DemoPbxs) -> list[object]:
    return [pbx["name"] for pbx in pbxs.wanted()]


def test_without_its_format_the_pbx_that_streams_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_pbxs, "_stream_format", lambda: None)

    with DemoPbxs(tmp_path) as pbxs:
        assert names(pbxs) == ["hts32", "hts824"]


def test_the_pbx_that_streams_asks_for_a_log_in_and_sends_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(demo_pbxs, "_stream_format", lambda: find("example-100", FORMATS))

    with DemoPbxs(tmp_path) as pbxs:
        assert names(pbxs) == ["hts32", "hts824", "ncp500"]
        settings = pbxs.wanted()[-1]["settings"]
        assert isinstance(settings, dict)
        with socket.create_connection((settings["host"], int(settings["port"])), 20) as connection:
            connection.sendall(b"SMDR\r" + settings["password"].encode() + b"\r")
            connection.settimeout(20)
            taken = b"".join(iter(connection.makefile("rb").readline, b"-" * 33 + b"\r\n"))
    assert taken.endswith(b"\x0c  Date   Time     Ext   CO Dialled\r\n")
    assert settings["login"] == "panasonic"


def test_the_plan_of_the_demo_explains_every_number_of_its_office() -> None:
    numbers = [(text, False) for text in DIALLED] + [(text, True) for text in CALLERS]

    judged = judge([Dialled(text, calling, "", 1) for text, calling in numbers], {"": demo_pbxs.PLAN})

    assert (judged.explained, judged.unexplained) == (1, [])
