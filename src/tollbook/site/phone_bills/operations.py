"""What phone bills leave out of numbers unless somebody says otherwise. A change and its line in the audit are one."""

from __future__ import annotations

from django.db import transaction

from tollbook.model.actor import Actor
from tollbook.model.phone_bill import MASKS, Mask
from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.site.audit import operations as audit
from tollbook.site.phone_bills.models import PhoneBillSettingRecord

_ONLY = 1
"""The number of the one row."""


def usual_mask() -> Mask:
    """Return what the site has set; nothing is left out where it has set nothing."""
    found = PhoneBillSettingRecord.objects.first()
    return read_mask(found.mask) if found else "none"


def read_mask(text: str) -> Mask:
    """Return a mask by its word; raises `Misconfigured`."""
    found = next((each for each in MASKS if each == text), None)
    if found is None:
        reason = f"got {text[:40]!r}"
        raise Misconfigured(Problem(f"'mask' must be one of {', '.join(MASKS)}", reason, help=nearest(text, MASKS)))
    return found


@transaction.atomic
def set_usual_mask(actor: Actor, text: str) -> Mask:
    """Keep what is left out of numbers from now on; raises `Misconfigured`."""
    wanted, before = read_mask(text), usual_mask()
    if wanted != before:
        PhoneBillSettingRecord.objects.update_or_create(pk=_ONLY, defaults={"mask": wanted})
        audit.record(actor, "phone-bill.mask", wanted, {"mask": [before, wanted]})
    return wanted
