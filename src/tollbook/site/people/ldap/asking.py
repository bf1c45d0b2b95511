"""Asks the LDAP server of the directory whether a name and password are somebody's, and who that is.

The person is searched for as who reads the directory does, and then the server is told their own DN and password. An
empty password is never sent: servers take it for nobody in particular, and say yes. What is typed is escaped.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tollbook.model.fence import Fence
from tollbook.model.problem import Unavailable
from tollbook.site.directory.ldap.options import LdapOptions
from tollbook.site.directory.ldap.reading import bind_reader, first_of, opened, unique_id
from tollbook.site.people.ldap.options import DN, NAME, LdapSignOnOptions
from tollbook.site.people.outside import LDAP, PersonElsewhere

_LONGEST_NAME, _LONGEST_PASSWORD = 150, 1000
_MOST_GROUPS = 1000
_TOO_MANY = 4
"""The result of a search that found more than was asked for."""


class _FoundEntry(msgspec.Struct, frozen=True):
    dn: str
    who: PersonElsewhere


class LdapWay(msgspec.Struct, frozen=True):
    """How people sign in by LDAP, and at which server."""

    options: LdapSignOnOptions
    server: LdapOptions

    @property
    def quick(self) -> LdapOptions:
        """The server, as it is asked while somebody waits."""
        return msgspec.structs.replace(self.server, timeout=self.options.timeout)


def asked(name: str, password: str, way: LdapWay, fence: Fence) -> PersonElsewhere | None:
    """Return whose name and password these are; None where they are nobody's. Raises `Unavailable`."""
    typed = name.strip()
    if not typed or not password or "\0" in typed + password:
        return None
    if len(typed) > _LONGEST_NAME or len(password) > _LONGEST_PASSWORD:
        return None
    found = _searched(typed, way.options, way.quick, fence)
    if found is None or not found.dn:
        return None
    with opened(way.quick, fence, found.dn, password) as connection:
        return found.who if connection.bind() else None


def tried(way: LdapWay, fence: Fence) -> str:
    """Reach the server as who reads it, search for nobody, and say so; raises `Unavailable`."""
    _searched("tollbook-searches-for-nobody", way.options, way.quick, fence)
    return f"{way.server.host} answers, and is searched below {way.server.base_dn}"


def _searched(typed: str, options: LdapSignOnOptions, server: LdapOptions, fence: Fence) -> _FoundEntry | None:
    """Return the one entry that a name means; None where it means nobody, or several."""
    with opened(server, fence) as connection:
        from ldap3.utils.conv import escape_filter_chars

        bind_reader(connection)
        name = escape_filter_chars(typed)
        attributes = [*server.name, *server.mail, *server.unique_id, server.group]
        entries = _search(connection, server.base_dn, options.filter.replace(NAME, name), attributes)
        if len(entries) != 1:
            return None
        dn, raw = entries[0]["dn"], {key.casefold(): values for key, values in entries[0]["raw_attributes"].items()}
        groups = [value.decode("utf-8", "replace") for value in raw.get(server.group.casefold(), ())]
        if options.group_filter:
            wanted = options.group_filter.replace(DN, escape_filter_chars(dn)).replace(NAME, name)
            held = _search(connection, options.group_base or server.base_dn, wanted, [])
            groups = [each["dn"] for each in held]
        subject = unique_id(raw, server.unique_id)
    if not subject:
        raise Unavailable("an entry has no unique id; see 'unique-id' of the directory's settings", permanent=True)
    who = PersonElsewhere(
        issuer=LDAP,
        subject=subject,
        name=typed.casefold(),
        mail=first_of(raw, server.mail),
        groups=tuple(groups[:_MOST_GROUPS]),
    )
    return _FoundEntry(dn, who)


def _search(connection: Any, base: str, wanted: str, attributes: list[str]) -> list[Any]:  # noqa: ANN401 - the library has no types
    connection.search(base, wanted, attributes=attributes or None, size_limit=_MOST_GROUPS)
    if connection.result["result"] not in (0, _TOO_MANY):
        raise Unavailable(f"the search ended with: {connection.result['description']}", permanent=True)
    return [each for each in connection.response if each["type"] == "searchResEntry"]
