"""A PBX on a serial line: what it prints, the cable pulled out, and ports that cannot be had."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.records import some_lines, without_end
from tests.fakes.sites import a_stream, at_work, raw_calls, settle, until
from tollbook.engine.engine import Engine
from tollbook.model.health import Health, State
from tollbook.model.limits import CONNECTION_HELD
from tollbook.model.pbx import Pbx
from tollbook.model.problem import Misconfigured
from tollbook.plugins import read_options
from tollbook.simulator.faults import BreakOff, FaultKind, PbxFault
from tollbook.simulator.running import RunningStream, Switchroom
from tollbook.simulator.streams import FORMS, RESEND_ALL, LineForm, Parity, Pty, StreamSetup, TcpListener
from tollbook.sources.serial.finding import ports
from tollbook.sources.serial.line import PULLED_OUT, SERVER_CLOSED, SerialLine
from tollbook.sources.serial.line_settings import LineSettings
from tollbook.sources.serial.options import Options
from tollbook.sources.serial.port import MOST_READ, PortTransport, open_port

RECORDS = without_end(some_lines(60))
TIOCGEXCL = 0x80045440
XON, XOFF = b"\x11", b"\x13"
RESERVED = {"none": b"", "rts-cts": b"", "xon-xoff": XON + XOFF}


@pytest.fixture
def room() -> Iterator[Switchroom]:
    with Switchroom() as made:
        yield made


@pytest.fixture
def cable(tmp_path: Path) -> Pty:
    """A line with a name that stays, as those in /dev/serial/by-id do."""
    return Pty(tmp_path / "usb-adapter")


@contextmanager
def a_pty() -> Iterator[tuple[int, str]]:
    """Yield the PBX's end of a line, and the path of ours."""
    theirs, ours = os.openpty()
    tty.setraw(ours)
    try:
        yield theirs, os.ttyname(ours)
    finally:
        os.close(ours)
        os.close(theirs)


def on(device: str | Path, **settings: str) -> Pbx:
    return a_stream("serial", device=str(device), **settings)


def health(engine: Engine) -> Health:
    return engine.health()[0]


def taken(engine: Engine) -> list[bytes]:
    return raw_calls(engine.site.journal, engine.site.store)


def count(engine: Engine) -> int:
    return int(engine.site.store.rows("SELECT count(*) FROM call")[0][0])


def bodies(engine: Engine) -> list[tuple[str, str]]:
    return [(body.state, body.reason) for body in engine.site.journal.bodies("pbx = 'hts' ORDER BY id")]


# ---------------------------------------------------------------- what comes on the line


@pytest.mark.parametrize("form", ["crlf", "cr", "leading-nuls", "stx-etx"])
def test_what_a_pbx_prints_becomes_calls(form: str, room: Switchroom, cable: Pty, tmp_path: Path) -> None:
    pbx = room.start(cable, StreamSetup(form=FORMS[form]))
    with at_work(tmp_path / "site", on(cable.address)) as engine:
        until(lambda: health(engine).state is State.WORKING)
        assert health(engine).message == f"{cable.address} is connected and has sent nothing yet"
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)

        assert taken(engine) == RECORDS


def test_what_waits_in_the_port_before_it_is_opened_is_not_thrown_away(
    room: Switchroom,
    cable: Pty,
    tmp_path: Path,
) -> None:
    pbx = room.start(cable)
    pbx.send(RECORDS[:10])
    pbx.wait_until_sent(10)
    with at_work(tmp_path / "site", on(cable.address)) as engine:
        until(lambda: count(engine) == 10)

        assert taken(engine) == RECORDS[:10]


