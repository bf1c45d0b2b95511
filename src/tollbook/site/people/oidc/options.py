"""What can be set for signing on by OpenID Connect."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from tollbook.gate import web_address
from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, WORDS, Kind, Setting, choice, seconds


def is_safe(url: str) -> bool:
    """Say whether nobody on the way can read or alter what an address answers: https, or this very machine.

    >>> is_safe("https://login.example.com"), is_safe("http://127.0.0.1:8080"), is_safe("http://login.example.com")
    (True, True, False)
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "http" and host == "localhost"


def _issuer(text: str) -> str:
    web_address(text)
    parts = urlsplit(text)
    if parts.query or parts.fragment:
        raise ValueError("an address without ? and #, such as https://login.example.com/realms/office")
    if not is_safe(text):
        raise ValueError("an address beginning with https://; http:// is for this machine alone")
    return text


class OidcOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which issuer people sign on at, what we are there, and which claims tell of them."""

    issuer: Annotated[
        str,
        Setting(
            "address of the issuer, exactly as it names itself",
            Kind(_issuer),
            required=True,
            example="https://login.example.com/realms/office",
            reach=Reach.CONNECT,
        ),
    ]
    client_id: Annotated[str, Setting("what Tollbook is called at the issuer", TEXT, required=True, example="tollbook")]
    client_secret: Annotated[
        str,
        Setting(
            "secret of Tollbook at the issuer; none, if it is empty (a public client, by PKCE)", PASSWORD, secret=True
        ),
    ] = ""
    button: Annotated[str, Setting("what the button on the sign-in page says", TEXT, default="Single sign-on")] = (
        "Single sign-on"
    )
    groups_claim: Annotated[str, Setting("claim with the groups of a person", TEXT, default="groups")] = "groups"
    name_claim: Annotated[
        str, Setting("claim with the name that a person gets here", TEXT, default="preferred_username")
    ] = "preferred_username"
    make_people: Annotated[
        str,
        Setting(
            "whether somebody is let in at their first sign-on, if a group of theirs is one of ours",
            choice("yes", "no"),
            default="yes",
        ),
    ] = "yes"
    fallback_group: Annotated[
        str, Setting("group of those whose groups are none of ours; they are refused, if it is empty", TEXT)
    ] = ""
    passwords: Annotated[
        str,
        Setting(
            "whether people may also sign in by a password here (on), or none but by the issuer (off)",
            choice("on", "off"),
            default="on",
        ),
    ] = "on"
    scopes: Annotated[
        tuple[str, ...],
        Setting("scopes that are asked for", WORDS, default="openid,profile,email", advanced=True),
    ] = ("openid", "profile", "email")
    ca_file: Annotated[
        str,
        Setting("file with the certificate authority to trust, PEM", TEXT, advanced=True, reach=Reach.KEY),
    ] = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer; all of it may take four times that",
            seconds(0.1, 60),
            default="10s",
            advanced=True,
        ),
    ] = 10.0
