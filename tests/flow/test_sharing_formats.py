"""A format passed on: from the folder of one site into a file, and from that into the folder of another."""

from __future__ import annotations

import io
import json
import signal
import stat
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.fakes.commands import Commands
from tests.fakes.shell import ROOT
from tests.flow.test_a_format_of_ones_own import LAYOUT
from tollbook.clock import monotonic_s
from tollbook.dialects.known import Catalogue
from tollbook.engine.sharing import adding
from tollbook.engine.sharing.adding import AddedFormat, AddingChoices, add
from tollbook.engine.sharing.parcel import Parcel, called, packed, unpacked
from tollbook.engine.sharing.sharing import shared
from tollbook.model.problem import Misconfigured
from tollbook.model.sharing_limits import SHARED_BYTES

CASE = b"""\
==============================================
02.03.26 09:30:00 I 101  01 2125550142      62
02.03.26 09:31:00 O 102  02 92125550143      0
02.03.26 09:32:00 X 102  02 2125550143       9
"""
REAL = CASE.replace(b"55501", b"48923")
README = "# Abacus\n\nSwitch the output on at the PBX.\n\n## What is sure\n\nAll of it.\n"


def folder_of(commands: Commands, own: Path, case: bytes = CASE, **others: str) -> Path:
    """A site's folder of formats with one, whose outcomes are accepted."""
    folder = own / "abacus"
    (folder / "cases").mkdir(parents=True)
    (folder / "dialect.toml").write_text(LAYOUT)
    (folder / "README.md").write_text(README)
    (folder / "cases" / "calls.txt").write_bytes(case)
    for name, text in others.items():
        (folder / name.replace("__", ".")).write_text(text)
    made = commands.run("dialect", "generate", "abacus", "--folder", str(own))
    assert made.code == 0, made.err
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "site")


@pytest.fixture
def here(commands: Commands, tmp_path: Path) -> Path:
    """The folder of formats of whoever shares one."""
    own = tmp_path / "here"
    folder_of(commands, own)
    return own


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """Where the formats of whoever gets one will be."""
    return tmp_path / "there"


@pytest.fixture
def parcel(here: Path) -> Parcel:
    return unpacked(shared(Catalogue(here), "abacus").data)


def added(parcel: Parcel, there: Path, **choices: bool | str) -> AddedFormat:
    chosen = AddingChoices(**choices)  # type: ignore[arg-type]  # as they are called
    return add(Catalogue(there), there, packed(parcel), chosen)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Misconfigured) as fault:
        act()
    return str(fault.value)


