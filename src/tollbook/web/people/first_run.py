"""The set-up code: proof that whoever makes the first administrator can read the server's terminal or its folder."""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path

from tollbook.site.people.operations import users_exist
from tollbook.web.serving.secret_files import read, write

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is easily taken for another."""
_LENGTH = 12


def _file(site: Path) -> Path:
    return site / "setup-code"


def ensure_setup_code(site: Path) -> str | None:
    """Return the set-up code, made now where there is none; None once a user exists, and the file is gone."""
    if users_exist():
        forget_setup_code(site)
        return None
    path = _file(site)
    if not _is_whole(read(path)):  # nobody has been told it, or what they were told opens nothing
        write(path, "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)).encode())
    return read(path)


def is_setup_code(site: Path, given: str) -> bool:
    """Compare in constant time; spaces, hyphens and small letters do not matter."""
    expected = read(_file(site))
    return _is_whole(expected) and hmac.compare_digest(_plain(expected), _plain(given))


def forget_setup_code(site: Path) -> None:
    """Take the code away, since it has done its work."""
    _file(site).unlink(missing_ok=True)


def _is_whole(code: str) -> bool:
    return len(_plain(code)) == _LENGTH


def _plain(code: str) -> bytes:
    return "".join(letter for letter in code.upper() if letter.isalnum()).encode()
