"""The command line beside a running server: the same commands, the same answers."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.commands import PATIENCE_S, Commands, Server, environment, master_csv, serving
from tests.fakes.sites import until
from tollbook.cli import address

CALLS = 200


class Site(Commands):
    """A site with its server."""

    def __init__(self, site: Path, server: Server) -> None:
        super().__init__(site)
        self.server = server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that is being served, with two hundred calls."""
    folder = tmp_path_factory.mktemp("served")
    commands = Commands(folder / "site").made()
    with serving(commands.site) as server:
        imported = commands.run("import", str(master_csv(folder / "Master.csv", CALLS)), "--pbx", "hts")
        assert imported.code == 0, imported.err
        yield Site(commands.site, server)


def test_a_command_asks_the_server_that_holds_the_site(served: Site) -> None:
    outcome = served.run("status", "--format", "json")

    assert outcome.json()["server"] is True
    assert [(pbx["pbx"], pbx["calls"]) for pbx in outcome.json()["pbxs"]] == [("hts", CALLS)]


def test_calls_come_in_every_format(served: Site) -> None:
    table, as_json, as_csv = (
        served.run("calls", "--limit", "0", "--format", form) for form in ("table", "json", "csv")
    )

    assert len(table.out.splitlines()) == CALLS + 1
    assert len(as_json.json()) == CALLS
    assert len(as_csv.out.splitlines()) == CALLS + 1


def test_faults_read_the_same_as_without_a_server(served: Site) -> None:
    outcome = served.run("calls", "--direction", "sideways")

    assert outcome.code == 2
    assert outcome.err.startswith("error: 'direction' must be one of incoming, outgoing, internal, transit")


def test_what_a_server_takes_from_a_folder_is_listed(served: Site, tmp_path: Path) -> None:
    watched = served.site.parent / "watched"
    made = master_csv(tmp_path / "Master.csv", 15, seed=7)
    (watched / "Master.csv.part").write_bytes(made.read_bytes())
    (watched / "Master.csv.part").rename(watched / "Master.csv")

    tested = served.run("pbx", "test", "hts")

    assert tested.code == 0, tested.out + tested.err


def test_the_file_with_the_token_is_its_owners_alone(served: Site) -> None:
    modes = {name: (served.site / name).stat().st_mode & 0o777 for name in ("server.json", "api-token")}

    assert modes == {"server.json": 0o600, "api-token": 0o600}


def test_a_second_server_is_refused_and_told_who_has_the_site(served: Site) -> None:
    outcome = served.run("serve", "--listen", "127.0.0.1:0")

    assert outcome.code == 3
    assert "in use by serve (process " in outcome.err


def test_a_port_in_use_is_said_to_be(served: Site, tmp_path: Path) -> None:
    outcome = Commands(tmp_path / "site").run("serve", "--listen", served.server.url.removeprefix("http://"))

    assert outcome.code == 2
    assert outcome.err.startswith("error: cannot listen on ")
    assert not (tmp_path / "site").exists()


def test_an_address_of_another_machine_is_said_to_be_one(tmp_path: Path) -> None:
    outcome = Commands(tmp_path / "site").run("serve", "--listen", "192.0.2.5:8470")

    assert outcome.code == 2
    assert "that is no address of this machine" in outcome.err


def test_a_server_that_is_told_to_stop_leaves_in_order(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()

    with serving(commands.site) as server:
        server.process.terminate()
        code = server.process.wait()

    assert code == 0
    assert address.read(commands.site) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_told_to_stop_while_it_starts_leaves_in_order(tmp_path: Path, number: int) -> None:
    commands = Commands(tmp_path / "site").made()
    command = [sys.executable, "-c", "from tollbook.cli import main; main()", "--site", str(commands.site), "serve"]

    with subprocess.Popen([*command, "--listen", "127.0.0.1:0"], env=environment()) as process:
        until((commands.site / "site.holder").exists)
        process.send_signal(number)
        code = process.wait(PATIENCE_S)

    assert code == 0
    assert not (commands.site / "site.holder").exists()


def test_commands_go_on_by_themselves_after_a_server_was_killed(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "site").made()
    with serving(commands.site) as server:
        server.process.kill()

    outcome = commands.run("pbx", "list", "--format", "json")

    assert (commands.site / "server.json").exists()
    assert [pbx["name"] for pbx in outcome.json()] == ["hts"]
