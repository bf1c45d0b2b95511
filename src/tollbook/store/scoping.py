"""From what somebody may see to the scope of their ledger."""

from __future__ import annotations

from collections.abc import Sequence

from tollbook.model.access import Access, ScopeLine
from tollbook.store.filters import Where, read_filter
from tollbook.store.ledger import EVERYTHING, Scope


def scope_of(access: Access, *, has_private: bool = False) -> Scope:
    """Return what the ledger of somebody holds; raises `Misconfigured` for words that no filter has.

    `has_private` says that there are private calls: whoever may not see hidden digits sees those of their own alone.
    """
    if "calls.see" not in access.permissions:
        return Scope(calls=Where("false"), pbxs=())
    hides_numbers, hides_costs = ("numbers.see" not in access.permissions), ("costs.see" not in access.permissions)
    if access.scope is None:
        seen = EVERYTHING
    else:
        seen = Scope(
            calls=_any_of(access.scope, access.assignments),
            pbxs=_whole(access.scope, "pbx"),
            sites=_whole(access.scope, "site"),
        )
    return Scope(
        calls=seen.calls,
        pbxs=seen.pbxs,
        sites=seen.sites,
        hides_numbers=hides_numbers,
        hides_costs=hides_costs,
        hides_private=has_private and not access.may("hidden.see"),
        own=_any_of((), access.assignments),
    )


def _any_of(lines: Sequence[ScopeLine], assignments: Sequence[int]) -> Where:
    """Return the condition of calls that one of some lines means, or that are of some assignments; of none: no call.

    >>> _any_of(({"pbx": "front"}, {"pbx": "hotel"}), ()).sql
    '(pbx IN ($line_0_pbx_0)) OR (pbx IN ($line_1_pbx_0))'
    """
    found = [_numbered(read_filter(dict(line)), f"line_{number}") for number, line in enumerate(lines)]
    if assignments:
        names = [f"own_{number}" for number in range(len(assignments))]
        marks = ", ".join(f"${name}" for name in names)
        found.append(Where(f"assignment IN ({marks})", dict(zip(names, assignments, strict=True))))
    values = {name: value for each in found for name, value in each.values.items()}
    return Where(" OR ".join(f"({each.sql})" for each in found) or "false", values)


def _numbered(where: Where, mark: str) -> Where:
    values = {f"{mark}_{name}": value for name, value in where.values.items()}
    return Where(where.sql.replace("$", f"${mark}_"), values)


def _whole(lines: Sequence[ScopeLine], word: str) -> tuple[str, ...]:
    """Return the PBXs or sites all of whose calls are in some lines: of no other are there records that are none."""
    alone = [line[word] for line in lines if set(line) == {word}]
    return tuple(dict.fromkeys(name.strip() for text in alone for name in text.split(",") if name.strip()))
