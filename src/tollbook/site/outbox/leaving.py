"""Links in messages that work without signing in: to leave a topic, and to what a run has made.

Both are signed with the site's own secret key, so that nobody can make one up; that to what was made ends after some
days. A link says what it is for and nothing else can be done with it.
"""

from __future__ import annotations

from django.core import signing

_LEAVE, _OPEN = "tollbook.leave", "tollbook.open"
OPEN_FOR_S = 14 * 86_400
"""For how long what a run has made can be opened by its link."""
_LONGEST = 1000


def leave_token(topic: str, recipient: str) -> str:
    """Return what lets a recipient leave a topic."""
    return signing.dumps([topic, recipient], salt=_LEAVE, compress=True)


def read_leave(token: str) -> tuple[str, str] | None:
    """Return the topic and the recipient of a token; None where it is none of ours."""
    try:
        topic, recipient = signing.loads(token[:_LONGEST], salt=_LEAVE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(topic), str(recipient)


def open_token(run: int, name: str) -> str:
    """Return what opens a file that a run has made."""
    return signing.dumps([run, name], salt=_OPEN, compress=True)


def read_open(token: str) -> tuple[int, str] | None:
    """Return the run and the file's name of a token; None where it is none of ours, or too old."""
    try:
        run, name = signing.loads(token[:_LONGEST], salt=_OPEN, max_age=OPEN_FOR_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(run), str(name)
