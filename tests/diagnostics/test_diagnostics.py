"""What a person is told about a PBX they wrote down wrongly: one folder a fault, the words beside the settings.

TOLLBOOK_WRITE=1 python -m pytest tests/diagnostics      writes what is missing; read it before it is committed
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import msgspec
import pytest

from tollbook.dialects.known import Catalogue
from tollbook.model.fence import Fence
from tollbook.model.pbx import Pbx
from tollbook.site.pbxs.checks import PbxBounds, problems_of

FOLDERS = sorted(path.parent for path in Path(__file__).parent.glob("*/pbx.toml"))


def told(folder: Path) -> str:
    pbx = msgspec.convert(tomllib.loads((folder / "pbx.toml").read_text("utf-8")), Pbx)
    return "\n\n".join(map(str, problems_of(pbx, PbxBounds(Catalogue(), Fence(site="/srv/tollbook"))))) + "\n"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_fault_is_told_in_these_words(folder: Path) -> None:
    expected = folder / "expected.txt"
    if os.environ.get("TOLLBOOK_WRITE") and not expected.exists():
        expected.write_text(told(folder), "utf-8")

    assert told(folder) == expected.read_text("utf-8")


def test_every_folder_holds_a_fault() -> None:
    assert {path.name for path in Path(__file__).parent.iterdir() if path.is_dir()} - {"__pycache__"} == {
        folder.name for folder in FOLDERS
    }
