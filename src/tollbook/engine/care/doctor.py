"""Checks a site and says what to mend."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain

import msgspec

from tollbook import clock
from tollbook.dialects.checks.clock import FUTURE
from tollbook.dialects.known import Catalogue
from tollbook.engine.care.dates import doubts
from tollbook.engine.care.parses import kept_suspicions, suspicions_of
from tollbook.engine.care.unread import unread
from tollbook.engine.site import Site
from tollbook.journal import notices
from tollbook.model.backup import BackupState
from tollbook.model.directory import PeopleRead
from tollbook.model.frame import FORMAT_FAILED
from tollbook.model.health import Lag, State
from tollbook.model.parse_figures import FindingAside, sorted_out
from tollbook.model.pbx import Pbx
from tollbook.model.sink import SinkHealth
from tollbook.site.pbxs.checks import PbxBounds, problems_of
from tollbook.store import retention

_LOW_ROOM = 500 << 20
_CLOCK_SLACK_S = 900
_MOST_DAMAGED = 10


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at: whether it is well, what was found, and what to do where it is not.

    `topic` is the word for what it is about (`room`, `clocks` …), `pbx` the PBX that it is of, if any.
    """

    well: bool
    what: str
    help: str = ""
    pbx: str = ""
    topic: str = ""


class SetUp(msgspec.Struct, frozen=True):
    """What a person has set up in a site: its PBXs, its sinks and how these are doing, its formats; and what waits."""

    pbxs: list[Pbx]
    sinks: list[SinkHealth]
    catalogue: Catalogue
    lag: Lag
    names: frozenset[str] = frozenset()
    """Of all PBXs that settings know, those that were removed included."""
    backups: BackupState = BackupState()
    on_the_way: str = ""
    """What is wrong with how passwords travel to the pages."""
    people_read: PeopleRead | None = None
    retention_waits: str = ""
    """Why what is too old is not dropped until somebody says so."""


def examine(site: Site, made: SetUp, damaged: Mapping[int, str], *, thorough: bool) -> list[Finding]:
    """Look at everything that can be looked at without asking a PBX; `damaged` are parts of the journal.

    Where it is not to be thorough the journal is not read, which takes minutes for a large one.
    """
    checks: dict[str, Iterator[Finding]] = {
        "folder": _folder(site),
        "room": _room(site),
        "notices": _notices(site),
        "journal": _journal(site, damaged, thorough=thorough),
        "store": _store(made.lag),
        "aside": _put_aside(site),
        "settings": _settings(made.pbxs, PbxBounds(made.catalogue, site.fence)),
        "unknown": _unknown(site, made.names),
        "formats": _dialects(made.catalogue),
        "failed": _failed(site),
        "clocks": _clocks(site, made.pbxs),
        "dates": _dates(site, made),
        "unread": _unread(site, made),
        "parses": _parses(site, made.pbxs, thorough=thorough),
        "sinks": _sinks(made.sinks),
        "backups": chain(_backups(made.backups), _calls_alone(site, made.backups)),
        "retention": _retention(made.retention_waits),
        "people": _people(made.people_read),
        "encryption": _encryption(made.on_the_way),
    }
    return [msgspec.structs.replace(found, topic=topic) for topic, check in checks.items() for found in check]


def _folder(site: Site) -> Iterator[Finding]:
    open_to_others = stat.S_IMODE(site.path.stat().st_mode) & 0o077
    what = (
        "the site's folder is its owner's alone" if not open_to_others else "others on this machine can read the site"
    )
    yield Finding(not open_to_others, what, f"chmod 700 {site.path}" if open_to_others else "")


def _room(site: Site) -> Iterator[Finding]:
    free = shutil.disk_usage(site.path).free
    yield Finding(free > _LOW_ROOM, f"{free >> 20} MB are free on the disk", "" if free > _LOW_ROOM else "make room")
    stands = site.journal.reserve.stands()
    help_ = "" if stands else "make room: until then nothing is asked of a PBX that clears its records"
    yield Finding(stands, "the journal's reserve stands" if stands else "the journal's reserve is used up", help_)


def _notices(site: Site) -> Iterator[Finding]:
    for notice in notices.standing(site.journal):
        what = f"on {datetime.fromtimestamp(notice.at / 1e6, UTC):%Y-%m-%d at %H:%M} UTC: {notice.what}"
        yield Finding(well=False, what=what, help=f"{notice.help}; then `tollbook doctor --done {notice.number}`")


