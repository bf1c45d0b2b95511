"""Makes the directory say what LDAP says: what would change is said first, and applied whole in one transaction.

A person is known by the unique id of their entry, before that by mail or name. Who is there no longer ends on the day,
as do their assignments; who moves, moves on the day. Nothing of before the day changes, and nobody is removed.
What the very first reading finds of extensions that nobody had holds always.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec
from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.site.directory import checks
from tollbook.site.directory.assignments import said, with_owners
from tollbook.site.directory.ldap.reading import LdapEntry
from tollbook.site.directory.models import LONGEST_CODE, AssignmentRecord, LdapPersonRecord, PersonRecord
from tollbook.site.directory.names import Names, is_new, keep
from tollbook.site.directory.operations import note
from tollbook.site.directory.spreadsheet import ChangeKind

_ALWAYS_ENDED = 5
_KIND = "extension"


class LdapFault(msgspec.Struct, frozen=True):
    """What is wrong with an entry: nothing of it is taken, and nothing ended."""

    dn: str
    what: str
    reason: str = ""


class LdapChange(msgspec.Struct, frozen=True):
    """What becomes of a person: in words, and what was."""

    change: ChangeKind
    what: str
    before: str = ""


class LdapPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What reading LDAP would change, or has changed; `changes` lists those that change something."""

    applied: bool
    entries: int
    new: int
    changed: int
    ended: int
    unchanged: int
    changes: list[LdapChange]
    faults: list[LdapFault]


class LdapRun(msgspec.Struct, frozen=True, kw_only=True):
    """On which day something changes, of which PBX, how many may end, and whether entries with a fault are left out."""

    on: date
    pbx: str = ""
    most_ended: int = 20
    leave_out: bool = False


def preview(entries: list[LdapEntry], run: LdapRun) -> LdapPreview:
    """Return what would change, and every fault; nothing is changed."""
    return _Sync(entries, run).preview(applied=False)


@transaction.atomic
def apply(actor: Actor, entries: list[LdapEntry], run: LdapRun) -> LdapPreview:
    """Change what LDAP says; nothing where there is a fault, unless entries with a fault are left out."""
    sync = _Sync(entries, run)
    if sync.too_many or (sync.faults and not run.leave_out):
        return sync.preview(applied=False)
    found = sync.preview(applied=True)
    sync.keep()
    counts = {name: ["", str(getattr(found, name))] for name in ("new", "changed", "ended")}
    if found.changes:
        note(actor, "directory.ldap", f"{found.entries} entries", counts)
    return found


class _Person(msgspec.Struct, eq=False):
    """An entry, whose it is, and what becomes of their extension: one that ends, one that begins."""

    entry: LdapEntry
    record: PersonRecord
    ending: list[AssignmentRecord]
    beginning: AssignmentRecord | None
    change: ChangeKind
    before: str


