"""Files in a folder, as an operator or a share finds them."""

import gzip
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tollbook.simulator.faults import FaultKind, PbxFault
from tollbook.simulator.history import rows
from tollbook.simulator.office import Office
from tollbook.simulator.packing import Packing, pack
from tollbook.simulator.row import CallRow, Encoding, Style, write
from tollbook.simulator.running import Switchroom
from tollbook.simulator.streams import FORMS, StreamSetup
from tollbook.simulator.streams.folder import ConsoleSetup, Naming, WebConsole, Writing

AT = datetime(2025, 11, 3, 14, 0, tzinfo=UTC)
ROWS: list[CallRow] = list(rows(Office(), start=AT, end=AT + timedelta(hours=1), calls=30))
LINES = [write(row, Style()) for row in ROWS]


@pytest.mark.parametrize("writing", list(Writing))
def test_the_file_holds_all_rows_once_the_writing_is_done(
    tmp_path: Path, writing: Writing,
) -> None:  # fmt: skip
    console = WebConsole(ConsoleSetup(folder=tmp_path, writing=writing))
    console.add(ROWS[:7])
    console.add(ROWS[7:])
    console.finish()
    assert console.master.read_bytes() == b"".join(LINES)
    assert console.written == LINES


def test_a_torn_file_ends_in_half_a_row_until_more_comes(tmp_path: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=tmp_path, writing=Writing.TORN))
    console.add(ROWS[:2])
    torn = console.master.read_bytes()
    assert torn.startswith(LINES[0])
    assert len(LINES[0]) < len(torn) < len(LINES[0] + LINES[1])
    console.add(ROWS[2:4])
    assert console.master.read_bytes().startswith(b"".join(LINES[:3]))


def test_five_files_are_kept_and_the_oldest_goes(tmp_path: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=tmp_path))
    for n in range(7):
        console.add([ROWS[n]])
        console.rotate(AT)
    console.add([ROWS[7]])
    names = ["Master.csv"] + [f"Master.csv.{n}" for n in range(1, 5)]
    assert [path.name for path in console.files] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [path.read_bytes() for path in console.files] == LINES[7:2:-1]


def test_dated_files_carry_the_wall_time_of_the_rotation(tmp_path: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=tmp_path, naming=Naming.DATED, packing=Packing.ZIP))
    console.add(ROWS)
    assert console.rotate(AT).name == "Master-20251103-090000.csv.zip"


def test_what_a_pbx_sends_into_the_folder_can_break_off_and_comes_again_whole(tmp_path: Path) -> None:
    with Switchroom() as room:
        pbx = room.start(WebConsole(ConsoleSetup(folder=tmp_path)), StreamSetup(form=FORMS["lf"]))
        pbx.misbehave(PbxFault(kind=FaultKind.CUT, after_bytes=20, after=1))
        pbx.send(LINES[:3])
        pbx.wait_until_sent()
    assert pbx.carrier.master.read_bytes() == LINES[0] + LINES[1][:20] + LINES[1] + LINES[2]


def test_the_file_that_a_pbx_fills_is_rotated(tmp_path: Path) -> None:
    with Switchroom() as room:
        pbx = room.start(WebConsole(ConsoleSetup(folder=tmp_path, rotate_after=2)), StreamSetup(form=FORMS["lf"]))
        pbx.send(LINES[:5])
        pbx.wait_until_sent()
    assert [path.read_bytes() for path in pbx.carrier.files] == [LINES[4], LINES[2] + LINES[3], LINES[0] + LINES[1]]


def test_a_byte_order_mark_stands_at_the_head_of_every_file(tmp_path: Path) -> None:
    style = Style(encoding=Encoding.UTF8_BOM)
    console = WebConsole(ConsoleSetup(folder=tmp_path, style=style))
    console.add(ROWS[:1])
    console.rotate(AT)
    console.add(ROWS[1:2])
    mark = b"\xef\xbb\xbf"
    assert [path.read_bytes() for path in console.files] == [mark + LINES[1], mark + LINES[0]]


def test_a_zip_holds_master_csv(tmp_path: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=tmp_path, packing=Packing.ZIP))
    console.add(ROWS)
    with zipfile.ZipFile(console.download(AT)) as archive:
        assert archive.read("Master.csv") == b"".join(LINES)


def test_a_tar_gz_holds_master_csv(tmp_path: Path) -> None:
    console = WebConsole(ConsoleSetup(folder=tmp_path, packing=Packing.TAR_GZ))
    console.add(ROWS)
    path = console.download(AT)
    with tarfile.open(path) as archive:
        member = archive.extractfile("Master.csv")
        assert member is not None
        assert member.read() == b"".join(LINES)


def test_gzip_gives_the_same_bytes_for_the_same_input() -> None:
    first, again = (pack(Packing.GZIP, "Master.csv", b"rows", AT) for _ in range(2))
    assert first == again
    assert gzip.decompress(first) == b"rows"
