"""What can be set for a mail server."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.model.problem import Problem
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole

LONGEST_ADDRESS = 254
"""As RFC 5321 has it."""
_HIGHEST_PORT = 65_535
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def is_address(text: str) -> bool:
    """Say whether a text is a mail address that every server takes.

    >>> is_address("anne@example.com"), is_address("anne@example.com, bob@example.com"), is_address("<anne>")
    (True, False, False)
    """
    return len(text) <= LONGEST_ADDRESS and bool(_ADDRESS.fullmatch(text)) and ".." not in text


def recipient_fault(text: str) -> str:
    """Say what is wrong with a recipient; nothing where it is a mail address."""
    if is_address(text):
        return ""
    return "it is no mail address such as anne@example.com; write letters beyond A to Z in its xn-- form"


def _sender(text: str) -> str:
    _, address = parseaddr(text)
    if not is_address(address) or any(ord(letter) < ord(" ") for letter in text):
        raise ValueError("a mail address, such as Tollbook <tollbook@example.com>")
    return text


def _address(text: str) -> str:
    if text and not is_address(text):
        raise ValueError("a mail address, such as bounces@example.com")
    return text


def _host(text: str) -> str:
    if any(letter.isspace() or letter in "/@" for letter in text):
        raise ValueError("a host's name or address, without a scheme, such as mail.example.com")
    return text


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Which mail server to hand mails to, as whom, and how the way there is protected."""

    host: Annotated[
        str,
        Setting(
            "name of the mail server that takes mails for others",
            Kind(_host),
            required=True,
            example="mail.example.com",
            reach=Reach.CONNECT,
        ),
    ]
    sender: Annotated[
        str,
        Setting(
            "whom mails are from, with a name where wanted",
            Kind(_sender),
            required=True,
            example="Tollbook <tollbook@example.com>",
        ),
    ]
    tls: Annotated[
        str,
        Setting(
            "how the way is protected: starttls (on port 587 or 25), tls (from the first byte, port 465), or none "
            "(every mail can be read on the network; a password is then never sent)",
            choice("starttls", "tls", "none"),
            default="starttls",
        ),
    ] = "starttls"
    port: Annotated[
        int,
        Setting("port; 0: 587 for starttls, 465 for tls, 25 for none", whole(0, _HIGHEST_PORT), default="0"),
    ] = 0
    username: Annotated[str, Setting("name to log in with; empty where the server asks for none", TEXT)] = ""
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True)] = ""
    bounces: Annotated[
        str,
        Setting(
            "address that the server tells about mails it could not deliver (the envelope's sender); empty: the "
            "sender's",
            Kind(_address),
            example="bounces@example.com",
        ),
    ] = ""
    reply_to: Annotated[
        str,
        Setting("address that answers go to; empty: the sender's", Kind(_address), advanced=True),
    ] = ""
    verify: Annotated[
        str,
        Setting(
            "whether the server must show a certificate of a known authority, or of 'ca-file'; no: anyone on the "
            "network could answer in its place",
            choice("yes", "no"),
            default="yes",
            advanced=True,
        ),
    ] = "yes"
    ca_file: Annotated[
        str,
        Setting(
            "file with the certificate authority to trust, PEM; empty: the system's",
            TEXT,
            needs=("verify", ("yes",)),
            advanced=True,
            reach=Reach.KEY,
        ),
    ] = ""
    hello: Annotated[
        str,
        Setting("name that Tollbook greets the server with; empty: this machine's", Kind(_host), advanced=True),
    ] = ""
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer; a mail as a whole may take four times that",
            seconds(0.1, 600),
            default="60s",
            advanced=True,
        ),
    ] = 60.0

    @property
    def at_port(self) -> int:
        """The port that is meant."""
        return self.port or {"starttls": 587, "tls": 465, "none": 25}[self.tls]

    @property
    def envelope_sender(self) -> str:
        """The address that bounces go to."""
        return self.bounces or parseaddr(self.sender)[1]


def faults_together(options: Options) -> list[Problem]:
    """Return what is wrong with options that are right one by one."""
    if options.tls == "none" and options.password:
        help_ = "use 'tls=starttls' or 'tls=tls', with 'ca-file' or 'verify=no' for a certificate of your own"
        return [
            Problem(
                "'password' must not be set for this way", "with 'tls=none' everybody on it could read it", help=help_
            )
        ]
    if options.username and not options.password:
        return [Problem("'password' is missing", "'username' is set", help="set both, or neither")]
    return []
