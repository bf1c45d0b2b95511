"""Who asks for something: a person at a page, a program with a token, a command on the machine, or Tollbook itself."""

from __future__ import annotations

from typing import Literal

import msgspec


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and from where.

    `name` is the person's, the token's, or that of the machine's user who gave the command. `address` is the network
    address that the request came from; it is empty where there was none.
    """

    kind: Literal["person", "token", "command", "program"]
    name: str
    address: str = ""


TOLLBOOK = Actor(kind="program", name="tollbook")
"""Tollbook itself, for what nobody asked for."""
