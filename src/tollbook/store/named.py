"""Whose telephones are, and what the directory can be asked for: looked up for the rows of a page, not for each call.

A call keeps whose it is; the other side of an internal call is somebody's telephone as well.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from tollbook.store.filters import ALL
from tollbook.store.ledger import Ledger

Telephone = tuple[str, str, str]
"""A PBX, an extension of it, and the day that is meant, ISO 8601, by the PBX's own clock."""
_MOST_OFFERED = 500
"""Names of a kind that a form offers: more are typed sooner than found in a list."""


class TelephoneOwner(msgspec.Struct, frozen=True):
    """Whose an extension is on a day: a person, a department as a path, or a person in a department."""

    person: str = ""
    department: str = ""

    @property
    def name(self) -> str:
        """The person, or the department where it is nobody's in particular."""
        return self.person or self.department

    @property
    def told(self) -> str:
        """Both."""
        return ", ".join(filter(None, (self.person, self.department)))


NOBODY = TelephoneOwner()


def telephone_owners(ledger: Ledger, telephones: Collection[Telephone]) -> dict[Telephone, TelephoneOwner]:
    """Return whose telephones are; those of nobody are left out."""
    asked = sorted(set(telephones))
    if not asked:
        return {}
    query = """
    SELECT t.pbx, t.extension, t.day, coalesce(o.person, ''), coalesce(o.department, '')
    FROM (SELECT unnest($pbxs::VARCHAR[]) AS pbx, unnest($extensions::VARCHAR[]) AS extension,
          unnest($days::VARCHAR[]) AS day) t
    JOIN main.span s ON s.kind = 'extension' AND s.value = t.extension
      AND s.pbx IN (left(t.pbx, position('/' IN t.pbx)), t.pbx)
      AND t.day::DATE >= s.first AND t.day::DATE < s.until
    JOIN main.owner o ON o.id = s.id ORDER BY s.pbx
    """  # that of just this PBX comes last, and stays
    pbxs, extensions, days = map(list, zip(*asked, strict=True))
    rows = ledger.rows(query, {"pbxs": pbxs, "extensions": extensions, "days": days})
    return {(pbx, extension, day): TelephoneOwner(*names) for pbx, extension, day, *names in rows}


class OfferedNames(msgspec.Struct, frozen=True):
    """What calls can be asked for by the directory: its people, departments as paths, and cost centres by code."""

    people: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    cost_centres: tuple[str, ...] = ()


def offered_names(ledger: Ledger) -> OfferedNames:
    """Return the names of whatever has something assigned that may be seen, some hundreds of each at most."""
    columns = ("person", "department", "cost_centre")
    seen = "" if ledger.scope.calls == ALL else " AND id IN (SELECT id FROM span)"
    first_ones = (
        f"(SELECT list(DISTINCT {name} ORDER BY {name}) FROM main.owner WHERE {name} <> ''{seen})" for name in columns
    )
    lists = ", ".join(f"{each}[1:{_MOST_OFFERED}]" for each in first_ones)
    people, departments, cost_centres = (tuple(each or ()) for each in ledger.rows(f"SELECT {lists}")[0])
    return OfferedNames(people, departments, cost_centres)
