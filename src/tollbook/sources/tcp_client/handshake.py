"""What is said in bytes rather than in lines: before the first record, and to a PBX that asks whether somebody listens.

Both are written by a person, or by a format, as hexadecimal digits. What is heard in the handshake is no part of the
stream; what is asked later is, and stands between records there: the format says so.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

_STEP = re.compile(r"\s*(send|hear)\s+([0-9A-Fa-f\s]+?)\s*")
_MOST_STEPS, _MOST_BYTES = 16, 64
_SHOWN = 16


class HandshakeStep(msgspec.Struct, frozen=True):
    """Bytes that are sent to the PBX, or that it must say next."""

    what: Literal["send", "hear"]
    data: bytes


class StandingAnswer(msgspec.Struct, frozen=True):
    """What a PBX asks at any time, and what it is told."""

    question: bytes
    answer: bytes


def read_handshake(text: str) -> tuple[HandshakeStep, ...]:
    r"""Return the steps that a person wrote; raises ValueError with what is expected.

    >>> read_handshake("send 00 01 53; hear 00 01 50")
    (HandshakeStep(what='send', data=b'\x00\x01S'), HandshakeStep(what='hear', data=b'\x00\x01P'))
    """
    steps = []
    for part in filter(str.strip, text.split(";")):
        found = _STEP.fullmatch(part)
        if not found:
            raise ValueError("'send' or 'hear' with bytes as hexadecimal digits, divided by semicolons")
        what: Literal["send", "hear"] = "send" if found[1] == "send" else "hear"
        steps.append(HandshakeStep(what, _bytes(found[2])))
    if len(steps) > _MOST_STEPS:
        raise ValueError(f"{_MOST_STEPS} steps at most")
    return tuple(steps)


def read_answers(text: str) -> tuple[StandingAnswer, ...]:
    r"""Return the answers that a person wrote; raises ValueError with what is expected.

    >>> read_answers("00 08 3F => 00 08 21")
    (StandingAnswer(question=b'\x00\x08?', answer=b'\x00\x08!'),)
    """
    answers = []
    for part in filter(str.strip, text.split(";")):
        question, arrow, answer = part.partition("=>")
        if not arrow:
            raise ValueError("'question => answer' in hexadecimal digits, divided by semicolons")
        answers.append(StandingAnswer(_bytes(question), _bytes(answer)))
    if len(answers) > _MOST_STEPS:
        raise ValueError(f"{_MOST_STEPS} answers at most")
    return tuple(answers)


def _bytes(text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise ValueError("bytes written as two hexadecimal digits each, such as 00 01 53") from None
    if not 0 < len(data) <= _MOST_BYTES:
        raise ValueError(f"1 to {_MOST_BYTES} bytes")
    return data


def shown(data: bytes) -> str:
    r"""Return bytes as a message shows them: the first few, as hexadecimal digits.

    >>> shown(b"\x00\x01S"), shown(b"")
    ('00 01 53', 'nothing')
    """
    return data[:_SHOWN].hex(" ").upper() or "nothing"


class Answering:
    """Answers what a PBX asks, as soon as the question is on the disk: what it says is that what came is kept."""

    def __init__(self, answers: tuple[StandingAnswer, ...]) -> None:
        self._told = {each.question: each.answer for each in answers}
        questions = sorted(self._told, key=len, reverse=True)
        self._asked = re.compile(b"|".join(map(re.escape, questions)))
        self._kept = max(map(len, questions)) - 1
        self._tail = b""

    def greeting(self) -> bytes:
        """Return nothing: the handshake is not this one's."""
        return b""

    def committed(self, data: bytes) -> bytes:
        """Return what is sent once these bytes, the next of the stream, are on the disk."""
        text = self._tail + data
        found = list(self._asked.finditer(text))
        # What was a question is not looked at again, so that none is answered twice.
        over = max(found[-1].end() if found else 0, len(text) - self._kept)
        self._tail = text[over:]
        return b"".join(self._told[each[0]] for each in found)
