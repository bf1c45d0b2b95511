"""What can be set for an address that messages are posted to."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.gate import web_address
from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, Kind, Setting, choice, seconds


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages are posted to, and how they are signed."""

    url: Annotated[
        str,
        Setting(
            "address to post to",
            Kind(web_address, "url"),
            required=True,
            example="https://desk.example/hooks/tollbook",
            reach=Reach.CONNECT,
        ),
    ]
    key: Annotated[
        str,
        Setting("key that messages are signed with, HMAC-SHA256; long and random", PASSWORD, secret=True),
    ] = ""
    token: Annotated[str, Setting("token for 'Authorization: Bearer'", PASSWORD, secret=True)] = ""
    files: Annotated[
        str,
        Setting("whether files and pictures are sent, in base64", choice("yes", "no"), default="yes"),
    ] = "yes"
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer; a message as a whole may take four times that",
            seconds(0.1, 600),
            default="30s",
            advanced=True,
        ),
    ] = 30.0
