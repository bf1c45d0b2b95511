"""Whether somebody has to set a second step up before anything else."""

from __future__ import annotations

from django.http import HttpRequest

from tollbook.site.people import second_step, sign_on
from tollbook.site.people.operations import role_of
from tollbook.web.people.actors import person
from tollbook.web.people.confirming import signs_in_here

OPEN_WITHOUT = frozenset(("second-step-new", "sign-out"))
"""Pages that somebody may open who has no second step and needs one, by name."""


def lacks_second_step(request: HttpRequest) -> bool:
    """Say whether who is signed in must have a second step and has none; who signs on at an issuer never must."""
    required = sign_on.two_step_roles()
    if not required:
        return False
    user = person(request)
    must = sign_on.EVERYBODY in required or role_of(user) in required
    return must and signs_in_here(user) and not second_step.is_on(user)
