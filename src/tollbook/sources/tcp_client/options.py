"""What can be set for a PBX that Tollbook connects to."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tollbook.model.fence import Reach
from tollbook.plugins import PASSWORD, TEXT, Kind, Setting, choice, seconds, whole
from tollbook.server_options import secret_file
from tollbook.sources import common
from tollbook.sources.common import WithPassword
from tollbook.sources.tcp_client.dialogue import PRESETS, Step, read_steps
from tollbook.sources.tcp_client.handshake import HandshakeStep, StandingAnswer, read_answers, read_handshake

_WITH_LOGIN = ("login", (*PRESETS, "steps"))
_IN_BYTES = ("login", ("bytes",))


class Options(WithPassword, msgspec.Struct, frozen=True, kw_only=True):
    """Where one PBX listens, and how it wants to be spoken to."""

    host: Annotated[
        str,
        Setting("name or address of the PBX", common.HOST, required=True, example="192.0.2.10", reach=Reach.CONNECT),
    ]
    port: Annotated[int, Setting("TCP port it sends records on", whole(1, 65_535), default="2300")] = 2300
    login: Annotated[
        str,
        Setting(
            "log-in dialogue: none, panasonic (user id SMDR, then a password), steps (as 'steps' says), or bytes (as "
            "'handshake' says)",
            choice("none", *PRESETS, "steps", "bytes"),
            default="none",
        ),
    ] = "none"
    username: Annotated[str, Setting("user id to log in with", TEXT, default="SMDR", needs=_WITH_LOGIN)] = "SMDR"
    password: Annotated[str, Setting("password to log in with", PASSWORD, secret=True, needs=_WITH_LOGIN)] = ""
    password_file: Annotated[str, secret_file(needs=_WITH_LOGIN)] = ""
    steps: Annotated[
        tuple[Step, ...],
        Setting(
            "what the PBX asks => what it is told, divided by semicolons; {username} and {password} are filled in",
            Kind(read_steps),
            example="login: => {username}; password: => {password}",
            needs=("login", ("steps",)),
        ),
    ] = ()
    handshake: Annotated[
        tuple[HandshakeStep, ...],
        Setting(
            "what is sent to the PBX and what it must say, in hexadecimal digits, divided by semicolons",
            Kind(read_handshake),
            example="send 00 01 53; hear 00 01 50; send 00 02 00 00",
            needs=_IN_BYTES,
        ),
    ] = ()
    answers: Annotated[
        tuple[StandingAnswer, ...],
        Setting(
            "what the PBX asks now and then => what it is told, in hexadecimal digits, divided by semicolons",
            Kind(read_answers),
            example="00 08 54 45 53 54 5F 52 45 51 => 00 08 54 45 53 54 5F 52 53 50",
            needs=_IN_BYTES,
        ),
    ] = ()
    line_end: Annotated[
        str,
        Setting(
            "what ends a line that is sent to the PBX",
            choice("cr", "lf", "crlf"),
            default="cr",
            needs=_WITH_LOGIN,
            advanced=True,
        ),
    ] = "cr"
    timeout: Annotated[
        float,
        Setting(
            "longest wait for the PBX to connect, or to ask the next step of a log-in",
            seconds(1, 600),
            default="15s",
            advanced=True,
        ),
    ] = 15.0
    idle: Annotated[
        float,
        common.idle(
            "connect anew after so long without a byte; 0s never does, and a dead line is noticed in two minutes",
        ),
    ] = 0.0

    @property
    def in_bytes(self) -> bool:
        """Whether the PBX is spoken to in bytes rather than in lines, as telnet has them."""
        return self.login == "bytes"

    def dialogue(self) -> tuple[Step, ...]:
        """The steps of the log-in."""
        return self.steps if self.login == "steps" else PRESETS.get(self.login, ())
