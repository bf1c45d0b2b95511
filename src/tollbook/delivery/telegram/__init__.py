"""The delivery `telegram`: messages of a bot to a chat, with their files.

The token is a part of each address, so no address is ever told. A text has 4096 letters, what is said of a file 1024:
https://core.telegram.org/bots/api. Text and files are several requests: after a crash in between the text comes again.
"""

from __future__ import annotations

import uuid
from typing import Annotated

import msgspec

from tollbook.delivery.contract import DeliveryKind
from tollbook.delivery.names import safe_name
from tollbook.delivery.posting import Poster, cut, shown
from tollbook.delivery.texts import Timeout, Token, in_short
from tollbook.gate import web_address
from tollbook.model.fence import Fence, Reach
from tollbook.model.message import DeliveryMessage
from tollbook.plugins import TEXT, Kind, Setting

_LONGEST = 4000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The bot, and the chat."""

    token: Token
    chat: Annotated[
        str,
        Setting(
            "number of the chat or group, or @name of a channel, which the bot is a member of",
            TEXT,
            required=True,
            example="-1001234567890",
        ),
    ]
    server: Annotated[
        str,
        Setting(
            "address of the Bot API",
            Kind(web_address, "url"),
            default="https://api.telegram.org",
            advanced=True,
            reach=Reach.CONNECT,
        ),
    ] = "https://api.telegram.org"
    timeout: Timeout = 30.0


class TelegramChat:
    """A chat at work."""

    def __init__(self, options: Options, fence: Fence) -> None:
        self._options = options
        self._poster = Poster("Telegram", options.timeout, fence)

    def send(self, message: DeliveryMessage, recipient: str) -> str:
        """Write a message into the chat, and its pictures and files after it."""
        del recipient  # the settings name the chat
        text = cut(f"{message.subject}\n\n{in_short(message, carried=True)}", _LONGEST, message.link)
        told = {"chat_id": self._options.chat, "text": text, "link_preview_options": {"is_disabled": True}}
        answer = self._poster.post(self._address("sendMessage"), told)
        for image in message.images:
            self._upload("sendPhoto", ("photo", f"{image.name}.png", image.content))
        for file in message.files:
            self._upload("sendDocument", ("document", file.name, file.content))
        return shown(answer)

    def check(self) -> str:
        """Say nothing: only a message tells."""
        return ""

    def close(self) -> None:
        """Close the connection."""
        self._poster.close()

    def _upload(self, method: str, file: tuple[str, str, bytes]) -> None:
        """Send a file: the name of its field, its own, and its bytes."""
        field, name, content = file
        border = uuid.uuid4().hex
        head = f'--{border}\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n{self._options.chat}\r\n'
        head += f'--{border}\r\nContent-Disposition: form-data; name="{field}"; filename="{safe_name(name)}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + content + f"\r\n--{border}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={border}"}
        self._poster.ask("POST", self._address(method), body, headers)

    def _address(self, method: str) -> str:
        return f"{self._options.server.rstrip('/')}/bot{self._options.token}/{method}"


DELIVERY = DeliveryKind(title="Telegram (bot)", options=Options, open=TelegramChat, carries_files=True)
