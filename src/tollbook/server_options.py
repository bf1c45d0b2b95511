"""Options by which a server is reached that we log in to: its password in a file, and how it is known over TLS."""

from __future__ import annotations

from typing import Annotated

from tollbook.model.fence import Reach
from tollbook.plugins import TEXT, Setting, choice
from tollbook.tls import is_this_machine


def secret_file(
    needs: tuple[str, tuple[str, ...]] | None = None,
    holds: str = "the password, instead of 'password'",
) -> Setting:
    """Return the option for a file that holds a secret."""
    return Setting(f"file that holds {holds}", TEXT, needs=needs, advanced=True, reach=Reach.READ)


def tls_choice(
    how: str = "how to know the server over TLS",
    exposed: str = "the password and every call",
    auto: str = "verified, but off for a server on this machine",
) -> Setting:
    """Return the option for how a server is known over TLS; `exposed` is what can be read without it."""
    return Setting(
        f"{how}: verified (a known authority or 'ca-file'), unverified (anyone on the network could answer in its "
        f"place), off ({exposed} can be read on the network), or auto: {auto}",
        choice("auto", "verified", "unverified", "off"),
        default="auto",
    )


CaFile = Annotated[
    str,
    Setting(
        "file with the certificate authority to trust, PEM",
        TEXT,
        needs=("tls", ("auto", "verified")),
        reach=Reach.KEY,
    ),
]
"""The authority of a server that `tls_choice` is about."""


def protection(tls: str, host: str) -> str:
    """Return how a server is known, `verified`, `unverified` or `off`, by what was chosen and its host.

    >>> protection("auto", "localhost"), protection("auto", "192.0.2.20"), protection("unverified", "localhost")
    ('off', 'verified', 'unverified')
    """
    if tls != "auto":
        return tls
    return "off" if is_this_machine(host) else "verified"