def test_an_adapter_pulled_out_and_plugged_in_again_loses_and_doubles_nothing(
    room: Switchroom,
    cable: Pty,
    tmp_path: Path,
) -> None:
    pbx = room.start(cable, StreamSetup(resend=RESEND_ALL))
    with at_work(tmp_path / "site", on(cable.address)) as engine:
        pbx.send(RECORDS[:30])
        until(lambda: count(engine) == 30)
        pbx.hang_up(BreakOff.RESET)
        until(lambda: health(engine).resets == 1)
        until(lambda: bodies(engine)[0] == ("cut", PULLED_OUT))
        pbx.send(RECORDS[30:])
        until(lambda: count(engine) == 60)
        settle(engine)

        assert taken(engine) == RECORDS


def test_a_line_hung_up_in_the_middle_of_a_record_is_said_and_its_half_is_kept(tmp_path: Path) -> None:

    theirs, ours = os.openpty()
    tty.setraw(ours)
    device = os.ttyname(ours)
    with at_work(tmp_path / "site", on(device)) as engine:
        until(lambda: health(engine).state is State.WORKING)
        os.write(theirs, RECORDS[0] + b"\r\n" + RECORDS[1][:40])
        until(lambda: health(engine).bytes_taken == len(RECORDS[0]) + 42)
        os.close(theirs)
        until(lambda: health(engine).state is State.NOT_REACHABLE)
        os.close(ours)
        settle(engine)

        assert health(engine).message == f"{device}: {PULLED_OUT}"
        assert taken(engine) == RECORDS[:1]
        assert engine.site.store.rows("SELECT raw FROM reject") == [(RECORDS[1][:40],)]


def test_text_under_a_wrong_parity_is_handed_on_as_it_is_and_named_in_the_health(
    room: Switchroom,
    cable: Pty,
    tmp_path: Path,
) -> None:
    pbx = room.start(cable, StreamSetup(form=LineForm(parity=Parity.EVEN)))
    with at_work(tmp_path / "site", on(cable.address)) as engine:
        pbx.send(RECORDS[:10])
        until(lambda: health(engine).noise)

        assert "parity or data bits are set wrongly" in health(engine).noise
        sent = b"".join(LineForm(parity=Parity.EVEN).frame(record) for record in RECORDS[:10])
        until(lambda: health(engine).bytes_taken == len(sent))
        assert b"".join(data for _, data in engine.export()) == sent


def test_a_silent_line_is_opened_anew_only_where_that_is_set(room: Switchroom, cable: Pty, tmp_path: Path) -> None:
    pbx = room.start(cable)
    with at_work(tmp_path / "site", on(cable.address, idle="1s")) as engine:
        pbx.send(RECORDS[:3])
        until(lambda: health(engine).resets == 1)
        pbx.send(RECORDS[3:6])
        until(lambda: count(engine) == 6)

        assert bodies(engine)[0] == ("cut", "nothing came for 1 s")
        assert taken(engine) == RECORDS[:6]


# ---------------------------------------------------------------- a device server


def test_a_raw_device_server_is_listened_to_and_its_end_is_a_line_hung_up(room: Switchroom, tmp_path: Path) -> None:
    pbx: RunningStream[TcpListener] = room.start(TcpListener())
    device = f"tcp://127.0.0.1:{pbx.carrier.port}"
    with at_work(tmp_path / "site", on(device)) as engine:
        pbx.send(RECORDS)
        until(lambda: count(engine) == 60)
        pbx.misbehave(PbxFault(kind=FaultKind.REFUSE))
        pbx.hang_up()
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert taken(engine) == RECORDS
        assert bodies(engine) == [("cut", SERVER_CLOSED)]
        assert health(engine).resets == 1


