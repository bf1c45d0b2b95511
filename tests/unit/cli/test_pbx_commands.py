from pathlib import Path

import pytest

from tollbook.cli.pbx_commands import read_settings
from tollbook.model.problem import Misconfigured
from tollbook.sources import known


def test_settings_are_read_as_pairs_and_may_hold_equals_signs() -> None:
    assert read_settings(["url=http://pbx.example/cdr?a=b", "interval=30s"]) == {
        "url": "http://pbx.example/cdr?a=b",
        "interval": "30s",
    }


def test_a_file_is_meant_from_here_wherever_the_server_was_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    given = ["path=calls", "move-to=done", "names=*.csv"]

    assert read_settings(given, known.options_of("folder")) == {
        "path": str(tmp_path / "calls"),
        "move-to": str(tmp_path / "done"),
        "names": "*.csv",
    }


def test_a_file_under_the_former_name_of_its_option_is_meant_from_here_too(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    assert read_settings(["key=own.pem"], known.options_of("syslog")) == {"key": str(tmp_path / "own.pem")}


def test_a_folder_of_a_server_is_meant_from_where_the_server_lets_us_in() -> None:
    given = ["path=cdr", "move-to=done"]

    assert read_settings(given, known.options_of("sftp")) == {"path": "cdr", "move-to": "done"}


def test_a_setting_without_a_name_is_refused_without_repeating_it() -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_settings(["hunter2"])

    assert "hunter2" not in str(refusal.value)
