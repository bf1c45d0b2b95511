"""Writes what was done, and lists it. Whoever changes something records it in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.db.models import Q

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, Problem
from tollbook.site.audit.models import AuditRecord

ACTIONS = {
    "pbx.add": "added the PBX",
    "pbx.edit": "changed the PBX",
    "pbx.pause": "paused the PBX",
    "pbx.resume": "resumed the PBX",
    "pbx.remove": "removed the PBX",
    "pbx.format": "changed the format of the PBX",
    "pbx.import": "imported a file for the PBX",
    "pbx.import-undo": "took back an import of the PBX",
    "pbx.import-redo": "put back an import of the PBX",
    "pbx.rejects-aside": "put rejects aside of the PBX",
    "pbx.rejects-back": "brought rejects back of the PBX",
    "pbx.finding-aside": "put aside what looked odd of the PBX",
    "pbx.finding-back": "brought back what looked odd of the PBX",
    "pbx.retry": "retried the rejects of the PBX",
    "pbx.plan": "changed the dial plan of",
    "format.keep": "kept the format",
    "format.remove": "removed the format",
    "format.share": "took as a file, to be passed on, the format",
    "format.add": "added from a file the format",
    "sink.add": "added the sink",
    "sink.edit": "changed the sink",
    "sink.pause": "paused the sink",
    "sink.resume": "resumed the sink",
    "sink.remove": "removed the sink",
    "sink.backfill": "sent the history to the sink",
    "sink.resend": "sent again what was given up, to the sink",
    "destination.add": "added the destination",
    "destination.edit": "changed the destination",
    "destination.pause": "paused the destination",
    "destination.resume": "resumed the destination",
    "destination.remove": "removed the destination",
    "destination.test": "sent a test to the destination",
    "destination.address": "set the address of the pages:",
    "message.again": "had sent again the message",
    "directory.person-add": "added to the directory",
    "directory.person-edit": "changed in the directory",
    "directory.person-remove": "removed from the directory",
    "directory.department-add": "added the department",
    "directory.department-edit": "changed the department",
    "directory.department-remove": "removed the department",
    "directory.cost-centre-add": "added the cost centre",
    "directory.cost-centre-edit": "changed the cost centre",
    "directory.cost-centre-remove": "removed the cost centre",
    "directory.assign": "assigned",
    "directory.assignment-edit": "changed the assignment",
    "directory.assignment-remove": "removed the assignment",
    "directory.move": "moved",
    "directory.move-undo": "took back the move of",
    "directory.number-add": "added to the phone book",
    "directory.number-edit": "changed in the phone book",
    "directory.number-remove": "removed from the phone book",
    "directory.import": "imported a file into the directory",
    "directory.ldap": "took people from LDAP:",
    "directory.ldap-set": "changed the LDAP server",
    "directory.import-phone-book": "imported a file into the phone book",
    "tariff.add": "added the tariff",
    "tariff.assign": "assigned the tariff",
    "tariff.unassign": "took away the assignment of the tariff",
    "tariff.price-again": "had calls priced again, from",
    "tariff.price-as-before": "took back that calls were priced again, from",
    "alert.add": "added the alert",
    "alert.edit": "changed the alert",
    "alert.remove": "removed the alert",
    "alert.mute": "muted the alert",
    "alert.unmute": "let the alert tell again:",
    "alert.acknowledge": "acknowledged what was found by the alert",
    "budget.add": "added the budget",
    "budget.edit": "changed the budget",
    "budget.remove": "removed the budget",
    "wallboard.add": "added the wallboard",
    "wallboard.edit": "changed the wallboard",
    "wallboard.link": "made a link to the wallboard",
    "wallboard.revoke": "revoked the link to the wallboard",
    "wallboard.remove": "removed the wallboard",
    "report.add": "saved the report",
    "report.remove": "removed the report",
    "report.sql": "asked in SQL:",
    "schedule.add": "added the schedule",
    "schedule.edit": "changed the schedule",
    "schedule.pause": "paused the schedule",
    "schedule.resume": "resumed the schedule",
    "schedule.run": "ran by hand the schedule",
    "schedule.remove": "removed the schedule",
    "monthly-charge.add": "added the monthly charge",
    "monthly-charge.edit": "changed the monthly charge",
    "monthly-charge.remove": "removed the monthly charge",
    "person.add": "let somebody sign in:",
    "person.remove": "removed the person",
    "person.password": "changed the password of",
    "person.role": "changed the role of",
    "person.group": "changed the group of",
    "person.invite": "invited",
    "person.mail": "changed the mail address of",
    "person.link": "linked with somebody where people sign on:",
    "person.unlink": "took away where they sign on, of",
    "person.sign-in": "signed in",
    "person.sign-out": "ended a session of",
    "person.second-step": "switched the second step of signing in on for",
    "person.second-step-off": "switched the second step of signing in off for",
    "sign-on.set": "changed how people sign on by",
    "sign-on.remove": "ended that people sign on by",
    "sign-on.rules": "set for whom a second step of signing in is required:",
    "group.add": "added the group",
    "group.edit": "changed the group",
    "group.remove": "removed the group",
    "role.set": "set what may be done by the role",
    "role.remove": "removed the role",
    "token.make": "made the token",
    "token.remove": "removed the token",
    "place.add": "let a place join:",
    "place.move": "changed the group of the place",
    "place-group.set": "set what places should have, of the group",
    "place.code": "made another join code for the place",
    "place.remove": "removed the place",
    "place.join": "joined as the place",
    "place.leave": "left as the place",
    "centre.join": "joined the centre",
    "centre.take": "took over the set-up that was handed down by the centre",
    "centre.leave": "left the centre",
    "phone-bill.mask": "set how much of a number phone bills leave out:",
    "site.logo": "set the logo of PDFs:",
    "site.logo-remove": "removed the logo of PDFs:",
    "note.write": "wrote a note on the call",
    "note.change": "changed a note on the call",
    "note.remove": "removed a note from the call",
    "note.tags": "set the tags of the call",
    "note.private": "said that it was private, of the call",
    "note.not-private": "said that it was not private, of the call",
    "call.look": "looked at",
    "audit.looks": "set what is noted of looking at calls",
    "missed.claim": "said they will call back the caller of",
    "missed.release": "released the missed call",
    "missed.called": "said they have called back the caller of",
    "missed.set-aside": "set aside the missed call",
    "missed.many": "said that nobody has to call back:",
    "missed.reopen": "opened again the missed call",
    "missed.settings": "set how missed calls are followed",
    "retention.set": "set how long calls are kept",
    "retention.run": "dropped and deleted what was older than it is kept",
    "retention.now": "had dropped and deleted what is older than it is kept",
    "personal-data.find": "looked up what is known of",
    "personal-data.give": "took along what is known of",
    "personal-data.erase": "removed what was known of",
    "backup.make": "had a backup made in",
    "backup.plan": "planned backups into",
    "backup.end": "ended the backups into",
    "site.settings_moved": "moved the settings into the database",
    "site.restore": "restored the site from the backup",
    "config.export": "exported the set-up",
    "ledger.rebuild": "began to rebuild the ledger",
    "notice.done": "dealt with the notice",
}
"""What can be done, as it is said of whoever did it; the name of what it was done to follows."""
SUBJECTS = tuple(dict.fromkeys(action.partition(".")[0] for action in ACTIONS))
SET = "set, not shown"
LONGEST_VALUE = 1000
"""Letters that are kept of one value; the rest is cut off."""
_AT_ONCE = 500


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done. `at` is in UTC; `changes` holds `[before, after]` by field."""

    number: int
    at: datetime
    kind: str
    who: str
    address: str
    action: str
    name: str
    said: str
    changes: dict[str, list[str]]


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries are wanted: of whom, on what (`pbx`, or one action such as `pbx.add`), and when.

    `first` and `last` are days in UTC, both included. `before` is the number that all entries are below.
    """

    who: str = ""
    what: str = ""
    first: str = ""
    last: str = ""
    before: int | None = None


def record(actor: Actor, action: str, name: str = "", changes: Mapping[str, list[str]] | None = None) -> None:
    """Write down that somebody did something; raises `LookupError` for an action that is not in the table."""
    if action not in ACTIONS:
        raise LookupError(f"no action is called {action!r}")
    AuditRecord.objects.create(
        at=clock.now(),
        actor_kind=actor.kind,
        actor=actor.name[:150],
        address=actor.address[:100],
        action=action,
        name=name[:150],
        changes=dict(changes or {}),
    )


def differences(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    secret: Collection[str] = (),
) -> dict[str, list[str]]:
    """Return what differs, by field, as `[before, after]`; a mapping within is looked into.

    >>> differences({"paused": False, "settings": {"url": "a"}}, {"paused": True, "settings": {"url": "a", "port": 1}})
    {'paused': ['no', 'yes'], 'settings.port': ['', '1']}
    >>> differences({"settings": {"pin": "1234"}}, {"settings": {"pin": "9"}}, secret=["pin"])
    {'settings.pin': ['set, not shown', 'changed, not shown']}
    """
    was, now = dict(_flat(before)), dict(_flat(after))
    return {
        field: _told(field.rpartition(".")[2] in secret, was.get(field), now.get(field))
        for field in dict.fromkeys((*was, *now))
        if (was.get(field) or "") != (now.get(field) or "")
    }


def _flat(values: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    for field, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{within}{field}.")
        elif value not in (None, ""):
            yield f"{within}{field}", value


def _told(is_secret: bool, was: Any, now: Any) -> list[str]:  # noqa: ANN401, FBT001 - values of any kind, by two of them
    if is_secret:
        return [SET if was else "", "" if not now else SET if not was else "changed, not shown"]
    return [_text(was), _text(now)]


def _text(value: object) -> str:
    told = {None: "", True: "yes", False: "no"}.get(value) if isinstance(value, bool | None) else str(value)
    return (told or "")[:LONGEST_VALUE]


def entries(wanted: AuditFilter, limit: int | None = None) -> Iterable[AuditEntry]:
    """Yield the entries that are wanted, newest first; raises `Misconfigured` for a day that is none."""
    found = AuditRecord.objects.filter(_condition(wanted))[:limit]
    return (_entry(each) for each in found.iterator(_AT_ONCE))


def _condition(wanted: AuditFilter) -> Q:
    condition = Q()
    if wanted.who:
        condition &= Q(actor__iexact=wanted.who)
    if wanted.what:
        condition &= _of(wanted.what)
    if wanted.first:
        condition &= Q(at__gte=_day("from", wanted.first))
    if wanted.last:
        condition &= Q(at__lt=_day("to", wanted.last) + timedelta(days=1))
    if wanted.before is not None:
        condition &= Q(pk__lt=wanted.before)
    return condition


def _of(what: str) -> Q:
    if what in SUBJECTS:
        return Q(action__startswith=f"{what}.")
    if what in ACTIONS:
        return Q(action=what)
    reason = f"known are: {', '.join(SUBJECTS)}"
    raise Misconfigured(Problem(f"nothing in the audit is called {what!r}", reason, help="or one action: 'pbx.add'"))


def _day(name: str, text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Misconfigured(Problem(f"'{name}' must be a day such as 2026-01-31", f"got {text!r}")) from None


def _entry(record: AuditRecord) -> AuditEntry:
    said = f"{ACTIONS.get(record.action, record.action)} {record.name}".strip()
    return AuditEntry(
        number=record.pk,
        at=record.at,
        kind=record.actor_kind,
        who=record.actor,
        address=record.address,
        action=record.action,
        name=record.name,
        said=said,
        changes=record.changes,
    )
