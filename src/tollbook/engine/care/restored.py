"""Compares a site's files as they are opened, and keeps an older one among newer others from hiding or losing calls.

Each file remembers how far the others had come (`model.high_water`). One that is behind its mark was put back from a
backup, or lost what it had written last. Then numbers that it would give out again are passed over, calls that
only the store still has are kept, and whoever relied on its numbers begins again. What was found is left as a notice.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import structlog

from tollbook.engine.changes.positions import Positions
from tollbook.journal import Journal, dropping, notices, writes
from tollbook.journal.high_water import HighWaterFile
from tollbook.model.high_water import HighWater
from tollbook.model.shape import ARCHIVES, ENOUGH, sniff
from tollbook.store import retention
from tollbook.store.store import Store
from tollbook.store.unbacked import LostBodies

_log = structlog.get_logger()
_ROUND = 1_000_000_000
"""After a journal was put back, numbers go on from the next multiple of this: far above all that was ever given out."""
_PUT_BACK = "an older journal was put back"


class Trust(StrEnum):
    """What the sinks' positions are worth."""

    WHOLE = "whole"
    OLDER = "older"
    LOST = "lost"


class SiteFiles(Protocol):
    """The files of a site."""

    journal: Journal
    store: Store
    positions: Positions
    settings: HighWaterFile
    settings_elsewhere: bool


class _Remembered:
    """What all files of a site remember of one of them."""

    def __init__(self, files: SiteFiles, file: str) -> None:
        kept = (
            files.journal.high_waters(),
            files.store.high_waters(),
            files.positions.file.high_waters(),
            files.settings.high_waters(),
        )
        self._kept = [high for each_file in kept for high in each_file if high.file == file]
        self.last = max((high.number for high in self._kept), default=0)
        self.first = min((high.number for high in self._kept), default=0)

    def is_behind(self, high: HighWater) -> bool:
        """Say whether the file has been further, in the life that it is in."""
        return any(each.life == high.life and each.number > high.number for each in self._kept)

    def is_another(self, high: HighWater | None) -> bool:
        """Say whether the file is another one than the others know, or none."""
        return bool(self._kept) and (high is None or all(each.life != high.life for each in self._kept))

    def differs(self, journal: Journal, high: HighWater) -> bool:
        """Say whether another journal of the same life had come to a place that this one has otherwise."""
        within = [each for each in self._kept if each.life == high.life and each.number <= high.number]
        return any(journal.digest(each.number) != each.digest for each in within if each.digest)


def compare(files: SiteFiles, at: int) -> Trust:
    """Set right what an older file would do wrong, and leave notices; return what sinks' positions are worth."""
    found = [_journal(files, at), _store(files)]
    trust, told = _positions(files)
    found += [told, _settings(files), _keep_what_was_dropped(files)]
    for what, help_ in filter(None, found):
        _log.warning(what, help=help_)
        files.journal.write(notices.leave(what, help_, at))
    return trust


def lowest_mark(files: SiteFiles) -> int:
    """Return an entry below which no file remembers any of the journal's: those may go."""
    return _Remembered(files, "journal.sqlite").first


def standing(files: SiteFiles) -> list[HighWater]:
    """Say how far each file has come that can be read."""
    small = (files.positions.file.high_water(), files.settings.high_water())
    return [files.journal.high_water(), files.store.high_water(), *filter(None, small)]


def remember(files: SiteFiles) -> None:
    """Note in each file how far the others are."""
    journal, store = files.journal.high_water(), files.store.high_water()
    small = (files.positions.file, files.settings)
    for file in small:
        others = [each.high_water() for each in small if each is not file]
        file.note_high_waters([journal, store, *filter(None, others)])
    noted = [high for high in (file.high_water() for file in small) if high]
    files.store.note_high_waters([journal, *noted])
    files.journal.note_high_waters([store, *noted])


_Told = tuple[str, str] | None
"""What was found, and what to do."""


