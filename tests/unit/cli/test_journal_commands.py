from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tollbook.cli.journal_commands import write_files
from tollbook.model.problem import Misconfigured


def pieces(*named: tuple[str, bytes]) -> Iterator[dict[str, Any]]:
    return iter([{"file": name, "data": b64encode(data).decode()} for name, data in named])


def test_pieces_of_several_files_find_their_way(tmp_path: Path) -> None:
    days = [f"2026-01-{day:02}" for day in range(1, 29)] + [f"2026-02-{day:02}" for day in range(1, 29)]
    first = [(f"hts/{day}.txt", b"one\n") for day in days]
    second = [(f"hts/{day}.txt", b"two\n") for day in days]

    written = write_files(tmp_path, pieces(*first, *second))

    assert written == (56, 56 * 8)
    assert {path.read_bytes() for path in (tmp_path / "hts").iterdir()} == {b"one\ntwo\n"}


@pytest.mark.parametrize(
    "name",
    ["../2026-01-01.txt", "hts/../../x.txt", "/etc/passwd", "hts/2026-01-01.txt/x", "hts", ""],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(Misconfigured, match="will not write"):
        write_files(tmp_path / "out", pieces((name, b"x")))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/hts").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Misconfigured, match="will not write"):
        write_files(tmp_path / "out", pieces(("hts/2026-01-01.txt", b"x")))

    assert list((tmp_path / "elsewhere").iterdir()) == []
