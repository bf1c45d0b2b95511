"""People who may sign in, each in a role and with a scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollbook.model.actor import TOLLBOOK

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PASSWORD = "correct horse 9"


def let_in(
    name: str, role: str = "viewer", scope: str = "", telephones_of: str = "", *, password: str = PASSWORD
) -> User:
    """Let somebody sign in with a password; a scope is written as in the form, a line for each part."""
    from tollbook.site.people.operations import add_person
    from tollbook.web.people.giving import checked_access

    return add_person(TOLLBOOK, name, password, checked_access(role, scope, telephones_of))
