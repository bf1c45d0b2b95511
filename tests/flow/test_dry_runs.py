"""What a dry run says an import would give is what the import gives, and nothing is stored by it."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import msgspec
import pytest

from tests.fakes.records import some_lines
from tests.fakes.sites import a_pbx, at_work, dump, import_file
from tollbook.engine.engine import Engine
from tollbook.engine.pipeline.bulk import Readers, setups
from tollbook.engine.pipeline.dry_run import DryReading, fits_of
from tollbook.model.dry_run import DryRun
from tollbook.store.ledger import Ledger

LINES = some_lines(200)
HEADING = b'"accountcode","src","dst"\n'
GARBAGE = b"\x7fELF\x02 no record\nnor this\n"
TWICE = LINES[0] * 3


def zipped(*texts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number}.csv", text)
    return made.getvalue()


def tarred(*texts: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for number, text in enumerate(texts):
            info = tarfile.TarInfo(f"{number}.csv")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return made.getvalue()


def text(*lines: bytes) -> bytes:
    return b"".join(lines)


def dry_run(engine: Engine, data: bytes, pbx: str = "hts") -> DryRun:
    readers = Readers(setups(engine.pbxs().get, engine.catalogue))
    return DryReading(lambda: io.BytesIO(data), pbx, readers).run(Ledger(engine.site.store))


def counts(found: object) -> tuple[int, ...]:
    return tuple(getattr(found, name) for name in ("frames", "calls", "duplicates", "skipped", "rejected"))


FILES = {
    "new": text(*LINES[100:]),
    "half of it known": text(*LINES[50:150]),
    "all known": text(*LINES[:100]),
    "with rejects": text(*LINES[90:110], GARBAGE, *LINES[110:115]),
    "a line three times": TWICE + TWICE,
    "one known once and here twice": LINES[5] * 2,
    "CR LF, no last line end": text(*LINES[90:120]).replace(b"\n", b"\r\n").rstrip(),
    "zip": zipped(text(*LINES[90:110]), text(*LINES[105:120]), GARBAGE),
    "gz": gzip.compress(text(*LINES[90:110])),
    "tar": tarred(text(*LINES[90:110]), TWICE),
    "broken gz": gzip.compress(text(*LINES[90:190]))[:-400],
    "half a zip": zipped(text(*LINES))[:500],
    "a web page": b"<!doctype html><title>Login</title>",
    "nothing": b"",
    "garbage that was imported before": GARBAGE,
    "a last record in two": text(*LINES[100:102]) + b'"half,',
}


@pytest.mark.parametrize("name", FILES)
def test_a_dry_run_says_what_the_import_then_gives(tmp_path: Path, name: str) -> None:
    data = FILES[name]
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        import_file(engine, "hts", text(*LINES[:100], GARBAGE))
        before, last = dump(engine.site.store), engine.site.journal.last_entry()

        found = dry_run(engine, data)

        assert (dump(engine.site.store), engine.site.journal.last_entry()) == (before, last)
        assert counts(found) == counts(engine.import_state(import_file(engine, "hts", data)))


def test_records_that_are_legs_of_calls_are_counted_as_an_import_counts_them(tmp_path: Path) -> None:
    cases = sorted(Path("src/tollbook/dialects/catalogue/asterisk_cdr_csv/cases").glob("*.txt"))
    data = text(*(case.read_bytes() for case in cases))
    pbx = msgspec.structs.replace(a_pbx(), dialect="asterisk-cdr-csv")
    with at_work(tmp_path, pbx, sources=False) as engine:
        found = dry_run(engine, data)
        assert counts(found) == counts(engine.import_state(import_file(engine, "hts", data)))
        assert engine.site.store.rows("SELECT count(*) > 0 FROM leg") == [(True,)]
        assert counts(dry_run(engine, data))[1:3] == (0, found.frames - found.skipped)


def test_rejects_are_shown_with_their_lines_as_an_editor_counts_them(tmp_path: Path) -> None:
    data = text(*LINES[:2], b"one\r\n", b"\n", LINES[3].rstrip() + b"\r\n", b"two\n")
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        assert [(each.line, each.raw) for each in dry_run(engine, data).rejects] == [(3, "one"), (6, "two")]
        of_archive = dry_run(engine, zipped(text(*LINES[:2]), b"\n\nthree\n")).rejects
        assert [(each.member, each.line, each.raw) for each in of_archive] == [(1, 3, "three")]


def test_line_numbers_go_on_over_pieces_of_a_long_file(tmp_path: Path) -> None:
    long = text(*LINES).replace(b"\n", b"\r\n") * 100
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        found = dry_run(engine, long + b"none\r\n")
        assert len(long) > 3 << 20
        assert [each.line for each in found.rejects] == [20_001]


def test_a_file_of_which_nothing_can_be_read_is_known_and_the_format_that_would_read_it_named(tmp_path: Path) -> None:
    other = Path("src/tollbook/dialects/catalogue/panasonic_kx_tda/cases")
    data = text(*(case.read_bytes() for case in sorted(other.glob("*.txt"))))
    with at_work(tmp_path, a_pbx(), sources=False) as engine:
        assert dry_run(engine, GARBAGE).readable is False
        assert dry_run(engine, LINES[0] + GARBAGE).readable
        assert dry_run(engine, b"").readable
        assert not dry_run(engine, data).readable
        fits = fits_of(lambda: io.BytesIO(gzip.compress(data)), engine.catalogue)
        assert fits[0].slug == "panasonic-kx-tda"
        assert fits_of(lambda: io.BytesIO(GARBAGE), engine.catalogue) == []
