"""What can be set for reading people from LDAP."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import re2  # type: ignore[import-untyped]  # the library has none

from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, WORDS, Kind, Setting, seconds, whole
from tollbook.server_options import CaFile, secret_file, tls_choice
from tollbook.tls import is_this_machine

_ARROW = "->"
Groups = tuple[tuple[str, str], ...]


def _url(text: str) -> str:
    message = "an address such as ldaps://ldap.example.com or ldap://192.0.2.10:389"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError(message) from None
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(message)
    if parts.username or parts.password:
        raise ValueError("an address without a name and password in it; set them as 'bind-dn' and 'password'")
    return text


def _pattern(text: str) -> str:
    options = re2.Options()
    options.max_mem, options.log_errors = 1 << 20, False
    try:
        found = re2.compile(text, options)
    except re2.error:
        raise ValueError("a pattern (RE2) such as '[+]44 20 7946 0(...)'") from None
    if found.groups > 1:
        raise ValueError("a pattern with one group in ( ) at most: the extension")
    return text


_INTERVAL = seconds(600, 31 * 86_400)


def _every(text: str) -> float:
    return float(_INTERVAL.read(text)) if text else 0.0


def _groups(text: str) -> Groups:
    """Return the department of each group.

    >>> _groups("Sales EMEA -> Sales / North; cn=it,dc=example,dc=com -> IT")
    (('Sales EMEA', 'Sales / North'), ('cn=it,dc=example,dc=com', 'IT'))
    """
    found = []
    for each in filter(str.strip, text.split(";")):
        group, arrow, department = (part.strip() for part in each.partition(_ARROW))
        if not (group and arrow and department):
            raise ValueError(f"groups and departments such as 'Sales EMEA {_ARROW} Sales / North; IT {_ARROW} IT'")
        found.append((group, department))
    return tuple(found)


class LdapOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where people are read from, which of them, and what each attribute means."""

    url: Annotated[
        str,
        Setting(
            "address of the server: ldaps://host or ldap://host, with :port where it is another one than 636 or 389",
            Kind(_url),
            required=True,
            example="ldaps://ldap.example.com",
            reach=Reach.CONNECT,
        ),
    ]
    bind_dn: Annotated[
        str,
        Setting(
            "who reads: a DN, or user@domain at Active Directory; nobody (anonymous), if it is empty",
            TEXT,
            example="cn=tollbook,dc=example,dc=com",
        ),
    ] = ""
    password: Annotated[str, Setting("password of who reads", PASSWORD, secret=True)] = ""
    password_file: Annotated[str, secret_file()] = ""
    tls: Annotated[
        str,
        tls_choice(
            "how the server is known over TLS, which ldap:// begins by StartTLS",
            "the password",
            "verified, but off for ldap:// on this machine",
        ),
    ] = "auto"
    ca_file: CaFile = ""
    base_dn: Annotated[
        str,
        Setting("below what people are searched for", TEXT, required=True, example="ou=people,dc=example,dc=com"),
    ]
    filter: Annotated[
        str,
        Setting("which entries are people, as an LDAP filter", TEXT, default="(objectClass=person)"),
    ] = "(objectClass=person)"
    name: Annotated[
        tuple[str, ...],
        Setting("attribute of the name; of several, the first that an entry has", WORDS, default="displayName,cn"),
    ] = ("displayName", "cn")
    mail: Annotated[tuple[str, ...], Setting("attribute of the mail", WORDS, default="mail")] = ("mail",)
    extension: Annotated[
        tuple[str, ...],
        Setting("attribute of the extension", WORDS, default="ipPhone,telephoneNumber"),
    ] = ("ipPhone", "telephoneNumber")
    extension_digits: Annotated[
        int,
        Setting("the last digits of that number which are the extension; 0: all of it", whole(0, 20), default="0"),
    ] = 0
    extension_pattern: Annotated[
        str,
        Setting(
            "pattern (RE2) that the number matches; its group in ( ) is the extension. Other numbers are none",
            Kind(_pattern),
            example="[+]44 20 7946 0(...)",
        ),
    ] = ""
    department: Annotated[
        tuple[str, ...],
        Setting("attribute of the department, or of its path 'Sales / North'", WORDS, default="department"),
    ] = ("department",)
    groups: Annotated[
        Groups,
        Setting(
            "departments by group, a group by its common name or its DN; the first one counts, before 'department'",
            Kind(_groups),
            example="Sales EMEA -> Sales / North; IT -> IT",
        ),
    ] = ()
    group: Annotated[str, Setting("attribute with the groups of a person", TEXT, default="memberOf", advanced=True)] = (
        "memberOf"
    )
    cost_centre: Annotated[tuple[str, ...], Setting("attribute of the cost centre", WORDS)] = ()
    unique_id: Annotated[
        tuple[str, ...],
        Setting("attribute that stays when an entry is renamed", WORDS, default="objectGUID,entryUUID", advanced=True),
    ] = ("objectGUID", "entryUUID")
    pbx: Annotated[str, Setting("PBX that the extensions are of; any, if it is empty", TEXT)] = ""
    most_ended: Annotated[
        int,
        Setting("people that a run may end at most, in percent; 5 always may", whole(0, 100), default="20"),
    ] = 20
    every: Annotated[
        float,
        Setting(
            "how often the server reads LDAP by itself, such as 1d or 12h, without entries that have a fault; "
            "never, if it is empty",
            Kind(_every),
            example="1d",
        ),
    ] = 0.0
    timeout: Annotated[
        float,
        Setting("longest wait for an answer; all of it may take ten times that", seconds(1, 600), default="30s"),
    ] = 30.0

    @property
    def host(self) -> str:
        """The name or address of the server."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or (636 if self.is_tls else 389)

    @property
    def is_tls(self) -> bool:
        """Whether it speaks TLS from the first byte on."""
        return urlsplit(self.url).scheme == "ldaps"

    @property
    def protection(self) -> str:
        """The choice of `tls`; what `auto` means for this server, and `off` never for ldaps://."""
        near = not self.is_tls and is_this_machine(self.host)
        chosen = ("off" if near else "verified") if self.tls == "auto" else self.tls
        return "unverified" if self.is_tls and chosen == "off" else chosen

    @property
    def attributes(self) -> list[str]:
        """All attributes that are read."""
        read = (*self.name, *self.mail, *self.extension, *self.department, *self.cost_centre, *self.unique_id)
        return list(dict.fromkeys((*read, self.group) if self.groups else read))
