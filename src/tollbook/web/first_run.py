"""The set-up code: proof that whoever makes the first administrator can read the server's terminal or its folder."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from tollbook.site.people.operations import users_exist

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is easily taken for another."""


def _file(site: Path) -> Path:
    return site / "setup-code"


def ensure_setup_code(site: Path) -> str | None:
    """Return the set-up code, made now where there is none; None once a user exists, and the file is gone."""
    if users_exist():
        forget_setup_code(site)
        return None
    path = _file(site)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)))
    return path.read_text("ascii").strip()


def is_setup_code(site: Path, given: str) -> bool:
    """Compare in constant time; spaces, hyphens and small letters do not matter."""
    path = _file(site)
    expected = path.read_text("ascii") if path.exists() else ""
    return bool(expected) and hmac.compare_digest(_plain(expected), _plain(given))


def forget_setup_code(site: Path) -> None:
    """Take the code away, since it has done its work."""
    _file(site).unlink(missing_ok=True)


def _plain(code: str) -> bytes:
    return "".join(letter for letter in code.upper() if letter.isalnum()).encode()