def zipped(files: Mapping[str, bytes], **entry: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for each, value in entry.items():
                setattr(info, each, value)
            archive.writestr(info, data)
    return out.getvalue()


def test_a_format_that_is_shared_and_added_reads_the_same(commands: Commands, here: Path, tmp_path: Path) -> None:
    file, there = tmp_path / "abacus.zip", tmp_path / "there"
    sent = commands.run("dialect", "share", "abacus", "--folder", str(here), "--out", str(file))
    taken = commands.run("dialect", "add", str(file), "--folder", str(there))

    assert (sent.code, taken.code) == (0, 0), sent.err + taken.err
    assert "added abacus" in taken.err
    for name in ("dialect.toml", "README.md", "cases/calls.txt", "cases/calls.expected.jsonl"):
        assert (there / "abacus" / name).read_bytes() == (here / "abacus" / name).read_bytes()
    assert commands.run("dialect", "test", "abacus", "--folder", str(there)).code == 0
    assert (there / "dialect.schema.json").is_file()


def test_one_folder_always_gives_the_same_bytes(here: Path) -> None:
    first = shared(Catalogue(here), "abacus").data
    (here / "abacus" / "README.md").touch()

    assert shared(Catalogue(here), "abacus").data == first


PROVIDER = """\
title = "Example Telecom"
address = "https://api.example.com"
path = "/calls"
records = ["calls"]
query = { since = "{from}", until = "{to}" }
token = { address = "https://login.example.com/token", form = { password = "{client_secret}" } }
paging = { way = "header" }
"""


def test_a_provider_is_passed_on_and_whoever_adds_it_is_told_where_it_asks(commands: Commands, tmp_path: Path) -> None:
    folder_of(commands, tmp_path / "here", provider__toml=PROVIDER)
    file, there = tmp_path / "abacus.zip", tmp_path / "there"
    assert commands.run("dialect", "share", "abacus", "--folder", str(tmp_path / "here"), "--out", str(file)).code == 0
    added = commands.run("dialect", "add", str(file), "--folder", str(there))

    assert (there / "abacus" / "provider.toml").read_text() == PROVIDER
    assert "it asks https://api.example.com and https://login.example.com/token: the secrets of a PBX" in added.err
    assert commands.run("dialect", "test", "abacus", "--folder", str(there)).code == 0


@pytest.mark.parametrize(
    "asks",
    [
        '[delivered.rest_poll]\n# its own\nprovider = "abacus"\n\n[delivered.tcp_client]\nport = "2300"\n',
        '[delivered]\nrest_poll = { provider = "abacus" }\n',
        "[delivered]\nrest_poll = { listen = \"x\", provider = 'abacus' }\n",
        '[delivered]\nrest_poll.provider = "abacus"\n',
        'delivered = { tcp_client = { port = "2300" }, rest_poll = {provider="abacus"} }\n',
    ],
)
def test_a_provider_is_named_anew_however_the_layout_writes_it(asks: str) -> None:
    rest = '[[rule]]\nwhen = { provider = "abacus" }\n'
    parcel = Parcel("abacus", {"dialect.toml": (asks + rest).encode(), "provider.toml": b""})
    written = called(parcel, "our-abacus").files["dialect.toml"].decode()

    assert tomllib.loads(written)["delivered"]["rest_poll"]["provider"] == "our-abacus"
    assert written.endswith(rest)


def test_a_provider_of_another_is_left_as_it_is() -> None:
    files = {"dialect.toml": b'[delivered.rest_poll]\nprovider = "twilio"', "provider.toml": b""}

    assert called(Parcel("abacus", files), "our-abacus").files == files


ASKS = '\n[delivered.rest_poll]\n# its own\nprovider = "abacus"\n\n[delivered.tcp_client]\nport = "2300"\n'


def test_a_format_with_a_provider_that_is_added_under_another_name_asks_by_that_name(
    commands: Commands, tmp_path: Path
) -> None:
    folder = folder_of(commands, tmp_path / "here", provider__toml=PROVIDER)
    (folder / "dialect.toml").write_text(LAYOUT + ASKS)
    file, there = tmp_path / "abacus.zip", tmp_path / "there"
    assert commands.run("dialect", "share", "abacus", "--folder", str(tmp_path / "here"), "--out", str(file)).code == 0
    assert commands.run("dialect", "add", str(file), "--as", "our-abacus", "--folder", str(there)).code == 0

    delivered = Catalogue(there).layout_of("our-abacus").delivered
    assert delivered == {"rest_poll": {"provider": "our-abacus"}, "tcp_client": {"port": "2300"}}
    assert (there / "our_abacus" / "dialect.toml").read_text() == LAYOUT + ASKS.replace('"abacus"', '"our-abacus"')
    assert commands.run("dialect", "test", "our-abacus", "--folder", str(there)).code == 0


def test_a_format_whose_delivered_settings_no_source_knows_is_told_of_and_not_shared(
    commands: Commands, here: Path
) -> None:
    (here / "abacus" / "dialect.toml").write_text(LAYOUT + ASKS.replace("port", "prot"))
    found = commands.run("dialect", "test", "abacus", "--folder", str(here))

    assert found.code == 1
    assert "did you mean 'port'?" in " ".join(found.out.split())
    assert "'provider' cannot be 'abacus'" in refused(lambda: shared(Catalogue(here), "abacus"))


def test_a_provider_with_a_secret_of_somebody_is_not_shared(commands: Commands, tmp_path: Path) -> None:
    text = PROVIDER.replace("{client_secret}", "correct horse")
    folder_of(commands, tmp_path / "here", provider__toml=text)

    with pytest.raises(Misconfigured, match=r"'token\.form\.password' holds a text of its own"):
        shared(Catalogue(tmp_path / "here"), "abacus")
    found = commands.run("dialect", "test", "abacus", "--folder", str(tmp_path / "here"))
    assert found.code == 1
    assert "token.form.password" in found.out


@pytest.mark.parametrize("text", [PROVIDER.replace("https", "http"), "title = 1", "\xff", PROVIDER + "x" * 70_000])
def test_a_provider_that_cannot_be_used_is_refused_and_nothing_is_changed(
    parcel: Parcel, tmp_path: Path, text: str
) -> None:
    broken = Parcel("abacus", {**parcel.files, "provider.toml": text.encode("latin-1")})

    with pytest.raises(Misconfigured, match=r"provider\.toml"):
        added(broken, tmp_path / "there")
    assert Catalogue(tmp_path / "there").problems() == []
    assert not (tmp_path / "there" / "abacus").exists()


def test_what_belongs_to_no_format_stays_behind_and_is_named(commands: Commands, tmp_path: Path) -> None:
    folder_of(commands, tmp_path / "own", sample__txt="02.03.26 real lines")
    made = shared(Catalogue(tmp_path / "own"), "abacus")

    assert made.left == ["sample.txt"]
    assert "sample.txt" not in unpacked(made.data).files


def test_a_folder_with_somebodys_number_is_not_shared_and_each_place_is_told(
    commands: Commands,
    tmp_path: Path,
) -> None:
    text = README + "\nAsk anna@berg.example.org.uk at 10.1.2.3, telephone +49 30 1234567.\n"
    folder = folder_of(commands, tmp_path / "own", REAL)
    (folder / "README.md").write_text(text)
    file = tmp_path / "abacus.zip"
    words = ("dialect", "share", "abacus", "--folder", str(tmp_path / "own"), "--out", str(file))
    outcome = commands.run(*words)

    assert outcome.code == 2
    assert not file.exists()
    for told in ("cases/calls.txt:2", "2124892342", "README.md:9", "10.1.2.3", "mail address", "+49301234567"):
        assert told in outcome.err
    assert "--fictitious" in outcome.err
    assert commands.run(*words, "--even-so").code == 0
    assert b"4892342" in unpacked(file.read_bytes()).files["cases/calls.txt"]


def test_numbers_are_replaced_alike_in_the_file_and_its_cases_still_hold(commands: Commands, tmp_path: Path) -> None:
    folder = folder_of(commands, tmp_path / "own", REAL)
    before = (folder / "cases" / "calls.txt").read_bytes()
    made = shared(Catalogue(tmp_path / "own"), "abacus", with_fictitious_numbers=True)
    sent = unpacked(made.data)
    case = sent.files["cases/calls.txt"]
    told = [json.loads(line) for line in sent.files["cases/calls.expected.jsonl"].splitlines()]

    assert made.findings == []
    assert made.replaced == 2
    assert [len(line) for line in case.splitlines()] == [len(line) for line in REAL.splitlines()]
    assert told[2]["called"].startswith("9212")
    assert told[2]["called"][-7:] in told[3]["line"]
    assert added(sent, tmp_path / "there").calls == 2
    assert (folder / "cases" / "calls.txt").read_bytes() == before


def test_a_layout_that_looks_at_whole_numbers_is_not_given_others(commands: Commands, tmp_path: Path) -> None:
    folder = folder_of(commands, tmp_path / "own", REAL)
    rule = "\n[[rule]]\nwhen = { number = '^2124892342$' }\ngives = { outcome = 'busy' }\ngroup = 'end'\n"
    (folder / "dialect.toml").write_text(LAYOUT + rule)
    commands.run("dialect", "generate", "abacus", "--force", "--folder", str(tmp_path / "own"))

    text = refused(lambda: shared(Catalogue(tmp_path / "own"), "abacus", with_fictitious_numbers=True))

    assert "cannot be replaced" in text
    assert "by hand" in text


def test_a_format_without_a_case_is_not_shared(here: Path) -> None:
    (here / "abacus" / "cases" / "calls.txt").unlink()

    assert "has no case" in refused(lambda: shared(Catalogue(here), "abacus"))


def test_a_format_whose_case_says_otherwise_now_is_not_shared(here: Path) -> None:
    (here / "abacus" / "cases" / "calls.txt").write_bytes(CASE.replace(b" I ", b" O "))

    assert "not as expected" in refused(lambda: shared(Catalogue(here), "abacus"))


@pytest.mark.parametrize(
    "name",
    [
        "abacus/../../evil.toml",
        "/etc/evil",
        "abacus\\..\\evil.toml",
        "abacus/dialect.py",
        "abacus/cases/../dialect.toml",
        "abacus/cases/.hidden.txt",
        "abacus/cases/deeper/calls.txt",
        "other/README.md",
        "abacus/dialect.toml/",
        "C:evil.txt",
    ],
)
def test_a_file_that_no_format_has_is_refused(parcel: Parcel, tmp_path: Path, name: str) -> None:
    files = {f"abacus/{each}": data for each, data in parcel.files.items()} | {name: b"x"}
    there = tmp_path / "there"

    refused(lambda: add(Catalogue(there), there, zipped(files), AddingChoices()))

    assert not there.exists()
    assert not [*tmp_path.rglob("*evil*")]


def test_links_and_devices_are_refused() -> None:
    for kind in (stat.S_IFLNK, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFDIR):
        data = zipped({"abacus/dialect.toml": b"/etc/passwd"}, external_attr=(kind | 0o777) << 16)

        assert "no plain file" in refused(lambda data=data: unpacked(data))  # type: ignore[misc]  # bound at once


def test_a_file_that_grows_without_end_is_refused_by_its_size() -> None:
    bomb = zipped({"abacus/dialect.toml": b"\0" * (64 << 20)})

    assert len(bomb) < 1 << 20
    assert "too large" in refused(lambda: unpacked(bomb))
    assert "too large" in refused(lambda: unpacked(b"x" * (SHARED_BYTES + 1)))


def test_many_files_that_are_large_together_are_refused() -> None:
    many = {f"abacus/cases/c{number}.txt": b"\0" * 900_000 for number in range(8)}

    assert "too large" in refused(lambda: unpacked(zipped({"abacus/dialect.toml": b"", **many})))
    endless = {f"abacus/cases/c{number}.txt": b"" for number in range(4000)}
    assert "too many files" in refused(lambda: unpacked(zipped(endless)))


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 90, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    assert "no whole zip" in refused(lambda: unpacked(data))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("dialect.toml", LAYOUT.replace("^[IO]$", "(.{1000}){1000}")), "pattern"),
        (("dialect.toml", LAYOUT.replace("^[IO]$", "(?=x)")), "pattern"),
        (("dialect.toml", "a" * 5000 + "=[" * 3000), "cannot be read"),
        (("dialect.toml", "\udcff"), "cannot be read"),
        (("cases/calls.settings.toml", "timezone = 7"), "no text"),
        (("cases/calls.settings.toml", 'timezone = "Nowhere/At-all"'), "Nowhere"),
        (("cases/calls.settings.toml", 'received = "0001-01-01"'), "'received'"),
        (("cases/calls.settings.toml", 'arrives = "pigeon"'), "'arrives'"),
        (("cases/calls.settings.toml", 'order = "dmy"'), "order"),
        (("cases/calls.expected.jsonl", "[" * 100_000), "cannot be checked"),
        (("cases/calls.expected.jsonl", '{"line": "another"}'), "say otherwise"),
        (("cases/calls.txt", "nothing that is a call\n"), "no case of the format has a call"),
    ],
)
def test_a_format_that_does_not_hold_is_refused(
    parcel: Parcel, there: Path, change: tuple[str, str], told: str
) -> None:
    name, text = change
    wrong = Parcel("abacus", {**parcel.files, name: text.encode("utf-8", "surrogateescape")})

    assert told in refused(lambda: added(wrong, there))
    assert [each for each in there.iterdir() if each.name != adding.STAGE] == []