def test_a_device_server_that_is_down_is_named(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", on("tcp://127.0.0.1:1")) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert health(engine).message == "cannot connect to the device server 127.0.0.1, port 1: connection refused"


# ---------------------------------------------------------------- ports that cannot be had


def test_a_port_that_is_not_there_is_said_with_those_that_are(tmp_path: Path) -> None:
    with at_work(tmp_path / "site", on(tmp_path / "ttyUSB7")) as engine:
        until(lambda: health(engine).state is State.NOT_REACHABLE)

        assert health(engine).message.startswith(
            f"{tmp_path}/ttyUSB7 is not there: is the cable or the adapter plugged",
        )
        assert "this machine has " in health(engine).message


def test_a_port_that_another_has_is_said_with_who_has_it(tmp_path: Path) -> None:
    with a_pty() as (_, device), Path(device).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with at_work(tmp_path / "site", on(device)) as engine:
            until(lambda: health(engine).state is State.NOT_REACHABLE)

            assert health(engine).message.startswith(f"{device} is in use by ")
            assert f"({os.getpid()})" in health(engine).message


def test_while_we_have_a_port_nobody_else_may_open_it_and_afterwards_everybody_may() -> None:
    with a_pty() as (_, device), Path(device).open("rb") as other:
        port = open_port(device, LineSettings())
        during = fcntl.ioctl(other, TIOCGEXCL, bytes(4))
        with pytest.raises(BlockingIOError):
            open_port(device, LineSettings())
        port.close()
        afterwards = fcntl.ioctl(other, TIOCGEXCL, bytes(4))

    assert (any(during), any(afterwards)) == (True, False)


AS_SOMEBODY_ELSE = """
import grp, os, pwd, sys
from tollbook.sources.serial.finding import explained
from tollbook.sources.serial.line_settings import LineSettings
from tollbook.sources.serial.port import open_port
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    open_port(sys.argv[1], LineSettings())
except OSError as fault:
    found = explained(sys.argv[1], LineSettings(), fault)
    print(found.permanent, found)
"""


@pytest.mark.parametrize(
    ("mode", "group", "told"),
    [
        (0o060, "dialout", "it belongs to group dialout: run 'sudo usermod -aG dialout "),
        (0o000, "dialout", "only its owner may use it: have a udev rule give it to group dialout"),
        (0o060, "root", "only its owner may use it: have a udev rule give it to group dialout"),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a line to a group")
def test_a_port_that_may_not_be_opened_is_said_with_the_group_that_may(mode: int, group: str, told: str) -> None:
    with a_pty() as (_, device):
        shutil.chown(device, "root", group)
        Path(device).chmod(mode)
        ran = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY_ELSE, device],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )

    assert ran.stdout.startswith(f"True no permission to open {device}; {told}")


def test_what_is_no_serial_port_is_said_and_not_tried_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "records.txt").touch()
    with at_work(tmp_path / "site", on(tmp_path / "records.txt")) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert "records.txt is no serial port" in health(engine).message


def test_a_port_that_does_not_do_what_is_set_is_said_with_the_options(tmp_path: Path) -> None:
    """A pseudo-terminal knows neither seven bits nor parity, and leaves them out without a word."""
    with a_pty() as (_, device), at_work(tmp_path / "site", on(device, data_bits="7", parity="even")) as engine:
        until(lambda: health(engine).state is State.NEEDS_ATTENTION)

        assert health(engine).message == (
            f"{device} cannot do 9600 bits a second, 7E1: set 'data-bits', 'parity' to what the port can do, "
            "or use another port"
        )


def test_ports_are_listed_by_names_that_stay_and_those_without_hardware_are_left_out(tmp_path: Path) -> None:
    for name, kind in {"ttyUSB0": None, "ttyS0": "4", "ttyS1": "0"}.items():
        (tmp_path / "sys/class/tty" / name / "device/driver").mkdir(parents=True)
        (tmp_path / "sys/class/tty" / name / "type").write_text(kind or "4")
    (tmp_path / "sys/class/tty/tty1").mkdir()
    (tmp_path / "dev/serial/by-id").mkdir(parents=True)
    (tmp_path / "dev/ttyUSB0").touch()
    (tmp_path / "dev/serial/by-id/usb-adapter").symlink_to("../../ttyUSB0")

    assert ports(tmp_path) == [f"{tmp_path}/dev/serial/by-id/usb-adapter", f"{tmp_path}/dev/ttyS0"]