def _journal(site: Site, damaged: Mapping[int, str], *, thorough: bool) -> Iterator[Finding]:
    fault = site.journal.check() if thorough else ""
    told = [*([f"the journal: {fault}"] if fault else []), *damaged.values()]
    for what in told[:_MOST_DAMAGED]:
        yield Finding(well=False, what=what, help="put journal.sqlite back from a backup that is older than the damage")
    if len(told) > _MOST_DAMAGED:
        yield Finding(well=False, what=f"{len(told) - _MOST_DAMAGED} more entries of the journal are damaged")
    if thorough and not told:
        yield Finding(well=True, what=f"the journal is sound, every entry fits its checksum ({site.journal.mode})")
    unbacked = site.store.unbacked()
    if unbacked:
        yield Finding(well=True, what=f"{unbacked} calls are kept whose bytes the journal has lost")


def _store(lag: Lag) -> Iterator[Finding]:
    if lag.trouble:
        yield Finding(well=False, what=lag.trouble, help="see the log for the cause; calls are safe in the journal")
    else:
        yield Finding(well=True, what=f"the store is {lag.entries} entries behind the journal")


def _put_aside(site: Site) -> Iterator[Finding]:
    for aside in sorted(site.path.glob("*.unreadable")):
        what = f"{aside.name} ({aside.stat().st_size >> 20} MB) was put aside and made again"
        yield Finding(well=True, what=what, help=f"it may go: rm {aside}")


def _unknown(site: Site, names: frozenset[str]) -> Iterator[Finding]:
    for name in sorted(site.store.has_records() - names):
        what = f"PBX {name} has records in the journal and is not set up; its calls stay as they are"
        help_ = "put the newest site.sqlite back, or set the PBX up again under the same name and retry the rejects"
        yield Finding(well=False, what=what, help=help_)


def _settings(pbxs: list[Pbx], bounds: PbxBounds) -> Iterator[Finding]:
    if not pbxs:
        yield Finding(well=False, what="no PBX is set up", help="add one: tollbook pbx add NAME …")
    for pbx in pbxs:
        problems = problems_of(pbx, bounds)
        for problem in problems:
            yield Finding(
                well=False,
                what=f"PBX {pbx.name}: {problem.what}: {problem.reason}",
                help=problem.help,
                pbx=pbx.name,
            )
        if not problems:
            yield Finding(well=True, what=f"PBX {pbx.name} is set up soundly", pbx=pbx.name)


def _dialects(catalogue: Catalogue) -> Iterator[Finding]:
    for problem in catalogue.problems():
        yield Finding(well=False, what=f"{problem.where}: {problem.what}: {problem.reason}", help=problem.help)


def _failed(site: Site) -> Iterator[Finding]:
    query = "SELECT pbx, count(*), any_value(reason) FROM reject WHERE rule = ? GROUP BY pbx ORDER BY pbx"
    for pbx, count, reason in site.store.rows(query, [FORMAT_FAILED]):
        what = f"PBX {pbx}: {count} records were not read: {reason}"
        yield Finding(well=False, what=what, help="mend the format, then retry the PBX's rejects", pbx=pbx)


def _sinks(sinks: list[SinkHealth]) -> Iterator[Finding]:
    for sink in sinks:
        if sink.state in (State.NOT_REACHABLE, State.NEEDS_ATTENTION):
            help_ = f"`tollbook sink test {sink.sink}` says what does not fit; calls wait meanwhile"
            yield Finding(well=False, what=f"sink {sink.sink}: {sink.message}", help=help_)
        elif sink.refused:
            help_ = f"tollbook sink resume {sink.sink} --resend"
            yield Finding(well=False, what=f"sink {sink.sink}: {sink.refused} deliveries were put aside", help=help_)
        else:
            yield Finding(well=True, what=f"sink {sink.sink} is {sink.behind} changes behind")
        if sink.left_out:
            help_ = (
                f"to have them: {'; '.join(sink.left_out.adding)}; `tollbook sink backfill {sink.sink}` fills them for "
                "calls before"
            )
            yield Finding(well=True, what=f"sink {sink.sink}: {sink.left_out.told}", help=help_)


def _encryption(fault: str) -> Iterator[Finding]:
    if fault:
        help_ = "serve with --tls-certificate and --tls-key, or put a proxy with TLS before it and say --behind-proxy"
        yield Finding(well=False, what=fault, help=help_)


