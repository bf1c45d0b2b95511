"""The unit by which systemd runs a site has the rights that its settings need, and no others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tollbook.cli.service_commands import needs_of
from tollbook.cli.systemd_unit import Service, ServiceNeeds, unit_of, winsw_of
from tollbook.model.backup import BackupPlan
from tollbook.model.pbx import Pbx
from tollbook.model.sink import Sink

GUIDE = Path(__file__).parents[3] / "src/tollbook/manual/guide/running-as-a-service.md"
PROGRAM = Path("/opt/tollbook/.venv/bin/tollbook")
SITE = Path("/var/lib/tollbook")
HOME = str(Path("/home") / "calls")
TEMPORARY = Path("/var") / "tmp"


def a_pbx(source: str, **settings: str) -> Pbx:
    return Pbx(name="main", dialect="panasonic-kx-tda", source=source, timezone="UTC", settings=settings)


def unit(*pbxs: Pbx, sinks: list[Sink] | None = None, plan: BackupPlan | None = None, site: Path = SITE) -> set[str]:
    return set(unit_of(Service(program=PROGRAM, site=site, needs=needs_of(list(pbxs), sinks or [], plan))).splitlines())


def test_the_unit_of_a_site_that_needs_nothing_is_the_one_in_the_guide() -> None:
    shown = re.search(r"```ini\n(.*?)```", GUIDE.read_text(), re.DOTALL)

    assert shown
    assert unit_of(Service(program=PROGRAM, site=SITE)) == shown[1]


def test_a_serial_line_opens_the_ports_of_its_class_and_no_other_device() -> None:
    lines = unit(a_pbx("serial", device="/dev/ttyUSB3"))

    assert {"DevicePolicy=closed", "DeviceAllow=char-ttyUSB rw", "SupplementaryGroups=dialout"} <= lines
    assert "# /dev/ttyUSB3: PBX main" in lines
    assert "PrivateDevices=yes" not in lines


def test_a_serial_device_server_on_the_network_needs_no_device() -> None:
    assert "PrivateDevices=yes" in unit(a_pbx("serial", device="tcp://192.0.2.9:4001"))


def test_what_is_written_to_is_named_with_who_writes_there() -> None:
    sinks = [
        Sink(name="lake", kind="file", settings={"path": "/srv/my lake"}),
        Sink(name="db", kind="sql", settings={"url": "sqlite:////srv/db/calls.sqlite"}),
    ]
    lines = unit(
        a_pbx("folder", path="/srv/pbx", after="delete"),
        sinks=sinks,
        plan=BackupPlan(folder="/backup"),
    )

    written = {line for line in lines if line.startswith("ReadWritePaths=")}
    assert written == {f"ReadWritePaths={path}" for path in ('"-/srv/my lake"', "-/srv/db", "-/srv/pbx", "-/backup")}
    assert {"# sink lake", "# sink db", "# PBX main", "# backups"} <= lines


def test_a_folder_that_is_only_read_is_not_written_to() -> None:
    assert not any("ReadWritePaths" in line for line in unit(a_pbx("folder", path="/srv/pbx")))


@pytest.mark.parametrize(("listen", "wanted"), [("0.0.0.0:514", True), ("[::]:80", True), ("0.0.0.0:2300", False)])
def test_only_a_port_below_1024_needs_a_capability(listen: str, *, wanted: bool) -> None:
    assert ("AmbientCapabilities=CAP_NET_BIND_SERVICE" in unit(a_pbx("syslog", listen=listen))) is wanted


def test_a_folder_at_home_or_in_tmp_is_not_hidden() -> None:
    lines = unit(a_pbx("folder", path=f"{HOME}/in"), site=TEMPORARY / "site")

    assert {"ProtectHome=read-only", "PrivateTmp=no", f"ReadWritePaths={TEMPORARY}/site"} <= lines


def test_what_systemd_would_read_otherwise_is_quoted() -> None:
    service = Service(program=PROGRAM, site=Path('/srv/50% of "$HOME"'), options=("--listen", "[::1]:80"))

    line = next(line for line in unit_of(service).splitlines() if line.startswith("ExecStart="))
    assert line == f'ExecStart={PROGRAM} --site "/srv/50%% of \\"$$HOME\\"" serve --listen "[::1]:80"'


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_a_unit_that_has_everything(tmp_path: Path) -> None:
    needs = ServiceNeeds(
        devices={"/dev/ttyUSB0": "PBX a", "/dev/serial/by-id/usb-x": "PBX b"},
        written={"/srv/my lake": "sink c", "/srv/50%": "sink d"},
        used={HOME: "PBX e"},
        ports={514: "PBX f"},
    )
    service = Service(program=Path(sys.executable), site=tmp_path, user="root", options=("--listen", ":1"), needs=needs)
    (tmp_path / "tollbook.service").write_text(unit_of(service))

    command: list[str | Path] = ["systemd-analyze", "verify", "--man=no", tmp_path / "tollbook.service"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "tollbook.service" not in ran.stdout + ran.stderr
    assert ran.returncode == 0, ran.stderr


def test_the_file_for_winsw_is_xml_with_the_program_and_its_words() -> None:
    service = Service(program=Path(r"C:\Tollbook & Co\tollbook.exe"), site=Path(r"C:\Program Data\site"))

    found = ET.fromstring(winsw_of(service))  # noqa: S314 - our own text

    assert found.findtext("executable") == r"C:\Tollbook & Co\tollbook.exe"
    assert found.findtext("arguments") == r'--site "C:\Program Data\site" serve'
