"""Texts and options that several kinds of delivery share."""

from __future__ import annotations

from typing import Annotated

from tollbook.gate import web_address
from tollbook.model.fence import Reach
from tollbook.model.message import DeliveryMessage
from tollbook.plugins import PASSWORD, Kind, Setting, seconds

Timeout = Annotated[
    float,
    Setting(
        "longest wait for an answer; a message as a whole may take four times that",
        seconds(0.1, 600),
        default="30s",
        advanced=True,
    ),
]
HookAddress = Annotated[
    str,
    Setting(
        "address that the service gave for this channel; whoever knows it can write there",
        Kind(web_address, "password"),
        required=True,
        secret=True,
        example="https://…",
        reach=Reach.CONNECT,
    ),
]
Token = Annotated[str, Setting("token of the bot or user that writes", PASSWORD, required=True, secret=True)]


def in_short(message: DeliveryMessage, *, carried: bool = False) -> str:
    """Return a message as text, with its link, and with what is said of files that are not carried."""
    parts = [message.text.rstrip()]
    if message.files and not carried:
        names = ", ".join(each.name for each in message.files)
        parts.append(f"Not sent here: {names}")
    if message.link:
        parts.append(message.link)
    return "\n\n".join(part for part in parts if part)
