"""What can be set for a webhook."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.gate import web_address
from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, seconds, whole


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where calls are posted to, how they are signed, and how many at once."""

    url: Annotated[
        str,
        Setting(
            "address to post to",
            Kind(web_address, "url"),
            required=True,
            example="https://crm.example/hooks/calls",
            reach=Reach.CONNECT,
        ),
    ]
    key: Annotated[
        str,
        Setting("key that deliveries are signed with, HMAC-SHA256; long and random", PASSWORD, secret=True),
    ] = ""
    token: Annotated[str, Setting("token for 'Authorization: Bearer'", PASSWORD, secret=True)] = ""
    username: Annotated[str, Setting("name to log in with (Basic)", TEXT)] = ""
    password: Annotated[str, Setting("password to log in with (Basic)", PASSWORD, secret=True)] = ""
    batch: Annotated[
        int,
        Setting("most calls in one delivery; 1: a delivery each", whole(1, 10_000), default="100"),
    ] = 100
    tries: Annotated[
        int,
        Setting(
            "how often a delivery that is answered with an error is tried before it is put aside",
            whole(1, 100),
            default="12",
        ),
    ] = 12
    timeout: Annotated[
        float,
        Setting(
            "longest wait for an answer; a delivery as a whole may take four times that",
            seconds(0.1, 600),
            default="30s",
            advanced=True,
        ),
    ] = 30.0
