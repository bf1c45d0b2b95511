"""Files that are looked at before they are imported: kept beside the journal, read, then imported or dropped.

A file on somebody's disk is not lost while nothing of it is journalled, as what a PBX sends would be. So it may be
read first; and it is in the journal before it counts. One thread does all of it, one file after another.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import structlog

from tollbook.clock import monotonic_s
from tollbook.engine.capture.imports import Imports
from tollbook.engine.pipeline.dry_run import DryReading, DryRuns
from tollbook.model import naming
from tollbook.model.dry_run import Upload, UploadStage
from tollbook.model.limits import (
    LARGEST_IMPORT,
    LARGEST_PIECE,
    LONGEST_ORIGIN,
    UPLOAD_KEPT_S,
    UPLOAD_LEAVES,
    UPLOADS,
)
from tollbook.model.problem import Misconfigured, Problem

_log = structlog.get_logger()
FOLDER = "uploads"


class Uploads:
    """The uploads of one site. Safe to use from several threads; `stop` it once."""

    def __init__(self, folder: Path, imports: Imports, dry_runs: DryRuns) -> None:
        self._folder, self._imports, self._dry_runs = folder, imports, dry_runs
        self._lock = threading.RLock()
        self._there: dict[str, Upload] = {}
        self._touched: dict[str, float] = {}
        self._reading: DryReading | None = None
        self._stopped = False
        self._worker = ThreadPoolExecutor(1, "uploads")

    def start(self) -> None:
        """Delete what an earlier process left."""
        self._clear()

    def stop(self) -> None:
        """Break off what is being done, and delete what is there."""
        with self._lock:
            self._stopped = True
            if self._reading:
                self._reading.stopped = True
        self._worker.shutdown(cancel_futures=True)
        self._clear()

    def begin(self, pbx: str, name: str) -> str:
        """Begin to take a file for a PBX; returns its key. Raises `Misconfigured` where there are too many."""
        with self._lock:
            self._forget_old()
            if len(self._there) >= UPLOADS:
                reason = f"{len(self._there)} files wait to be imported or dropped"
                raise Misconfigured(Problem("there is no room for another file", reason, help="import or drop one"))
            key = secrets.token_hex(8)
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._path(key).touch(mode=0o600)
            self._there[key] = Upload(upload=key, pbx=pbx, name=naming.plain(name)[:LONGEST_ORIGIN])
            self._touched[key] = monotonic_s()
        return key

    def take(self, key: str, data: bytes) -> None:
        """Take a file's next bytes; raises `LookupError` for one that is not arriving.

        Raises `Misconfigured`, and drops it, where it is too large.
        """
        there = self._at(key, UploadStage.ARRIVING)
        if there.bytes_taken + len(data) > LARGEST_IMPORT:
            self._refuse(key, "the file is too large", f"the most is {LARGEST_IMPORT} bytes")
        if shutil.disk_usage(self._folder).free - len(data) < UPLOAD_LEAVES:
            self._refuse(key, "there is no room on the disk for the file", "the room that is left is the journal's")
        with self._path(key).open("ab") as file:
            file.write(data)
        self._note(key, bytes_taken=there.bytes_taken + len(data))

    def finish(self, key: str) -> None:
        """Say that the file is whole; it is read then. Raises `LookupError` as `take` does."""
        self._at(key, UploadStage.ARRIVING)
        self._note(key, stage=UploadStage.READING)
        self._worker.submit(self._guarded, key, self._read)

    def keep(self, key: str) -> None:
        """Import the file; raises `LookupError` for one that has not been read."""
        self._at(key, UploadStage.READ)
        self._note(key, stage=UploadStage.IMPORTING)
        self._worker.submit(self._guarded, key, self._import)

    def drop(self, key: str) -> Upload:
        """Delete a file that is not being imported; raises `LookupError` for one there is not."""
        with self._lock:
            there = self.state(key)
            if there.stage is UploadStage.IMPORTING:
                raise Misconfigured(Problem("it is being imported", "a part of it may be in the ledger", help="wait"))
            if there.stage is UploadStage.READING and self._reading:
                self._reading.stopped = True
            self._forget(key)
        return there

    def state(self, key: str) -> Upload:
        """Say how far a file is; raises `LookupError` for one there is not."""
        with self._lock:
            there = self._there.get(key)
            if there is None:
                message = f"there is no upload {key}"
                raise LookupError(message)
            reading = there.stage is UploadStage.READING and self._reading
            return msgspec.structs.replace(there, bytes_read=self._reading.read) if reading and self._reading else there

    # ------------------------------------------------------------------ the worker's thread

    def _guarded(self, key: str, work: Callable[[str], None]) -> None:
        """Do a piece of work with a file; what goes wrong is told where the file is."""
        try:
            work(key)
        except LookupError:
            return  # it was dropped
        except Exception as fault:  # noqa: BLE001 - nobody waits on this thread; who asks for the file is told
            _log.warning("an uploaded file could not be worked on", reason=str(fault), exc_info=fault)
            with suppress(LookupError):
                self._note(key, stage=UploadStage.FAILED, trouble=str(fault) or type(fault).__name__)

    def _read(self, key: str) -> None:
        there = self.state(key)
        path = self._path(key)
        with self._lock:
            reading = self._reading = self._dry_runs.begin(lambda: path.open("rb"), there.pbx)
            reading.stopped = self._stopped
        try:
            found = self._dry_runs.run(reading)
        finally:
            with self._lock:
                self._reading = None
        if not reading.stopped:
            self._note(key, stage=UploadStage.READ, found=found, bytes_read=there.bytes_taken)

    def _import(self, key: str) -> None:
        there = self.state(key)
        body = self._imports.begin(there.pbx, there.name)
        self._note(key, body=body)
        cut = "Tollbook was stopped while it was imported"
        try:
            with self._path(key).open("rb") as file:
                for piece in iter(partial(file.read, LARGEST_PIECE), b""):
                    if self._stopped:
                        return
                    self._imports.take(body, piece)
            cut = ""
        finally:
            self._imports.finish(body, cut=cut)
        self._path(key).unlink()
        self._note(key, stage=UploadStage.IMPORTED)

    # ------------------------------------------------------------------ inside

    def _clear(self) -> None:
        for path in self._folder.glob("*.part"):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self._folder.rmdir()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.part"

    def _at(self, key: str, stage: UploadStage) -> Upload:
        there = self.state(key)
        if there.stage is not stage:
            message = f"the upload {key} is {there.stage}, not {stage}"
            raise LookupError(message)
        return there

    def _note(self, key: str, **changes: object) -> None:
        with self._lock:
            if key not in self._there:
                message = f"there is no upload {key}"
                raise LookupError(message)
            self._there[key] = msgspec.structs.replace(self._there[key], **changes)
            self._touched[key] = monotonic_s()

    def _refuse(self, key: str, what: str, reason: str) -> None:
        self.drop(key)
        raise Misconfigured(
            Problem(what, reason, help="import it with `tollbook import`, in parts where it is too large"),
        )

    def _forget(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)
        del self._there[key], self._touched[key]

    def _forget_old(self) -> None:
        """Forget what was imported, and what nobody has done anything with for long."""
        now = monotonic_s()
        for key, there in list(self._there.items()):
            busy = there.stage in (UploadStage.READING, UploadStage.IMPORTING)
            if not busy and (there.body is not None or now - self._touched[key] > UPLOAD_KEPT_S):
                self._forget(key)
