"""Makes a site's settings database usable, and its first people. For the command line and the first-run page."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.db.utils import DatabaseError, OperationalError

from tollbook.model.problem import Misconfigured, Problem


def prepare_database() -> None:
    """Make or upgrade the tables; does nothing where they are as this program wants them.

    Raises `Misconfigured` for a file that is damaged, and leaves it as it is.
    """
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError:
        raise
    except DatabaseError as fault:
        place = str(connection.settings_dict["NAME"])
        help_ = "put site.sqlite back from a backup; docs/guide/keeping-every-call.md says how"
        raise Misconfigured(Problem("site.sqlite is damaged", str(fault), place, help_)) from fault


def users_exist() -> bool:
    """Say whether anybody can sign in."""
    return User.objects.exists()


def add_admin(name: str, password: str) -> None:
    """Add an administrator; raises `Misconfigured` when the name is taken or the password will not do."""
    problems = []
    if not name or User.objects.filter(username=name).exists():
        problems.append(Problem(f"{name!r} cannot be an administrator's name", "it is empty or taken already"))
    try:
        User.username_validator(name)
        validate_password(password, User(username=name))
    except ValidationError as fault:
        problems += [Problem("the name or password will not do", message) for message in fault.messages]
    if problems:
        raise Misconfigured(*problems)
    User.objects.create_user(name, password=password, is_staff=True)
