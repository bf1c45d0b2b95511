"""A log-in: what the PBX asks, what it is told, and which of its bytes belong to that and to no record.

A step is met when what has come ends in what the step waits for, whatever its case and the blanks around it. What was
met, and the echo of what was sent, are taken out of the stream: they are no records, and may hold the password.
"""

from __future__ import annotations

import re

import msgspec

from tollbook.sources._streams.telnet import without_requests

LINE_ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}
_ECHO_MOST = 128
_GREETING_MOST = 256
_DATE_OR_TIME = re.compile(rb"\d[:/]\d")


class Step(msgspec.Struct, frozen=True):
    """One question of the PBX, in every spelling that is known, and what it is told."""

    prompts: tuple[str, ...]
    answer: str


PRESETS = {
    "panasonic": (
        Step(("-", ">", "login:", "user id:", "username:"), "{username}"),
        Step(("password:",), "{password}"),
    ),
}


_PROMPTS = tuple({prompt for steps in PRESETS.values() for step in steps for prompt in step.prompts if len(prompt) > 1})
_BARE_PROMPTS = tuple({prompt for steps in PRESETS.values() for step in steps for prompt in step.prompts})


def is_prompt(data: bytes) -> bool:
    r"""Say whether what came looks like the question of a log-in: it ends in one, and the line has not ended.

    >>> is_prompt(b"KX-NS500 login: "), is_prompt(b"-"), is_prompt(b"01/02/26 101 -"), is_prompt(b"login:\r\n")
    (True, True, False, False)
    """
    line = without_requests(data).replace(b"\r", b"\n").rpartition(b"\n")[2].strip(b" \0").decode("latin-1").lower()
    return line.endswith(_PROMPTS) or line in _BARE_PROMPTS


def may_be_greeting(data: bytes) -> bool:
    """Say whether what came first may come before the question of a log-in: short, and without date or time."""
    return len(data) <= _GREETING_MOST and not _DATE_OR_TIME.search(data)


def read_steps(text: str) -> tuple[Step, ...]:
    """Return the steps that a person wrote; raises ValueError with what is expected."""
    steps = []
    for part in filter(str.strip, text.split(";")):
        prompt, arrow, answer = part.partition("=>")
        if not arrow or not prompt.strip():
            raise ValueError("steps written as 'question => answer', divided by semicolons")
        steps.append(Step((prompt.strip().lower(),), answer.strip()))
    return tuple(steps)


class LoginDialogue:
    """One log-in under way: give it what comes, send what it says."""

    def __init__(self, steps: tuple[Step, ...], words: dict[str, str], line_end: bytes) -> None:
        self._waiting = list(steps)
        self._asked_last = steps[-1].prompts if steps else ()
        self._words = words
        self._line_end = line_end
        self._heard = b""
        self._echo: bytes | None = None
        self.over = not steps

    @property
    def heard(self) -> bytes:
        """What has come and met no step yet."""
        return self._heard

    @property
    def waits_for(self) -> str:
        """What the PBX is expected to ask next."""
        return " or ".join(repr(prompt) for prompt in self._waiting[0].prompts) if self._waiting else "nothing"

    def meet(self, data: bytes) -> bytes:
        """Take what came; return what to send now, which may be nothing."""
        self._heard += data
        text = without_requests(self._heard).rstrip(b" \0").decode("latin-1").lower()
        if not self._waiting or not text.endswith(self._waiting[0].prompts):
            return b""
        answer = self._waiting.pop(0).answer
        for name, word in self._words.items():
            answer = answer.replace("{" + name + "}", word)
        self._heard, self._echo = b"", answer.encode()
        self.over = not self._waiting
        return self._echo + self._line_end

    def after_echo(self, data: bytes) -> bytes | None:
        """Take what came after the last answer; return it without the echo, None while it may still be one."""
        if self._echo is None:
            return data
        self._heard += data
        line, ended, rest = _first_line(self._heard)
        if not ended and len(line) < _ECHO_MOST and self._is_echo(line):
            return None
        kept = rest if self._is_echo(line) else self._heard
        self._heard, self._echo = b"", None
        return kept

    def asks_again(self, data: bytes) -> bool:
        """Say whether what came ends in the last question: the answer was not accepted."""
        text = without_requests(data).rstrip(b" \0\r\n").decode("latin-1").lower()
        return bool(self._asked_last) and text.endswith(tuple(each for each in self._asked_last if len(each) > 1))

    def _is_echo(self, line: bytes) -> bool:
        shown = without_requests(line).strip(b" \0")
        return not shown.strip(b"*") or bool(self._echo and self._echo.startswith(shown))


def _first_line(data: bytes) -> tuple[bytes, bool, bytes]:
    """Return the first line that is not empty, whether it has ended, and what comes after it."""
    bare = data.lstrip(b"\r\n")
    end = min((place for place in (bare.find(b"\r"), bare.find(b"\n")) if place >= 0), default=-1)
    return (bare, False, b"") if end < 0 else (bare[:end], True, bare[end:])