class _Sync:
    """What is to become of each entry; it changes nothing before `keep`."""

    def __init__(self, entries: list[LdapEntry], run: LdapRun) -> None:
        self._run, self._names, self._count = run, Names(), len(entries)
        self.faults: list[LdapFault] = []
        self._links = {each.unique_id: each for each in LdapPersonRecord.objects.select_related("person")}
        self._is_first = not self._links
        self._held: dict[int, list[AssignmentRecord]] = {}
        self._had: set[str] = set()
        self._of_value: dict[str, list[AssignmentRecord]] = {}
        for each in with_owners(AssignmentRecord.objects.all()):
            if each.kind == _KIND and (not run.pbx or each.pbx in ("", run.pbx)):
                self._of_value.setdefault(each.value, []).append(each)
            if self._holds(each) and each.person_id:
                self._held.setdefault(each.person_id, []).append(each)
        there = {each.unique_id for each in entries}
        self._gone = [link for id_, link in self._links.items() if id_ not in there and not link.ended]
        self.too_many = self._too_many(entries)
        self._leaving = {each.pk for link in self._gone for each in self._held.get(link.person_id, [])}
        self.people = self._apart(list(self._found(entries)))
        again = {each.record.pk for each in self.people}
        self._replaced = [link for link in self._gone if link.person_id in again]
        self._gone = [link for link in self._gone if link.person_id not in again]

    def _too_many(self, entries: list[LdapEntry]) -> bool:
        known, gone = sum(not link.ended for link in self._links.values()), len(self._gone)
        if not entries or (gone > _ALWAYS_ENDED and gone * 100 > known * self._run.most_ended):
            reason = f"{gone} of {known} people would end; 'most-ended' says how many may"
            self.faults.append(LdapFault("", "LDAP has too few entries", reason))
            return True
        return False

    def _holds(self, each: AssignmentRecord) -> bool:
        on = self._run.on
        return (each.first is None or each.first <= on) and (each.until is None or each.until > on)

    def _found(self, entries: list[LdapEntry]) -> Iterator[_Person]:
        seen: dict[str, LdapEntry] = {}
        there = {each.unique_id for each in entries}
        owned = {link.person_id for id_, link in self._links.items() if id_ in there}
        taken: dict[int, str] = {}
        called: dict[str, str] = {}
        for entry in entries:
            faults = list(_faults(entry))
            other = called.setdefault((entry.mail or entry.name).casefold(), entry.dn)
            if other != entry.dn:
                faults.append(("its mail, or its name without one, is that of another entry", other))
            if entry.unique_id and seen.setdefault(entry.unique_id, entry) is not entry:
                faults.append(("its unique id is that of another entry", seen[entry.unique_id].dn))
            link = self._links.get(entry.unique_id)
            person = link.person if link else None
            if person is None and not faults:
                named = self._names.person(entry.name, entry.mail)
                if not isinstance(named, PersonRecord):
                    faults.append((named.what, named.reason))
                elif named.pk in owned:
                    faults.append((f"{named} is another entry's", "a mail, and a name without one, are of one person"))
                else:
                    person = named
            if person is not None and taken.setdefault(id(person), entry.dn) != entry.dn:
                faults.append((f"{person} is another entry's", taken[id(person)]))
            elif person is not None and link and self._is_taken(person, entry):
                faults.append((f"the name or mail of {entry.name} is somebody else's", entry.mail))
            self.faults += [LdapFault(entry.dn, what, reason) for what, reason in faults]
            if person is not None and not faults:
                yield self._planned(entry, person)

    def _is_taken(self, person: PersonRecord, entry: LdapEntry) -> bool:
        if (person.name, person.mail) == (entry.name, entry.mail):
            return False
        same = PersonRecord.objects.filter(mail__iexact=entry.mail).exclude(pk=person.pk)
        return (same if entry.mail else same.filter(name__iexact=entry.name)).exists()

    def _planned(self, entry: LdapEntry, person: PersonRecord) -> _Person:
        held = [] if is_new(person) else self._held.get(person.pk, [])
        ours = [each for each in held if each.kind == _KIND and each.pbx == self._run.pbx]
        department = self._names.department(checks.path_parts(entry.department)) if entry.department else None
        cost_centre = self._names.cost_centre(entry.cost_centre) if entry.cost_centre else None
        wanted = AssignmentRecord(kind=_KIND, value=entry.extension, pbx=self._run.pbx, person=person)
        wanted.department, wanted.cost_centre = department, cost_centre
        ending = [each for each in ours if not _alike(each, wanted)]
        going_on = any(each not in ending for each in ours)
        beginning = wanted if entry.extension and not going_on else None
        if beginning and not (self._is_first and not self._of_value.get(entry.extension)):
            beginning.first = self._run.on
        mended = person.valid_until is not None or person.name != entry.name or bool(entry.mail != person.mail)
        changes = bool(ending or beginning or mended)
        before = "; ".join(map(said, ending)) or ("" if is_new(person) else str(person))
        change: ChangeKind = "new" if is_new(person) else "changed" if changes else "unchanged"
        return _Person(entry, person, ending, beginning, change, before)

    def _apart(self, people: list[_Person]) -> list[_Person]:
        """Return those whose extension nobody else has; of two that begin, the second is left out."""
        while True:
            ending = self._leaving | {each.pk for person in people for each in person.ending}
            begun: dict[str, _Person] = {}
            left = []
            for person in people:
                value = person.beginning.value if person.beginning else ""
                others = [each for each in self._of_value.get(value, []) if self._meets(each) and each.pk not in ending]
                other = begun.setdefault(value, person) if value else person
                if value and (others or other is not person):
                    whose = said(others[0]) if others else other.entry.dn
                    self.faults.append(LdapFault(person.entry.dn, f"extension {value} is somebody else's", whose))
                    begun = {name: each for name, each in begun.items() if each is not person}
                else:
                    left.append(person)
            if len(left) == len(people):
                return left
            people = left

    def _meets(self, each: AssignmentRecord) -> bool:
        return each.until is None or each.until > self._run.on

    def preview(self, *, applied: bool) -> LdapPreview:
        """Return what becomes of each person, before anything is kept."""
        changes = [LdapChange(each.change, _told(each.entry), each.before) for each in self.people]
        changes += [LdapChange("ended", str(link.person)) for link in self._gone]
        kinds = [each.change for each in changes]
        return LdapPreview(
            applied=applied,
            entries=self._count,
            new=kinds.count("new"),
            changed=kinds.count("changed"),
            ended=kinds.count("ended"),
            unchanged=kinds.count("unchanged"),
            changes=[each for each in changes if each.change != "unchanged"],
            faults=self.faults,
        )

    def keep(self) -> None:
        """Save what changes."""
        changing = [each for each in self.people if each.change != "unchanged"]
        begun = [each.beginning for each in changing if each.beginning]
        for each in changing:
            each.record.name, each.record.mail, each.record.valid_until = each.entry.name, each.entry.mail, None
        keep(
            [each.record for each in changing],
            [each.department for each in begun if each.department],
            [each.cost_centre for each in begun if each.cost_centre],
        )
        leaving = [link.person for link in self._gone]
        for person in leaving:
            person.valid_until = self._run.on
        known = [*(each.record for each in changing), *leaving]
        PersonRecord.objects.bulk_update(known, ["name", "mail", "valid_until"], batch_size=200)
        self._end([each for person in changing for each in person.ending])
        self._end([each for person in leaving for each in self._held.get(person.pk, [])])
        AssignmentRecord.objects.bulk_create([_settled(each) for each in begun])
        self._link()

    def _end(self, records: list[AssignmentRecord]) -> None:
        """End assignments on the day; one that began on it never was."""
        same_day = [each.pk for each in records if each.first == self._run.on]
        AssignmentRecord.objects.filter(pk__in=same_day).delete()
        ended = [each.pk for each in records if each.first != self._run.on]
        for start in range(0, len(ended), 500):
            AssignmentRecord.objects.filter(pk__in=ended[start : start + 500]).update(until=self._run.on)

    def _link(self) -> None:
        LdapPersonRecord.objects.filter(pk__in=[link.pk for link in (*self._gone, *self._replaced)]).update(ended=True)
        back = [self._links[each.entry.unique_id].pk for each in self.people if each.entry.unique_id in self._links]
        LdapPersonRecord.objects.filter(ended=True, pk__in=back).update(ended=False)
        LdapPersonRecord.objects.bulk_create(
            LdapPersonRecord(unique_id=each.entry.unique_id, person=each.record)
            for each in self.people
            if each.entry.unique_id not in self._links
        )


def _settled(record: AssignmentRecord) -> AssignmentRecord:
    """Return an assignment that names its owners by the ids they have by now."""
    record.person, record.department, record.cost_centre = record.person, record.department, record.cost_centre
    return record


def _alike(one: AssignmentRecord, other: AssignmentRecord) -> bool:
    return one.value == other.value and all(
        getattr(one, name) == getattr(other, name) for name in ("department", "cost_centre")
    )


def _faults(entry: LdapEntry) -> Iterator[tuple[str, str]]:
    if not entry.unique_id:
        yield "the entry has no unique id", "see 'unique-id'"
    found = checks.text_problems("name", entry.name, needed=True) + checks.mail_problems(entry.mail)
    found += checks.value_problems(_KIND, entry.extension) if entry.extension else []
    found += checks.path_problems(entry.department)
    found += checks.text_problems("cost_centre", entry.cost_centre, LONGEST_CODE)
    for each in found:
        yield each.what, each.reason


def _told(entry: LdapEntry) -> str:
    return ", ".join(filter(None, (entry.name, entry.extension, entry.department, entry.cost_centre)))
