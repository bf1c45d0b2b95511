"""The delivery `matrix`: messages to a room, with their files.

Each event has a transaction id made of the message's key, by which the server knows one that comes again: here a
message is there exactly once (https://spec.matrix.org/latest/client-server-api/#sending-events-to-a-room).
"""

from __future__ import annotations

import hashlib
from html import escape
from typing import Annotated
from urllib.parse import quote

import msgspec

from tollbook.delivery.contract import DeliveryKind, MessageRefused
from tollbook.delivery.posting import JSON, Poster, cut, shown
from tollbook.delivery.texts import Timeout, Token, in_short
from tollbook.gate import web_address
from tollbook.model.fence import Fence, Reach
from tollbook.model.message import DeliveryMessage
from tollbook.plugins import TEXT, Kind, Setting

_LONGEST = 15_000
"""Letters of a text, which stands in an event twice; an event has 64 KiB."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The server, who writes, and the room."""

    server: Annotated[
        str,
        Setting(
            "address of the homeserver",
            Kind(web_address, "url"),
            required=True,
            example="https://matrix.example.com",
            reach=Reach.CONNECT,
        ),
    ]
    token: Token
    room: Annotated[
        str,
        Setting(
            "id of the room, which the user is a member of; rooms with encryption show messages as unencrypted",
            TEXT,
            required=True,
            example="!abcdef:example.com",
        ),
    ]
    timeout: Timeout = 30.0


class _Uploaded(msgspec.Struct, frozen=True):
    content_uri: str


class MatrixRoom:
    """A room at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options = options
        self._server = options.server.rstrip("/")
        self._poster = Poster("the Matrix server", options.timeout, fence)

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Write a message into the room, and its pictures and files after it."""
        del recipient  # the settings name the room
        text = cut(in_short(message, carried=True), _LONGEST, message.link)
        html = f"<p><strong>{escape(message.subject)}</strong></p><pre>{escape(text)}</pre>"
        told = {"msgtype": "m.notice", "body": f"{message.subject}\n\n{text}", "formatted_body": html}
        answer = self._event(message, 0, {**told, "format": "org.matrix.custom.html"})
        files = [(f"{each.name}.png", "image/png", each.content) for each in message.images]
        files += [(each.name, each.type, each.content) for each in message.files]
        for number, (name, type_, content) in enumerate(files, 1):
            shape = "m.image" if type_ == "image/png" else "m.file"
            self._event(message, number, {"msgtype": shape, "body": name, "url": self._upload(name, type_, content)})
        return answer

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()

    def _event(self, message: DeliveryMessage, part: int, content: object) -> str:
        digest = hashlib.sha256(f"{message.key}\n{part}".encode()).hexdigest()[:40]
        room = quote(self._options.room, safe="")
        url = f"{self._server}/_matrix/client/v3/rooms/{room}/send/m.room.message/{digest}"
        return shown(self._poster.ask("PUT", url, msgspec.json.encode(content), self._headers(JSON)))

    def _upload(self, name: str, type_: str, content: bytes) -> str:
        url = f"{self._server}/_matrix/media/v3/upload?filename={quote(name, safe='')}"
        answer = self._poster.ask("POST", url, content, self._headers(type_))
        try:
            return msgspec.json.decode(answer.beginning, type=_Uploaded).content_uri
        except (msgspec.DecodeError, msgspec.ValidationError) as fault:
            raise MessageRefused("the Matrix server takes a file and does not say where it is") from fault

    def _headers(self, type_: str) -> dict[str, str]:
        return {"Content-Type": type_, "Authorization": f"Bearer {self._options.token}"}


DELIVERY = DeliveryKind(title="Matrix (room)", options=Options, open=MatrixRoom, carries_files=True)
