"""The second step of signing in: a code of six digits that an app on a telephone shows, by RFC 6238 (TOTP).

A code is good for its thirty seconds and those before and after, and once. Who has lost the telephone uses one of ten
recovery codes, each of them once; only digests of these are kept.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

import pyotp
from django.contrib.auth.models import User
from django.db import transaction

from tollbook import clock
from tollbook.model.actor import Actor
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.audit import operations as audit
from tollbook.site.people.models import SecondStepRecord

ISSUER = "Tollbook"
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is easily taken for another."""
_GROUPS, _OF_GROUP = 4, 4
_STEP_S = 30


def new_secret() -> str:
    """Return a secret for an app, 160 bits in base 32."""
    return pyotp.random_base32()


def address_for_app(secret: str, name: str, site: str) -> str:
    """Return what an app reads from the picture: the address of the secret, with who and what it is for."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"{ISSUER} {site}".strip())


def is_on(user: User) -> bool:
    """Say whether a person signs in by two steps."""
    return SecondStepRecord.objects.filter(user=user).exists()


@transaction.atomic
def switch_on(actor: Actor, user: User, secret: str, code: str) -> list[str]:
    """Have a person sign in by two steps from now on; returns the recovery codes, which are shown this once.

    Raises `Misconfigured` where the code is not that of the secret: then the app would show wrong ones later, too.
    """
    step = _step_of(secret, code, last=-1)
    if step is None:
        help_ = "let both clocks be right, and type the code that the app shows now"
        raise Misconfigured(Problem("this is not the code", "the app shows another one", help=help_))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    kept = {"secret": secret, "last_step": step, "recovery": [_digest(each) for each in codes]}
    SecondStepRecord.objects.update_or_create(user=user, defaults=kept)
    audit.record(actor, "person.second-step", user.username)
    return codes


@transaction.atomic
def is_right(user: User, code: str) -> bool:
    """Say whether a code lets a person in, and let it be of no use again."""
    record = SecondStepRecord.objects.select_for_update().filter(user=user).first()
    if record is None:
        return False
    step = _step_of(record.secret, code, last=record.last_step)
    if step is not None:
        record.last_step = step
        record.save(update_fields=["last_step"])
        return True
    given = _digest(code)
    matching = [each for each in record.recovery if hmac.compare_digest(each, given)]
    if matching:
        record.recovery = [each for each in record.recovery if each not in matching]
        record.save(update_fields=["recovery"])
    return bool(matching)


def codes_left(user: User) -> int:
    """Return how many recovery codes a person has left."""
    record = SecondStepRecord.objects.filter(user=user).first()
    return len(record.recovery) if record else 0


@transaction.atomic
def switch_off(actor: Actor, user: User) -> None:
    """Have a person sign in by their password alone again; raises `NotThere` where they do already."""
    gone, _ = SecondStepRecord.objects.filter(user=user).delete()
    if not gone:
        raise NotThere(Problem(f"{user.username} has no second step", "they sign in by their password alone"))
    audit.record(actor, "person.second-step-off", user.username)


def _step_of(secret: str, code: str, last: int) -> int | None:
    """Return which thirty seconds since 1970 a code is of, later than the last one; None where it is of none near."""
    typed = "".join(code.split())
    now, app = int(clock.now().timestamp()) // _STEP_S, pyotp.TOTP(secret, interval=_STEP_S)
    near = (step for step in (now, now - 1, now + 1) if step > last)
    return next((step for step in near if hmac.compare_digest(app.generate_otp(step), typed)), None)


def _recovery_code() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_OF_GROUP)) for _ in range(_GROUPS))


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
