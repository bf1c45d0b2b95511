"""What can be set for signing in by LDAP, beside the server itself."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.plugins import TEXT, Kind, Setting, choice, seconds

NAME = "{name}"
DN = "{dn}"


def _filter(*places: str) -> Kind:
    def read(text: str) -> str:
        wanted = [place for place in places if place in text]
        if text and (not wanted or not text.startswith("(") or text.count("(") != text.count(")")):
            raise ValueError(f"an LDAP filter in ( ) that says {' or '.join(places)}")
        return text

    return Kind(read)


class LdapSignOnOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody is found who types a name, and which groups of theirs count."""

    filter: Annotated[
        str,
        Setting(
            "who is meant by the name that somebody types, as an LDAP filter; at Active Directory "
            "(&(objectClass=user)(sAMAccountName={name}))",
            _filter(NAME),
            default="(uid={name})",
            example="(&(objectClass=person)(uid={name}))",
        ),
    ] = "(uid={name})"
    group_filter: Annotated[
        str,
        Setting(
            "which groups somebody is in, as an LDAP filter, for servers that do not tell it of the person; their "
            "'group' attribute of the directory's settings counts, if it is empty",
            _filter(DN, NAME),
            example="(&(objectClass=groupOfNames)(member={dn}))",
        ),
    ] = ""
    group_base: Annotated[
        str,
        Setting("below what groups are searched for; below the people's, if it is empty", TEXT, advanced=True),
    ] = ""
    make_people: Annotated[
        str,
        Setting(
            "whether somebody is let in at their first sign-in, if a group of theirs is one of ours",
            choice("yes", "no"),
            default="yes",
        ),
    ] = "yes"
    fallback_group: Annotated[
        str, Setting("group of those whose groups are none of ours; they are refused, if it is empty", TEXT)
    ] = ""
    timeout: Annotated[
        float, Setting("longest wait for an answer of the server", seconds(0.1, 60), default="5s", advanced=True)
    ] = 5.0