def test_a_name_that_is_taken_is_kept_unless_it_is_to_be_replaced(parcel: Parcel, here: Path) -> None:
    former = (here / "abacus" / "README.md").read_text()
    newer = Parcel("abacus", {**parcel.files, "README.md": b"# Newer\n"})

    assert "--replace" in refused(lambda: added(newer, here))
    assert (here / "abacus" / "README.md").read_text() == former
    assert added(newer, here, replace=True).replaced
    assert (here / "abacus" / "README.md").read_text() == "# Newer\n"
    assert [each.name for each in (here / adding.STAGE).iterdir()] in ([], ["lock"])


def test_a_format_that_a_killed_process_took_away_is_put_back_before_anything_is_added(
    parcel: Parcel, there: Path
) -> None:
    added(parcel, there)
    [place] = [each for each in there.iterdir() if each.is_dir() and each.name != adding.STAGE]
    kept = texts_of(place)
    left = there / adding.STAGE / "0123456789abcdef"
    left.mkdir()
    place.rename(left / f"{place.name}.former")

    assert "there is a format" in refused(lambda: added(parcel, there))
    assert texts_of(place) == kept


def test_a_format_that_shares_lines_with_another_is_refused_unless_it_is_meant(parcel: Parcel, here: Path) -> None:
    told = refused(lambda: added(parcel, here, slug="abacus-two"))

    assert "'abacus'" in told
    assert "--even-so" in told
    assert added(parcel, here, slug="abacus-two", even_so=True).slug == "abacus-two"
    assert (here / "abacus_two" / "dialect.toml").is_file()


