"""Each command of the guide works as it is written, and prints what the page shows.

A block of commands is fenced as `sh`, or as `console` where `$` stands before each and what it prints below: there `…`
stands for anything, a line of its own for any lines, and figures and blanks may differ. What a fence says after that:

    not-run: REASON     it is not run here
    goes-on             it runs until Ctrl-C, and beside the rest of the page
    exits-N             its last command ends with exit code N

A block fenced as `toml` or `csv` with the name of a file is added to that file, as somebody with an editor would.
A page is read by somebody who has a site with the PBX `hts32`, and a server; on `FRESH` pages neither is there yet.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from zipfile import ZipFile

import httpx2
import msgspec
import pytest

from tests.fakes.commands import PASSWORD, master_csv
from tests.fakes.shell import ROOT, Shell, program_at
from tests.fakes.sites import lend_reserve
from tollbook.cli import address

GUIDE = ROOT / "src/tollbook/manual/guide"
PAGES = sorted(GUIDE.glob("*.md"))
FRESH = {"getting-started"}
NEW_PBX = {"kx-hts"}
ZONE = "Europe/London"
SENDS = "tollbook simulate panasonic-kx-tda stream --host 192.0.2.10 --tcp 2300 --rate 9"
BEFORE = {
    "kx-hts": "tollbook simulate panasonic-kx-hts external --host 192.0.2.10 --port 8443 --path /PATH --auth basic"
    f" --password '{PASSWORD}' --fault 'self-signed times=always'",
    "streams": f"{SENDS} --login --password '{PASSWORD}'",
    "troubleshooting": SENDS,
}
"""What goes on while somebody reads a page: a PBX at work."""
SAMPLE = "src/tollbook/dialects/catalogue/panasonic_kx_tda/cases/pattern-a.txt"
_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_COMMANDS = {"sh", "console"}
_FILES = {"toml", "csv"}


class Block(msgspec.Struct, frozen=True):
    """Commands of a page: how they are fenced, and what becomes of them."""

    page: str
    line: int
    language: str
    said: str
    text: str

    @property
    def word(self) -> str:
        return self.said.partition(":")[0]

    @property
    def place(self) -> str:
        return f"{self.page}.md:{self.line}"

    def commands(self) -> list[tuple[str, str]]:
        """Return each command, of a console with what it prints; a block without output is one piece."""
        if self.language == "sh":
            return [(self.text, "…")]
        pieces = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        return [(command, shown) for piece in pieces for command, _, shown in [piece.partition("\n")]]


def blocks_of(path: Path) -> list[Block]:
    text = path.read_text()
    found = []
    for fence in _FENCE.finditer(text):
        language, _, rest = fence["info"].partition(" ")
        if language in _COMMANDS or (language in _FILES and rest):
            inner = re.sub(rf"^{fence['indent']}", "", fence["text"], flags=re.MULTILINE)
            line = text.count("\n", 0, fence.start()) + 1
            found.append(Block(path.stem, line, language, rest.strip(), inner))
    return found


BLOCKS = [block for path in PAGES for block in blocks_of(path)]


class Reader:
    """Somebody at a machine with a site: types what a page shows, in a folder with the files that pages name."""

    def __init__(self, root: Path, loopback: str) -> None:
        self._places = {
            "/srv/": f"{root}/srv/",
            "/backup": f"{root}/backup",
            **dict.fromkeys(("127.0.0.1", "0.0.0.0", "192.0.2.10", "192.0.2.20"), loopback),  # noqa: S104 - to be replaced
            "--for 30s": "--for 1s",
        }
        self.site = root / "srv/tollbook"
        self.home = root / "home"
        self.command = self.home / ".venv/bin/tollbook"
        _given_files(root)
        variables = {
            "PATH": f"{self.command.parent}:/usr/bin:/bin",
            "HOME": str(self.home),
            "TOLLBOOK_SITE": str(self.site),
            "LANG": "C.UTF-8",
        }
        self.shell = Shell(self.home, variables, root / "typed")

    def as_here(self, script: str) -> str:
        """Return commands with the folders and addresses of this machine in place of those of the page."""
        for there, here in self._places.items():
            script = script.replace(there, here)
        return script

    def follow(self, block: Block, going_on: ExitStack) -> list[str]:
        """Type a block; return what is not as the page says."""
        if block.language in _FILES:
            with (self.home / block.said).open("a") as file:
                file.write(block.text)
            return []
        if block.word == "goes-on":
            said = going_on.enter_context(self.shell.going_on(self.as_here(block.text)))
            return [] if said else [f"{block.place}: it ended and said nothing"]
        wanted = [0] * len(block.commands())
        wanted[-1] = int(block.word.removeprefix("exits-") or 0)
        typed = zip(block.commands(), wanted, strict=True)
        return [fault for (command, shown), code in typed for fault in self._type(block, command, shown, code)]

    def _type(self, block: Block, command: str, shown: str, code: int) -> Iterator[str]:
        ran = self.shell.run(self.as_here(command))
        if ran.code != code or not re.fullmatch(shape(shown), ran.out.rstrip() + "\n" * bool(ran.out)):
            yield f"{block.place}: $ {command}\nexit code {ran.code}, and it printed\n{ran.out}"


def shape(shown: str) -> str:
    """Return the pattern of what prints alike: figures and blanks may differ, and `…` is anything."""
    lines = [r"(?:.*\n)*" if line.strip() == "…" else f"{_line(line)}\n" for line in shown.splitlines()]
    return "".join(lines)


def _line(line: str) -> str:
    pattern = re.escape(line.strip()).replace("…", ".*")
    return r" *" + re.sub(r"\d+", r"\\d+", re.sub(r"(?:\\ )+", r" +", pattern)) + r" *"


def _given_files(root: Path) -> None:
    home = root / "home"
    for folder in ("home", "srv/pbx/kx-hts", "srv/lake", "backup/2025"):
        (root / folder).mkdir(parents=True)
    past = master_csv(home / "Master.csv", 50, zone=ZONE).read_bytes()
    for archive in (home / "old-logs.zip", root / "backup/2025/january.zip"):
        with ZipFile(archive, "w") as made:
            made.writestr("Master.csv", past)
    for name in ("old.csv.gz", "huge.csv.gz"):
        (home / name).write_bytes(gzip.compress(past))
    (home / "records.txt").write_bytes((ROOT / SAMPLE).read_bytes())
    (home / "password.txt").write_text(PASSWORD + "\n")
    (home / "odd.log").write_text("no record\n" * 9)
    for name in ("Makefile", "requirements.lock", "requirements-uv.lock", "pyproject.toml"):
        (home / name).symlink_to(ROOT / name)
    (home / ".venv/stamps").mkdir(parents=True)
    for name in ("bin/python", "bin/uv", "stamps/runtime"):  # younger than the locks, so that nothing is installed
        (home / ".venv" / name).parent.mkdir(exist_ok=True)
        (home / ".venv" / name).touch()
    (root / "typed").write_text(f"{PASSWORD}\ny\n")


@contextmanager
def reading(root: Path, loopback: str) -> Iterator[Reader]:
    reader = Reader(root, loopback)
    lend_reserve(reader.site)
    with program_at(reader.command, {"serve": ["--listen", f"{loopback}:8470"]}):
        yield reader


@pytest.fixture(scope="module")
def addresses() -> Iterator[str]:
    """Addresses of this machine that nobody else uses: pages name ports, and several tests may run at once."""
    return (f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}.{number}" for number in range(1, 255))


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory, addresses: Iterator[str]) -> Iterator[Reader]:
    """A reader with a site, and a server beside it."""
    with reading(tmp_path_factory.mktemp("home"), next(addresses)) as reader:
        made = reader.shell.run("tollbook init --password-file password.txt")
        assert made.code == 0, made.out
        with reader.shell.going_on("tollbook serve") as said:
            assert said.startswith("Tollbook serves"), said
            # A page that drops records leaves calls that nothing but a backup has: the doctor asks for a plan then.
            planned = reader.shell.run(reader.as_here("mkdir /backup/usual; tollbook backup-plan set /backup/usual"))
            assert planned.code == 0, planned.out
            yield reader


def begun_again(reader: Reader, *, with_pbx: bool) -> None:
    """Take away what another page has set up."""
    there = address.read(reader.site)
    assert there
    with httpx2.Client(base_url=there.url, headers={"Authorization": f"Bearer {there.token}"}) as api:
        for what in ("pbxs", "sinks", "tokens"):
            for each in api.get(f"/api/{what}", params={"format": "json"}).json():
                api.delete(f"/api/{what}/{each['name']}").raise_for_status()
        if with_pbx:
            settings = {"path": reader.as_here("/srv/pbx/kx-hts")}
            pbx = {"name": "hts32", "dialect": "panasonic-kx-hts", "source": "folder", "timezone": ZONE}
            api.post("/api/pbxs", json=pbx | {"settings": settings}).raise_for_status()


def faults_of(reader: Reader, page: str) -> list[str]:
    with ExitStack() as going_on:
        if page in BEFORE:
            going_on.enter_context(reader.shell.going_on(reader.as_here(BEFORE[page])))
        runs = [block for block in BLOCKS if block.page == page and block.word != "not-run"]
        return [fault for block in runs for fault in reader.follow(block, going_on)]


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS} - FRESH))
def test_what_a_page_says_to_type_works_as_it_is_written(at_home: Reader, page: str) -> None:
    begun_again(at_home, with_pbx=page not in NEW_PBX)

    assert faults_of(at_home, page) == []


@pytest.mark.parametrize("page", sorted(FRESH))
def test_a_page_for_somebody_who_has_nothing_yet_works_as_it_is_written(
    tmp_path: Path,
    addresses: Iterator[str],
    page: str,
) -> None:
    with reading(tmp_path, next(addresses)) as reader:
        assert faults_of(reader, page) == []


def test_a_block_that_is_not_run_says_why() -> None:
    words = re.compile(r"(goes-on|exits-\d+)?|not-run: .{10,}")

    assert [block.place for block in BLOCKS if block.language in _COMMANDS and not words.fullmatch(block.said)] == []
    assert [path.name for path in PAGES if re.search(r"^```\n\$ ", path.read_text(), re.MULTILINE)] == []
