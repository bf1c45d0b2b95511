"""`tollbook.toml`: what it says, and what is told where it is wrong."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from tollbook.engine.fence_file import SAMPLE, read_fence, read_settings, read_store
from tollbook.model.fence import FILE, Fence
from tollbook.model.problem import Misconfigured


def told(site: Path, text: str) -> str:
    (site / "tollbook.toml").write_text(text)
    with pytest.raises(Misconfigured) as caught:
        read_fence(site)
    return str(caught.value).replace(str(site), "SITE")


def test_a_site_without_the_file_has_the_defaults_and_so_has_one_with_the_sample(tmp_path: Path) -> None:
    before = read_fence(tmp_path)
    (tmp_path / "tollbook.toml").write_text(SAMPLE)

    assert before == read_fence(tmp_path) == Fence(site=str(tmp_path))


def test_the_sample_shows_the_defaults(tmp_path: Path) -> None:
    shown = "\n".join(line.removeprefix("# ") for line in SAMPLE.splitlines())
    (tmp_path / "tollbook.toml").write_text(shown)

    assert read_fence(tmp_path) == Fence(site=str(tmp_path))


def test_what_is_listed_is_what_is_within_reach(tmp_path: Path) -> None:
    (tmp_path / "tollbook.toml").write_text(
        '[allow]\nfolders = ["/srv/pbx/"]\nprograms = ["/opt/read"]\nnetworks = ["192.0.2.10/24"]\n',
    )

    assert read_fence(tmp_path) == Fence(
        site=str(tmp_path),
        folders=("/srv/pbx",),
        programs=("/opt/read",),
        networks=(ip_network("192.0.2.0/24"),),
    )


def test_all_faults_are_told_with_their_lines(tmp_path: Path) -> None:
    text = """[allow]
folders = [
  "/srv/pbx",
  "pbx",
]
programs = "/bin/true"
networks = ["pbx.example"]
folder = []
"""

    assert told(tmp_path, text) == (
        "error: unknown setting 'folder'\n"
        " reason: nothing in tollbook.toml is called so\n"
        " --> SITE/tollbook.toml:8\n"
        "  | folder = []\n"
        " help: known are [allow] with folders, programs, networks, [update] with command, [store] and [settings]\n"
        "\n"
        "error: 'folders' must hold full paths, beginning with /\n"
        " reason: got 'pbx'\n"
        " --> SITE/tollbook.toml:4\n"
        '  |   "pbx",\n'
        " help: for example /srv/pbx\n"
        "\n"
        "error: 'programs' must be a list of texts\n"
        " reason: got '/bin/true'\n"
        " --> SITE/tollbook.toml:6\n"
        '  | programs = "/bin/true"\n'
        ' help: programs = ["/usr/local/bin/read-pbx"]\n'
        "\n"
        "error: 'networks' must hold networks or addresses, as numbers\n"
        " reason: got 'pbx.example'\n"
        " --> SITE/tollbook.toml:7\n"
        '  | networks = ["pbx.example"]\n'
        " help: for example 192.0.2.0/24"
    )


def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert " --> SITE/tollbook.toml:2\n  | folders = [/srv]\n" in told(tmp_path, "[allow]\nfolders = [/srv]\n")


def test_what_is_no_utf_8_is_told(tmp_path: Path) -> None:
    (tmp_path / "tollbook.toml").write_bytes(b'[allow]\nfolders = ["/srv/\xff"]\n')

    with pytest.raises(Misconfigured, match="it is not UTF-8"):
        read_fence(tmp_path)


def test_the_update_command_is_one_full_path(tmp_path: Path) -> None:
    file = tmp_path / "tollbook.toml"
    file.write_text('[update]\ncommand = "/usr/local/sbin/update-tollbook"\n')
    assert read_fence(tmp_path).updater == "/usr/local/sbin/update-tollbook"

    for text, fault in (
        ('[update]\ncommand = "sh -c update"\n', "must be the full path of one program"),
        ('[update]\ncommand = ["/bin/sh", "-c"]\n', "must be the full path of one program"),
        ('[update]\nprogram = "/bin/true"\n', "unknown setting 'program'"),
        ("update = 1\n", "'update' must be a table"),
    ):
        file.write_text(text)
        with pytest.raises(Misconfigured, match=fault):
            read_fence(tmp_path)


def test_a_store_in_clickhouse_is_an_address_or_a_table_with_a_login(tmp_path: Path) -> None:
    assert read_store(tmp_path) is None
    (tmp_path / FILE).write_text('store = "clickhouse://192.0.2.20/calls"\n')
    found = read_store(tmp_path)
    assert found
    assert (found.database, found.table, found.username) == ("calls", "calls", "")

    (tmp_path / FILE).write_text(
        '[store]\nurl = "clickhouse://192.0.2.20/calls"\nusername = "reads"\ntable = "whole"\n'
    )
    found = read_store(tmp_path)
    assert found
    assert (found.database, found.table, found.username) == ("calls", "whole", "reads")
    assert read_fence(tmp_path) == Fence(site=str(tmp_path))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("store = 5", "'store' must be an address, or a table of texts"),
        ("[store]\npassword = 'secret'\nurl = 'clickhouse://a'", "unknown option 'password'"),
        ("[store]\nurl = 'http://192.0.2.20'", "'url' must be an address such as clickhouse://192.0.2.20/calls"),
        ("[store]\nusername = 'reads'", "'url' is missing"),
    ],
)
def test_a_faulty_store_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Misconfigured) as found:
        read_store(tmp_path)

    assert told in str(found.value)
    assert "tollbook.toml" in str(found.value)
    assert "secret" not in str(found.value)


def test_settings_elsewhere_are_an_address_or_a_table_with_a_login(tmp_path: Path) -> None:
    assert read_settings(tmp_path) is None
    (tmp_path / FILE).write_text('settings = "postgresql://192.0.2.30/tollbook"\n')
    found = read_settings(tmp_path)
    assert found
    assert (found.url, found.username, found.protection) == ("postgresql://192.0.2.30/tollbook", "", "verified")

    (tmp_path / FILE).write_text('[settings]\nurl = "postgresql://127.0.0.1/tollbook"\nusername = "t"\n')
    found = read_settings(tmp_path)
    assert found
    assert (found.username, found.protection) == ("t", "auto")
    assert read_fence(tmp_path) == Fence(site=str(tmp_path))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("settings = 5", "'settings' must be an address, or a table of texts"),
        ("[settings]\npassword = 'secret'\nurl = 'postgresql://a/b'", "unknown option 'password'"),
        ("[settings]\nurl = 'mysql://192.0.2.20/a'", "settings are kept in PostgreSQL or in a file"),
        ("[settings]\nurl = 'postgresql://a:b@192.0.2.20/a'", "without a name and password in it"),
        ("[settings]\nurl = 'postgresql://a/b'\npassword-file = 'pw'", "'password-file' must be a full path"),
        ("[settings]\nusername = 'reads'", "'url' is missing"),
    ],
)
def test_faulty_settings_elsewhere_are_told_with_their_place(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(Misconfigured) as found:
        read_settings(tmp_path)
    assert told in str(found.value)
    assert f"{FILE}:" in str(found.value)
    assert "secret" not in str(found.value)
