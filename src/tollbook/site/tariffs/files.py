"""The folder of tariffs: `<tariff>/<version>.toml`, and beside it `<version>.csv` where rates are many.

A version is named by the day from which it is valid; a mistake in one is mended by a revision, `2026-01-01.r2`, and
both stay. A file is read when it is asked for and remembered as long as it is as it was.
"""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from stat import S_ISREG

import msgspec

from tollbook.model.limits import PRICES_FILE, TARIFF_FILE
from tollbook.model.pricing import VersionInUse
from tollbook.model.problem import Misconfigured, NotThere, Problem, nearest
from tollbook.rating.tariff import Tariff
from tollbook.rating.tariff_text import TariffText, digest_of, read_tariff

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
VERSION = re.compile(r"\d{4}-\d\d-\d\d(?:\.r[1-9]\d{0,3})?")
_MAPPING = "mapping.toml"
_MOST_READ = 24
_Stamp = tuple[tuple[int, int], ...]


class StoredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it stands in its folder; `fault` says why it cannot be used, and then the rest is unknown."""

    tariff: str
    name: str
    title: str = ""
    currency: str = ""
    valid_from: str = ""
    rates: int = 0
    digest: str = ""
    fault: str = ""

    def in_use(self) -> VersionInUse:
        """Return the version as calls are priced by it."""
        return VersionInUse(tariff=self.tariff, name=self.name, digest=self.digest, valid_from=self.valid_from)


class TariffFolder:
    """The tariffs of a site. Raises `NotThere` for names that nothing has."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.adding = threading.Lock()
        """Is held while a version is named and written."""
        self._lock = threading.Lock()
        self._read: dict[Path, tuple[_Stamp, StoredVersion, Tariff | None]] = {}

    def versions(self, tariff: str = "") -> list[StoredVersion]:
        """Return all versions, of one tariff or of each, in the order in which they become valid."""
        folders = [self.path / tariff] if tariff else sorted(self.path.glob("*/"))
        files = [file for folder in folders for file in sorted(folder.glob("*.toml")) if VERSION.fullmatch(file.stem)]
        found = [self._look(file)[0] for file in files if NAME.fullmatch(file.parent.name)]
        return sorted(found, key=lambda each: (each.tariff, each.valid_from[:19], each.in_use().revision))

    def find(self, digest: str) -> Tariff | None:
        """Return the tariff of a digest; None where no file has it."""
        version = next((each for each in self.versions() if each.digest == digest), None)
        if version is None:
            return None
        tariff = self._look(self._file(version.tariff, version.name))[1]
        return tariff if tariff and tariff.digest == digest else None

    def tax_of(self, label: str) -> Decimal | None:
        """Return the tax in percent of the version that a call names by a label; None where it is there no longer."""
        tariff, _, rest = label.partition("/")
        name, _, digest = rest.partition("@")
        if not (NAME.fullmatch(tariff) and VERSION.fullmatch(name)):
            return None
        read = self._look(self._file(tariff, name))[1]
        return read.tax.percent if read and read.digest.startswith(digest) else None

    def texts(self, tariff: str, name: str = "") -> tuple[StoredVersion, str, str]:
        """Return a version, the last one without a name, with its document and its price list."""
        versions = self.versions(tariff) if NAME.fullmatch(tariff) else []
        if not versions:
            known = {each.tariff for each in self.versions()}
            raise NotThere(
                Problem(f"no tariff is called {tariff!r}", "there is no such folder", help=nearest(tariff, known)),
            )
        version = next((each for each in reversed(versions) if name in ("", each.name)), None)
        if version is None:
            reason = f"the tariff {tariff} has none of that name"
            known = {each.name for each in versions}
            raise NotThere(Problem(f"no version is called {name!r}", reason, help=nearest(name, known)))
        file = self._file(tariff, version.name)
        prices = file.with_suffix(".csv")
        return version, file.read_text("utf-8"), prices.read_text("utf-8") if prices.exists() else ""

    def next_name(self, tariff: str, day: str) -> str:
        """Return what a version of a tariff that is valid from a day is called: the day, or a revision of it."""
        taken = {each.stem for each in (self.path / tariff).glob(f"{day}*.toml")}
        revisions = [day, *(f"{day}.r{number}" for number in range(2, 10_000))]
        return next(each for each in revisions if each not in taken)

    def write(self, tariff: str, name: str, document: str, prices: str) -> None:
        """Write the files of a new version, the document last, so that there is never half of one."""
        file = self._file(tariff, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.with_suffix(".csv").unlink(missing_ok=True)  # of one that was broken off before its document was there
        for path, text in ((file.with_suffix(".csv"), prices), (file, document)):
            if text:
                part = path.with_name(f".{path.name}.part")
                with part.open("w", encoding="utf-8", newline="") as written:
                    written.write(text)
                    written.flush()
                    os.fsync(written.fileno())
                part.replace(path)

    def discard(self, tariff: str, name: str) -> None:
        """Take away a version that was written as part of a change that then failed, and that no call was priced by."""
        file = self._file(tariff, name)
        for each in (file, file.with_suffix(".csv")):
            each.unlink(missing_ok=True)
        with suppress(OSError):  # other versions are in it
            file.parent.rmdir()

    def remember(self, tariff: str, name: str, read: Tariff) -> None:
        """Say what a version that was just written comes to: to read a long one again would take seconds."""
        file = self._file(tariff, name)
        document, prices = given_texts(file)
        if read.digest == digest_of(document, prices):
            with self._lock:
                self._keep_read(file, _stamp(file), (_stored(file, read), read))

    def mapping(self, tariff: str) -> str:
        """Return what is known of the price lists of a tariff's carrier, as text; nothing where nothing is."""
        path = self.path / tariff / _MAPPING
        return path.read_text("utf-8") if NAME.fullmatch(tariff) and path.exists() else ""

    def keep_mapping(self, tariff: str, text: str) -> None:
        """Keep what was found out of a carrier's price list for the next one."""
        (self.path / tariff / _MAPPING).write_text(text, "utf-8")

    def _file(self, tariff: str, name: str) -> Path:
        return self.path / tariff / f"{name}.toml"

    def _look(self, file: Path) -> tuple[StoredVersion, Tariff | None]:
        stamp = _stamp(file)
        with self._lock:
            known = self._read.get(file)
            if known and known[0] == stamp:
                return known[1:]
            version, tariff = _read_version(file)
            self._keep_read(file, stamp, (version, tariff))
            return version, tariff

    def _keep_read(self, file: Path, stamp: _Stamp, read: tuple[StoredVersion, Tariff | None]) -> None:
        if len(self._read) >= _MOST_READ:
            self._read.pop(next(iter(self._read)))
        self._read[file] = (stamp, *read)


def _stamp(file: Path) -> _Stamp:
    found = [path.stat() for path in (file, file.with_suffix(".csv")) if path.exists()]
    return tuple((each.st_mtime_ns, each.st_size) for each in found)


def _read_version(file: Path) -> tuple[StoredVersion, Tariff | None]:
    tariff, name = file.parent.name, file.stem
    if not _is_day(name[:10]):
        fault = f"{name[:10]} is no day: a version has the name of the day from which it is valid"
        return StoredVersion(tariff=tariff, name=name, fault=fault), None
    try:
        read = read_files(file)
    except Misconfigured as wrong:
        first = wrong.problems[0]
        return StoredVersion(tariff=tariff, name=name, fault=f"{first.what}: {first.reason} ({first.where})"), None
    return _stored(file, read), read


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _stored(file: Path, read: Tariff) -> StoredVersion:
    return StoredVersion(
        tariff=file.parent.name,
        name=file.stem,
        title=read.title,
        currency=read.currency,
        valid_from=read.valid_from.isoformat() if read.valid_from else file.stem[:10],
        rates=len(read.rates),
        digest=read.digest,
    )


def read_files(path: Path) -> Tariff:
    """Return the tariff of a document and of the price list beside it, `x.csv` of `x.toml`; raises `Misconfigured`."""
    return read_tariff(*given_texts(path))


def given_texts(path: Path) -> tuple[TariffText, TariffText | None]:
    """Return the texts of a document and of the price list beside it; raises `Misconfigured`."""
    prices = path.with_suffix(".csv")
    document = _text(path, TARIFF_FILE)
    return document, _text(prices, PRICES_FILE) if prices != path and prices.exists() else None


def _text(path: Path, most_bytes: int) -> TariffText:
    try:
        looked = path.stat()
        if not S_ISREG(looked.st_mode):
            raise Misconfigured(
                Problem("the tariff cannot be read", "it is no plain file", str(path), "name its .toml file")
            )
        if looked.st_size > most_bytes:
            raise Misconfigured(
                Problem(
                    "the tariff is too large",
                    f"more than {most_bytes} bytes",
                    str(path),
                    "put many rates into a price list beside it, or divide them",
                )
            )
        return TariffText(path.read_text("utf-8-sig"), path.name)
    except OSError as fault:
        reason = fault.strerror or str(fault)
        raise Misconfigured(Problem("the tariff cannot be read", reason, str(path), "name its .toml file")) from fault
    except UnicodeDecodeError as fault:
        raise Misconfigured(
            Problem(
                "the tariff cannot be read",
                "it is no UTF-8",
                str(path),
                "save it as UTF-8; for a carrier's own file there is `tollbook tariff convert`",
            )
        ) from fault
