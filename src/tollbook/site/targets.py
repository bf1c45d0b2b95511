"""What something is set up for: an extension, trunk or code of a PBX, or somebody of the directory by their id.

Names are those of now: who is called otherwise later keeps what was set up for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tollbook.model.problem import Problem, nearest
from tollbook.site.directory import checks
from tollbook.site.directory.models import LONGEST_VALUE, CostCentreRecord, PersonRecord
from tollbook.site.directory.names import DepartmentPaths, Names
from tollbook.site.pbxs import operations as pbxs

_OF_ONE_PBX = ("extension", "trunk")
_VALUES = (*_OF_ONE_PBX, "account_code")


class ChargedTarget(msgspec.Struct, frozen=True, kw_only=True):
    """An extension, trunk or account code (`name`) of `pbx`, or what the directory calls `id`."""

    kind: str
    name: str
    id: int = 0
    pbx: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        words = self.kind.replace("_", " ")
        return f"{words} {self.name}" + (f" of {self.pbx}" if self.pbx else "")


def resolved(target: ChargedTarget) -> ChargedTarget | list[Problem]:
    """Return a target as it is kept, found in the directory by its name, or every fault of it."""
    name = checks.tidied(target.name)
    if not name:
        return [Problem(f"'{target.kind}' is missing", "it is empty")]
    if target.kind in _VALUES:
        pbx = target.pbx or _only_pbx(target.kind)
        faults = [*_value_faults(target.kind, name), *_pbx_faults(target.kind, pbx)]
        return faults or msgspec.structs.replace(target, name=name, id=0, pbx=pbx)
    if target.pbx:
        return [Problem(f"'pbx' does not go with a {target.kind.replace('_', ' ')}", "it has calls of every PBX")]
    names = Names(people=[name] if target.kind == "person" else [])
    known = {"person": names.known_person, "department": names.known_department, "cost_centre": names.known_cost_centre}
    found = known[target.kind](name)
    if isinstance(found, Problem):
        return [found]
    return msgspec.structs.replace(target, name=named(target.kind, [found.pk])[found.pk], id=found.pk)


def _value_faults(kind: str, name: str) -> list[Problem]:
    if kind == "account_code":
        return checks.text_problems(kind, name, LONGEST_VALUE)
    return checks.value_problems(kind, name)


def _only_pbx(kind: str) -> str:
    """Return the PBX that is meant where none is said: the only one there is."""
    known = pbxs.names_known()
    return known[0] if kind in _OF_ONE_PBX and len(known) == 1 else ""


def _pbx_faults(kind: str, pbx: str) -> list[Problem]:
    if not pbx:
        needed = kind in _OF_ONE_PBX
        return (
            [Problem("'pbx' is missing", f"another PBX may have the same {kind}", help="name the PBX")]
            if needed
            else []
        )
    known = pbxs.names_known()
    return [] if pbx in known else [Problem("'pbx' is none", f"no PBX is called {pbx!r}", help=nearest(pbx, known))]


def mails(people: Iterable[int]) -> Mapping[int, str]:
    """Return the mails of some people by their ids, of those who have one."""
    found = PersonRecord.objects.filter(pk__in=set(people)).exclude(mail="")
    return dict(found.values_list("pk", "mail"))


def named(kind: str, ids: Iterable[int]) -> Mapping[int, str]:
    """Return what the directory calls some of a kind, by their ids; those that are no more are left out."""
    wanted = set(ids)
    if not wanted:
        return {}
    if kind == "department":
        return {id_: path for id_, path in DepartmentPaths().by_id().items() if id_ in wanted}
    if kind == "cost_centre":
        return dict(CostCentreRecord.objects.filter(pk__in=wanted).values_list("pk", "code"))
    return dict(PersonRecord.objects.filter(pk__in=wanted).values_list("pk", "name"))
