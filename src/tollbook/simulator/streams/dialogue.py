"""What is said on a connection before the first record: telnet negotiation, a log-in, a binary hello.

A dialogue talks over a `Terminal`, which takes telnet commands out of what the other end types and keeps them.
"""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

import msgspec

from tollbook.simulator.streams.wire import RecordWire

IAC, DONT, DO, WONT, WILL, SB, SE = 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF0
ECHO, SUPPRESS_GO_AHEAD, WINDOW_SIZE = 1, 3, 31

SMDR_SOCKET: Final = 0x84
LONGEST_LINE_BYTES: Final = 256


class Denied(Exception):
    """The other end was not let in, and the connection is to be closed."""


class Hungup(ConnectionError):
    """The other end closed before the dialogue was over."""


class Terminal(msgspec.Struct):
    """Both directions of a connection while people, or programs, type on it."""

    wire: RecordWire
    answers: list[tuple[int, int]] = []
    """Telnet verbs and options the other end has sent."""
    _heard: bytearray = msgspec.field(default_factory=bytearray)

    async def say(self, text: bytes) -> None:
        """Send some bytes."""
        await self.wire.write([text])

    async def byte(self) -> int:
        """The next byte, whatever it is. Raises `Hungup`: there will be none."""
        if not self._heard:
            self._heard += await self.wire.read()
        if not self._heard:
            raise Hungup("the other end closed while it was being asked")
        return self._heard.pop(0)

    async def line(self, mask: bytes = b"") -> bytes:
        """What is typed up to CR or LF, echoed, or with each byte shown as the mask."""
        typed = bytearray()
        while len(typed) < LONGEST_LINE_BYTES:
            byte = await self._typed()
            if byte in b"\r\n":
                if not typed and byte == ord("\n"):
                    continue  # the second half of the CR LF before
                break
            typed.append(byte)
            await self.say(mask or bytes((byte,)))
        await self.say(b"\r\n")
        return bytes(typed)

    async def until_closed(self) -> None:
        """Take whatever is typed until the other end closes."""
        with suppress(Hungup):
            while True:
                await self._typed()

    async def _typed(self) -> int:
        """The next byte that is no telnet command, and no NUL as telnet puts behind CR."""
        while True:
            byte = await self.byte()
            if byte == IAC:
                await self._command()
            elif byte:
                return byte

    async def _command(self) -> None:
        verb = await self.byte()
        if verb in {DO, DONT, WILL, WONT}:
            self.answers.append((verb, await self.byte()))
        if verb == SB:
            before = 0
            while (byte := await self.byte()) != SE or before != IAC:
                before = byte


class Handshake(Protocol):
    """What is said before the first record."""

    async def hold(self, talk: Terminal, *, deny: bool) -> None:
        """Have the conversation.

        Raises:
            Denied: the other end did not say what it must, or `deny` is set.
            OSError: the connection is gone.
        """


class Telnet(msgspec.Struct, frozen=True, kw_only=True):
    """Begins to negotiate as a telnet server does, and goes on whatever the answer."""

    async def hold(self, talk: Terminal, *, deny: bool) -> None:  # noqa: ARG002 - telnet knows no passwords
        """Offer to echo and not to wait for go-aheads, and ask for the window's size."""
        await talk.say(bytes((IAC, WILL, ECHO, IAC, WILL, SUPPRESS_GO_AHEAD, IAC, DO, WINDOW_SIZE)))


class PanasonicLogin(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for a user id and a password as Panasonic's LAN port does."""

    user: str = "SMDR"
    password: str = "PCCSMDR"  # noqa: S105 - the maker's published default
    banner: bytes = b"\r\nSimulated PBX\r\n"
    prompt: bytes = b"-"
    question: bytes = b"Enter Password:"
    again: int = 3
    """Times either is asked once more before the connection is closed."""

    async def hold(self, talk: Terminal, *, deny: bool) -> None:
        """Ask until the answers are right."""
        await talk.say(self.banner)
        left = self.again
        while (await self._asked(talk, self.prompt)).upper() != self.user.upper().encode():
            left = self._next(left)
        left = self.again
        while await self._asked(talk, self.question, b"*") != self.password.encode() or deny:
            left = self._next(left)

    async def _asked(self, talk: Terminal, question: bytes, mask: bytes = b"") -> bytes:
        await talk.say(question)
        return await talk.line(mask)

    def _next(self, left: int) -> int:
        if not left:
            raise Denied("wrong user id or password")
        return left - 1


class MitelHello(msgspec.Struct, frozen=True, kw_only=True):
    """Expects the binary log-in of a Mitel 5000: length, the kind of socket, the password, NUL."""

    password: str = ""

    async def hold(self, talk: Terminal, *, deny: bool) -> None:
        """Take the hello."""
        size = int.from_bytes(bytes([await talk.byte() for _ in range(4)]), "little")
        if size > LONGEST_LINE_BYTES:
            raise Denied("a hello that says it is too long")
        said = bytes([await talk.byte() for _ in range(size)])
        if deny or said != bytes((SMDR_SOCKET,)) + self.password.encode() + b"\x00":
            raise Denied("not the hello of an SMDR reader with the right password")


async def held(dialogues: tuple[Handshake, ...], talk: Terminal, *, deny: bool, limit_s: float) -> None:
    """Hold one dialogue after another, within so many seconds.

    Raises:
        Denied: the other end was not let in, or took too long.
        OSError: the connection is gone.
    """
    try:
        async with asyncio.timeout(limit_s):
            for dialogue in dialogues:
                await dialogue.hold(talk, deny=deny)
    except TimeoutError:
        raise Denied(f"no right answer within {limit_s:g} s") from None