def _journal(files: SiteFiles, at: int) -> _Told:
    high, known = files.journal.high_water(), _Remembered(files, "journal.sqlite")
    progress, _ = files.store.progress()
    another = known.is_another(high) or known.differs(files.journal, high)
    if not (another or known.is_behind(high) or progress > high.number):
        return None
    given_out = max(high.number, known.last, progress, files.journal.last_body(), files.store.last_body())
    number = (given_out // _ROUND + 1) * _ROUND
    files.journal.write(writes.go_on_after(number, at, _PUT_BACK))
    if another:
        kept = files.store.note_lost(None)
        what = "journal.sqlite is another one than the rest of this site was made with"
    else:
        kept = _keep_what_is_lost(files, at)
        what = "journal.sqlite is older than the rest of this site: it was put back from a backup, or written elsewhere"
    stay = f"; {kept} calls that it does not hold stay in the ledger, and cannot be read again" if kept else ""
    return what + stay, "put the newest journal.sqlite there is in its place, if there is a newer one"


def _keep_what_is_lost(files: SiteFiles, at: int) -> int:
    """Keep rows of bodies that the journal has not, or not as long; return how many calls have no bytes now."""
    journal, reached = files.journal, files.store.reached()
    lengths: dict[int, int] = dict(journal.rows("SELECT id, length FROM body"))
    whole = [body for body in reached if body not in lengths]
    longer = [body for body, end in reached.items() if body in lengths and end > lengths[body]]
    archives = {body for body in longer if sniff(journal.slice(body, 0, ENOUGH), ended=True) in ARCHIVES}
    open_now = {body.id: body for body in journal.bodies("state = 'open'")}
    shortened = [body for body in longer if body not in archives]
    whole += archives & open_now.keys()
    ended = {**open_now, **{number: body for number in shortened if (body := journal.body(number))}}
    if ended:
        journal.write(*(writes.part_with(body, at, _PUT_BACK) for body in ended.values()))
    goes_on = [body for body in files.store.progress()[1] if body in lengths and body not in {*ended, *whole}]
    beyond = {body: lengths[body] for body in shortened}
    return files.store.note_lost(LostBodies(whole=whole, beyond=beyond, goes_on=goes_on))


def _store(files: SiteFiles) -> _Told:
    high, known = files.store.high_water(), _Remembered(files, "calls.duckdb")
    furthest = files.positions.furthest(high.life)
    another = known.is_another(high)
    if not (another or known.is_behind(high) or furthest > high.number):
        return None
    files.store.begin_epoch()
    files.positions.move_on(high.life, str(files.store.position().epoch), high.number)
    if another:
        return None  # it was made again, which is told where it is done, or it was put back before it was ever lost
    what = "calls.duckdb is older than the rest of this site; what it lacks is read from the journal again"
    return what, "nothing, but for sinks that say so: those that overwrite are filled again by themselves"


def _keep_what_was_dropped(files: SiteFiles) -> _Told:
    """Keep rows of bodies that were dropped since they are old, where the ledger is of before that.

    In a ledger that was made again their calls are missing, and in one of before they came, those of newer ones.
    """
    dropped = set(dropping.dropped(files.journal))
    if not dropped:
        return None
    (entry, _), last = files.store.progress(), files.store.last_body()
    if missing := [body for body in dropped if not entry or body > last]:
        what = (
            f"calls.duckdb is made again without the calls of {len(missing)} answers and files that were dropped as old"
        )
        return what, "put calls.duckdb back from a newer backup: only there are calls whose records are kept no longer"
    with files.store.cursor() as cursor:
        in_use = retention.bodies_in_use(cursor)
    if left := dropped & in_use:
        _, going_on = files.store.progress()
        files.store.note_lost(LostBodies(whole=sorted(left), beyond={}, goes_on=list(going_on)))
    return None


def _positions(files: SiteFiles) -> tuple[Trust, _Told]:
    high, known = files.positions.file.high_water(), _Remembered(files, "sinks.sqlite")
    if known.is_another(high):
        what = "sinks.sqlite is a new file: where each sink stood is lost"
        return Trust.LOST, (what, "`tollbook sink list` says which sinks need you; the others are filled again")
    if high is not None and known.is_behind(high):
        what = "sinks.sqlite is older than the rest of this site"
        return Trust.OLDER, (what, "`tollbook sink list` says which sinks need you; the others go on")
    return Trust.WHOLE, None


def _settings(files: SiteFiles) -> _Told:
    if files.settings_elsewhere:
        return None
    high, known = files.settings.high_water(), _Remembered(files, "site.sqlite")
    if known.is_another(high):
        what = "site.sqlite is a new file: PBXs, sinks, people and tokens are not those of before"
        return what, "put site.sqlite back from a backup, or set everything up again under the same names"
    if high is not None and known.is_behind(high):
        what = (
            "site.sqlite is older than the rest of this site: settings, people, passwords and tokens are those of then"
        )
        return what, "look through PBXs, sinks, people and tokens; take away again who was removed since"
    return None