def test_a_name_of_the_catalogue_is_refused(parcel: Parcel, tmp_path: Path) -> None:
    told = refused(lambda: added(Parcel("panasonic-kx-tda", parcel.files), tmp_path / "there"))

    assert "comes with Tollbook" in told
    assert "--as" in told


def texts_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_there", [False, True], ids=["a new one", "one in the place of another"])
def test_a_kill_at_any_step_leaves_the_former_format_or_the_new_one(
    parcel: Parcel,
    tmp_path: Path,
    *,
    is_there: bool,
) -> None:
    newer = Parcel("abacus", {**parcel.files, "README.md": b"# Newer\n"})
    (tmp_path / "newer.zip").write_bytes(packed(newer))
    found: set[str] = set()
    for step in range(1, 200, 4):
        own = tmp_path / f"there-{step}"
        if is_there:
            added(parcel, own, even_so=True)
        words = (sys.executable, "-m", "tests.fakes.killing_adds", str(own), str(tmp_path / "newer.zip"), str(step))
        ended = subprocess.run(words, cwd=ROOT, check=False).returncode
        left = texts_of(own / "abacus")

        assert left in ([parcel.files] if is_there else [{}]) + [newer.files]
        assert Catalogue(own).problems() == []
        assert added(newer, own, replace=True, even_so=True).calls == 2
        assert [each.name for each in (own / adding.STAGE).iterdir()] in ([], ["lock"])
        if ended != -signal.SIGKILL:
            break
        found.add("new" if left == newer.files else "former")
    assert step > 20, "it was killed at fewer places than there are"
    assert found == {"new", "former"}


