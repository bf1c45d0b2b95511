"""Names of files that messages are written to: safe in every folder, and the same for the same message."""

from __future__ import annotations

import hashlib
import re

from tollbook.model.message import DeliveryMessage

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 120


def safe_name(text: str) -> str:
    r"""Return a name without folders, blanks or signs that a system takes for something else.

    >>> safe_name("../../etc/passwd"), safe_name("Calls by department.pdf"), safe_name(".."), safe_name("con\x00")
    ('etc-passwd', 'Calls-by-department.pdf', 'file', 'con')
    """
    stem, dot, ending = text.rpartition(".")
    kept = (
        _UNSAFE.sub("-", text)
        if len(text) <= _LONGEST
        else _UNSAFE.sub("-", (stem or ending)[: _LONGEST - 10] + dot + ending[:9])
    )
    return kept.replace("..", "-").strip("-.") or "file"


def files_of(message: DeliveryMessage, *, whole: bool) -> dict[str, bytes]:
    """Return the files of a message by their names, which are told apart from those of other messages by its key."""
    mark = hashlib.sha256(message.key.encode()).hexdigest()[:8]
    given = [(each.name, each.content) for each in message.files]
    if whole or not given:
        given.append(("message.txt", f"{message.subject}\n\n{message.text}".encode()))
    if whole and message.html:
        given.append(("message.html", message.html.encode()))
    if whole:
        given += [(f"{each.name}.png", each.content) for each in message.images]
    named: dict[str, bytes] = {}
    for name, content in given:
        stem, dot, ending = safe_name(name).rpartition(".")
        base, end = (stem, f".{ending}") if dot and stem else (ending, "")
        chosen = f"{base}-{mark}{end}"
        number = 2
        while chosen in named:
            chosen, number = f"{base}-{mark}-{number}{end}", number + 1
        named[chosen] = content
    return named
