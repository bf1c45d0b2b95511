from pathlib import Path

import pytest

from tollbook.cli.pbx_commands import read_settings
from tollbook.model.problem import Misconfigured


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

    assert read_settings(["password-file=word"]) == {"password-file": str(tmp_path / "word")}


def test_a_setting_without_a_name_is_refused_without_repeating_it() -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_settings(["hunter2"])

    assert "hunter2" not in str(refusal.value)