SLOW_RULES = "\n".join(
    f'[[rule]]\ngroup = "slow-{number}"\nwhen = {{ number = "(.{{0,90}}[0-{number % 9}]){{9}}x" }}\n'
    for number in range(900)
)
"""Nine hundred rules, each of which RE2 reads a text by in many states."""


def without_end(parcel: Parcel) -> Parcel:
    """The format with rules and a case that take minutes to read, though each is within its limits."""
    line = b"02.03.26 09:30:00 I 101  01 %s      62\n"
    case = b"".join(line % str(2_125_550_100 + number).encode() for number in range(20_000))
    slow = {"dialect.toml": (LAYOUT + SLOW_RULES).encode(), "cases/calls.txt": case, "cases/calls.expected.jsonl": b""}
    return Parcel("abacus", {**parcel.files, **slow})


def test_a_format_that_would_take_minutes_to_read_is_refused_in_time_and_holds_up_nobody(
    parcel: Parcel, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "SHARED_CASES_S", 2)
    begun = monotonic_s()

    with pytest.raises(Misconfigured, match=r"the format cannot be checked\n reason: it took longer than 2 s"):
        added(without_end(parcel), there)
    assert monotonic_s() - begun < 20
    assert adding.CHECKING.processes == 0
    assert [each for each in there.iterdir() if each.name != adding.STAGE] == []
    monkeypatch.undo()
    assert added(parcel, there, even_so=True).calls == 2