def _backups(state: BackupState) -> Iterator[Finding]:
    if state.plan is None:
        help_ = "plan them: tollbook backup-plan set FOLDER   (or see that something else backs the site up)"
        yield Finding(well=True, what="no backups are planned", help=help_)
    elif state.failed_why:
        since = f"the newest is of {state.last_at}" if state.last_at else "there is none yet"
        what = f"the backup at {state.failed_at} failed: {state.failed_why}; {since}"
        yield Finding(well=False, what=what, help=f"mend {state.plan.folder}; it is tried again every hour")
    elif state.overdue:
        what = f"the newest backup is of {state.last_at}, and one was to be made every {state.plan.every_h} h"
        yield Finding(well=False, what=what, help="let `tollbook serve` run, and read its log")
    else:
        newest = f"the newest is of {state.last_at}, {state.last_bytes >> 20} MB" if state.last_at else "none yet"
        yield Finding(well=True, what=f"backups are planned into {state.plan.folder}; {newest}")


def _retention(waits: str) -> Iterator[Finding]:
    if waits:
        help_ = "look whether the machine's clock is right, then `tollbook retention run`"
        yield Finding(well=False, what=f"{waits}, so nothing goes until somebody says so", help=help_)


def _calls_alone(site: Site, state: BackupState) -> Iterator[Finding]:
    """Find calls whose records were dropped: they can be made again from nothing but a backup."""
    with site.store.cursor() as cursor:
        parted = retention.marks(cursor).parted
    if parted and state.plan is None:
        what = f"calls from before {parted:%Y-%m-%d} are without records, in calls.duckdb alone; no backups are planned"
        yield Finding(well=False, what=what, help="plan them: tollbook backup-plan set FOLDER")


def _people(read: PeopleRead | None) -> Iterator[Finding]:
    if read is None:
        return
    if read.failed_why:
        what = f"people could not be taken from LDAP at {read.at}: {read.failed_why}"
        yield Finding(well=False, what=what, help="see: tollbook directory ldap run --dry-run")
    elif read.at:
        left = f"; {read.left_out} entries with a fault were left out" if read.left_out else ""
        yield Finding(well=True, what=f"people were taken from LDAP at {read.at}: {read.said}{left}")


def _dates(site: Site, made: SetUp) -> Iterator[Finding]:
    for name, doubt in doubts(site.store, made.pbxs, made.catalogue, clock.now()).items():
        yield Finding(well=False, what=f"PBX {name}: {doubt.what}", help=doubt.help, pbx=name)


def _unread(site: Site, made: SetUp) -> Iterator[Finding]:
    for name, found in unread(site.store, site.journal, made.pbxs, made.catalogue).items():
        yield Finding(well=False, what=f"PBX {name}: {found.what}", help=found.help, pbx=name)


def _parses(site: Site, pbxs: list[Pbx], *, thorough: bool) -> Iterator[Finding]:
    """Tell of calls that look like columns taken for others; days to come are told by `dates`."""
    look = suspicions_of if thorough else kept_suspicions
    odd_ones = look(site.store, pbxs, clock.now())
    asides = _asides() if odd_ones else {}
    for name, found in odd_ones.items():
        for odd in sorted_out(found, asides.get(name, ()))[0]:
            if odd.check != FUTURE:
                what = f"PBX {name}: {odd.seen}; likely: {odd.reason}"
                yield Finding(well=odd.mild, what=what, help=odd.help, pbx=name)


def _asides() -> dict[str, list[FindingAside]]:
    """Return what somebody put aside, by PBX."""
    from tollbook.site.pbxs import findings

    return findings.every()


def _clocks(site: Site, pbxs: list[Pbx]) -> Iterator[Finding]:
    """Compare the zone a person set with the one that the PBX's own ids tell, where they are epoch seconds."""
    query = """
    SELECT median(epoch(started_local) - try_cast(split_part(call_id, '.', 1) AS BIGINT)),
           median(epoch(started_local) - epoch(started_at))
    FROM (
      SELECT * FROM call WHERE pbx = ? AND length(split_part(call_id, '.', 1)) = 10 ORDER BY started_at DESC LIMIT 200
    )
    """
    for pbx in pbxs:
        told, used = site.store.rows(query, [pbx.name])[0]
        if told is not None and abs(told - used) > _CLOCK_SLACK_S:
            told_h, used_h = told / 3600, used / 3600
            zone = f"'{pbx.timezone}' is {used_h:+.1f} h"
            what = f"PBX {pbx.name}: its ids say its clock is {told_h:+.1f} h from UTC, {zone}"
            yield Finding(well=False, what=what, help="set its time zone, or its clock", pbx=pbx.name)
