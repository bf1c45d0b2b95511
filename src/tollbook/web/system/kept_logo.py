"""The site's logo as whoever makes files asks for it; it knows nothing of the API, which makes files itself."""

from __future__ import annotations

from tollbook.engine.runtime import engine

FILE = "logo.png"


def kept_logo() -> bytes:
    """Return the site's logo; nothing where there is none."""
    try:
        return (engine().site.path / FILE).read_bytes()
    except OSError:
        return b""
