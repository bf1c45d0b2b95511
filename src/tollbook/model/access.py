"""What somebody may do, and whose calls they may see.

A role is a set of permissions. A scope is lines of filter words: a call is in it that is meant by all words of one of
the lines. Permissions that open what belongs to the whole site, such as its PBXs, count for those alone who may see
every call.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

ScopeLine = Mapping[str, str]
"""Filter words of one line of a scope, all of which a call must meet."""
SCOPE_WORDS = (
    *("site", "pbx", "extension", "department", "person", "cost-centre", "company", "trunk", "trunk-group"),
    "account",
)
"""Filter words that a scope can be made of."""


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """What a role may allow.

    What is of the `whole_site` counts only for those who may see every call; what shows `whole_numbers` only for those
    who may see these.
    """

    title: str
    whole_site: bool = False
    whole_numbers: bool = False


def _of_site(title: str, *, whole_numbers: bool = False) -> Permission:
    return Permission(title=title, whole_site=True, whole_numbers=whole_numbers)


PERMISSIONS: dict[str, Permission] = {
    "calls.see": Permission(title="see calls, missed calls and reports"),
    "numbers.see": Permission(title="see outside numbers whole; without it their last three digits are hidden"),
    "costs.see": Permission(title="see what calls cost, bills and budgets"),
    "raw.see": Permission(title="see records as the PBX wrote them", whole_numbers=True),
    "missed.change": Permission(title="claim missed calls and set them aside"),
    "notes.change": Permission(title="write notes and tags on calls"),
    "schedules.change": Permission(title="have reports made and sent by a schedule"),
    "alerts.change": Permission(title="set alerts up, mute and acknowledge them"),
    "reports.change": _of_site("save reports and filters for everybody"),
    "directory.see": _of_site("see the directory and the phone book", whole_numbers=True),
    "directory.change": _of_site("change the directory and the phone book", whole_numbers=True),
    "prices.see": _of_site("see tariffs"),
    "prices.change": _of_site("change tariffs, budgets and charges", whole_numbers=True),
    "pbxs.see": _of_site("see PBXs, formats and how collecting goes"),
    "pbxs.change": _of_site("change PBXs and formats, import files", whole_numbers=True),
    "exports.see": _of_site("see exports"),
    "exports.change": _of_site("change exports", whole_numbers=True),
    "wallboards.change": _of_site("make wallboards and links to them", whole_numbers=True),
    "sql.ask": _of_site("ask in SQL"),
    "hidden.see": _of_site("see digits that are hidden in records, such as PINs", whole_numbers=True),
    "audit.see": _of_site("see who changed what"),
    "system.see": _of_site("see how the system is doing"),
    "system.change": _of_site("make backups, read everything again, settle notices", whole_numbers=True),
    "people.change": _of_site("let people sign in, and say what they may see", whole_numbers=True),
    "tokens.change": _of_site("make tokens for programs", whole_numbers=True),
}


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may do, and whose calls they may see: those of `scope` and of the `assignments` of the directory.

    A scope of None is every call.
    """

    role: str
    permissions: frozenset[str]
    scope: tuple[ScopeLine, ...] | None = None
    assignments: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every call may be seen."""
        return self.scope is None

    def may(self, permission: str) -> bool:
        """Say whether something may be done; raises KeyError for no such permission."""
        known = PERMISSIONS[permission]
        return (
            permission in self.permissions
            and (self.is_whole or not known.whole_site)
            and ("numbers.see" in self.permissions or not known.whole_numbers)
        )


EVERYTHING_ALLOWED = Access(role="admin", permissions=frozenset(PERMISSIONS))
"""For commands on the machine, and for Tollbook itself."""
NOTHING_ALLOWED = Access(role="", permissions=frozenset(), scope=())
"""For whoever is known no longer."""
