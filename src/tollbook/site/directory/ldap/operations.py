"""Setting the LDAP server up, and taking people from it: what the API and the commands do."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta

import msgspec
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import TOLLBOOK, Actor
from tollbook.model.directory import PeopleRead
from tollbook.model.fence import Fence
from tollbook.model.problem import Misconfigured, NotThere, Problem, Unavailable
from tollbook.plugins import declared, read_options, unknown_settings
from tollbook.site.audit import operations as audit
from tollbook.site.directory import checks
from tollbook.site.directory.ldap import syncing
from tollbook.site.directory.ldap.options import LdapOptions
from tollbook.site.directory.ldap.reading import LdapEntry, read_people
from tollbook.site.directory.ldap.syncing import LdapPreview, LdapRun
from tollbook.site.directory.models import LdapSettingsRecord
from tollbook.site.directory.operations import note
from tollbook.site.pbxs import operations as pbxs
from tollbook.site.reaching import check_reach, problems_in_reach

SECRETS = frozenset(each.name for each in declared(LdapOptions) if each.setting.secret)
_ONLY = 1
_WHERE = "LDAP"
_SHOWN = 10
_LONGEST_SAID = 1000
_AGAIN_S = 3600.0


class LdapTry(msgspec.Struct, frozen=True, kw_only=True):
    """How many people LDAP has, and the first of them as they were understood."""

    entries: int
    first: list[LdapEntry]


def settings() -> dict[str, str]:
    """Return the settings, secrets among them; raises `NotThere` where no server is set up."""
    found = LdapSettingsRecord.objects.first()
    if found is None:
        raise NotThere(Problem("no LDAP server is set up", "people are read from none", help="directory ldap set"))
    return dict(found.settings)


@transaction.atomic
def change(actor: Actor, given: Mapping[str, str | None], fence: Fence) -> dict[str, str]:
    """Change settings, None takes one away; raises `Misconfigured` with every fault.

    A password goes to no other server than it was given for.
    """
    record = LdapSettingsRecord.objects.first() or LdapSettingsRecord(pk=_ONLY)
    before = dict(record.settings)
    if given.get("url", before.get("url")) != before.get("url"):
        before = {name: text for name, text in before.items() if name not in SECRETS}
    wanted = {name: text for name, text in {**before, **given}.items() if text}
    problems = unknown_settings({each.name for each in declared(LdapOptions)}, wanted, _WHERE)
    try:
        options = read_options(LdapOptions, wanted, _WHERE)
    except Misconfigured as fault:
        raise Misconfigured(*problems, *fault.problems) from None
    problems += problems_in_reach(options, _WHERE, fence)
    problems += [fault for _, path in options.groups for fault in checks.path_problems(path)]
    if problems:
        raise Misconfigured(*problems)
    pbxs.check_known(options.pbx)
    changes = audit.differences({"settings": record.settings}, {"settings": wanted}, SECRETS)
    record.settings = wanted
    record.save()
    note(actor, "directory.ldap-set", options.url, changes)
    return wanted


def tried(fence: Fence) -> LdapTry:
    """Read LDAP and change nothing; raises `Unavailable`, `NotThere`."""
    entries = _read(fence)[1]
    return LdapTry(entries=len(entries), first=entries[:_SHOWN])


def run(actor: Actor, fence: Fence, *, apply: bool, leave_out: bool = False) -> LdapPreview:
    """Read LDAP and say what would change; with `apply` it is changed. Raises `Unavailable`, `NotThere`."""
    if not apply:
        options, entries = _read(fence)
        return syncing.preview(entries, _wanted(options, leave_out=leave_out))
    try:
        options, entries = _read(fence)
        found = syncing.apply(actor, entries, _wanted(options, leave_out=leave_out))
    except (Unavailable, Misconfigured) as fault:
        _keep_read(PeopleRead(failed_why=str(fault)))
        raise
    _keep_read(_told(found))
    return found


def run_if_due(fence: Fence) -> PeopleRead | None:
    """Take people from LDAP where that is due by `every`, and return how it went; None where it is not due.

    After a failure it is tried again within the hour.
    """
    record = LdapSettingsRecord.objects.first()
    before = state()
    if record is None or before is None or not before.every_s:
        return None
    wait = timedelta(seconds=min(before.every_s, _AGAIN_S) if before.failed_why else before.every_s)
    if record.read_at and record.read_at <= clock.now() < record.read_at + wait:
        return None
    with suppress(Unavailable, Misconfigured, NotThere):
        run(TOLLBOOK, fence, apply=True, leave_out=True)
    return state()


def state() -> PeopleRead | None:
    """Return how reading people goes; None where no server is set up."""
    record = LdapSettingsRecord.objects.first()
    if record is None:
        return None
    try:
        every_s = read_options(LdapOptions, dict(record.settings), _WHERE).every
    except Misconfigured:
        every_s = 0.0
    at = f"{record.read_at:%Y-%m-%dT%H:%M:%SZ}" if record.read_at else None
    return PeopleRead(**{**record.read, "every_s": every_s, "at": at})


def _told(found: LdapPreview) -> PeopleRead:
    faults = "; ".join(f"{each.dn}: {each.what}".lstrip(": ") for each in found.faults[:_SHOWN])
    if not found.applied:
        return PeopleRead(failed_why=f"nothing was changed: {faults}", left_out=len(found.faults))
    counted = (f"{getattr(found, name)} {name}" for name in ("new", "changed", "ended", "unchanged"))
    return PeopleRead(said=f"{found.entries} entries: {', '.join(counted)}", left_out=len(found.faults))


def _keep_read(read: PeopleRead) -> None:
    kept = {"said": read.said, "left_out": read.left_out, "failed_why": read.failed_why[:_LONGEST_SAID]}
    LdapSettingsRecord.objects.update(read_at=clock.now(), read=kept)


def _wanted(options: LdapOptions, *, leave_out: bool) -> LdapRun:
    return LdapRun(on=_today(options.pbx), pbx=options.pbx, most_ended=options.most_ended, leave_out=leave_out)


def _today(name: str) -> date:
    """Return what day it is at a PBX, or at that of all where it is latest: no day that is over changes."""
    now, there = clock.now(), [each for each in pbxs.every() if not each.removed]
    asked = [each for each in there if each.name == name] or there
    return max((now.astimezone(each.zone).date() for each in asked), default=now.date())


def _read(fence: Fence) -> tuple[LdapOptions, list[LdapEntry]]:
    options = read_options(LdapOptions, settings(), _WHERE)
    check_reach(options, _WHERE, fence)
    return options, read_people(options, fence)