# ---------------------------------------------------------------- how is spoken on the line


@pytest.mark.parametrize("speed", ["300", "9600", "115200", "921600"])
@pytest.mark.parametrize("flow", ["none", "rts-cts", "xon-xoff"])
def test_a_port_is_set_as_asked_and_hands_on_every_byte_as_it_comes(speed: str, flow: str) -> None:
    every_byte = bytes(set(range(256)) - set(RESERVED[flow]))
    with a_pty() as (theirs, device):
        port = open_port(device, LineSettings(speed=speed, stop_bits="2", flow=flow))
        done = termios.tcgetattr(port.descriptor)
        os.set_blocking(port.descriptor, True)
        os.write(theirs, every_byte)
        came = os.read(port.descriptor, 512)
        port.close()

    assert done[4] == done[5] == getattr(termios, f"B{speed}")
    assert done[2] & termios.CSTOPB
    assert not done[2] & termios.HUPCL
    assert bool(done[2] & termios.CRTSCTS) == (flow == "rts-cts")
    assert bool(done[0] & termios.IXOFF) == (flow == "xon-xoff")
    assert came == every_byte


@pytest.mark.parametrize(
    ("parity", "bits"),
    [("none", 0), ("even", 0o400), ("odd", 0o1400), ("mark", 0o10000001400), ("space", 0o10000000400)],
)
def test_every_parity_has_its_flags(parity: str, bits: int) -> None:
    assert LineSettings(parity=parity).flags[1] & 0o10000001400 == bits


def test_the_carrier_is_watched_only_where_that_is_set() -> None:
    assert LineSettings().flags[1] & termios.CLOCAL
    assert not LineSettings(watches_carrier=True).flags[1] & termios.CLOCAL


def test_a_peer_that_can_be_told_to_wait_waits_while_nobody_listens() -> None:
    with a_pty() as (theirs, device):
        port = open_port(device, LineSettings(flow="xon-xoff"))
        opened = os.read(theirs, 10)
        port.close()
        closed = os.read(theirs, 10)

    assert (opened, closed) == (XON, XOFF)


def test_a_peer_that_is_faster_than_the_disk_is_made_to_wait_and_nothing_is_lost() -> None:
    sent = b"".join(b"%09d\n" % number for number in range(3 * CONNECTION_HELD // 10))

    async def run() -> tuple[int, bytes]:
        loop, news = asyncio.get_running_loop(), asyncio.Event()
        with a_pty() as (theirs, device):
            line = SerialLine(device, news.set, PULLED_OUT)
            transport = PortTransport(open_port(device, LineSettings()), line)
            writing = loop.run_in_executor(None, _write, theirs, sent)
            came, most = b"", 0
            while len(came) < len(sent):
                await asyncio.wait_for(news.wait(), 20)
                news.clear()
                if line.held >= min(CONNECTION_HELD, len(sent) - len(came)):
                    most, data = max(most, line.held), line.take()
                    came += data
                    line.committed(data)
            await writing
            transport.close()
        return most, came

    most, came = asyncio.run(run())

    assert came == sent
    assert CONNECTION_HELD <= most < CONNECTION_HELD + MOST_READ


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    "device",
    ["ttyUSB0", "tcp://192.0.2.10", "tcp://:4001", "tcp://192.0.2.10:4001/x", "tcp://me@192.0.2.10:1"],
)
def test_a_device_that_cannot_be_one_is_refused_at_once(device: str) -> None:
    with pytest.raises(Misconfigured, match="'device' must be"):
        read_options(Options, {"device": device}, "here")


def test_a_speed_that_no_line_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(Misconfigured, match="'speed' must be one of 300, 600"):
        read_options(Options, {"device": "/dev/ttyS0", "speed": "9601"}, "here")
