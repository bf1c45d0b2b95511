"""What this site took over from its centre last: kept where it was applied, so that both are so or neither is."""

from __future__ import annotations

import gzip

import msgspec

from tollbook.model.place import BundleTexts
from tollbook.site.places.models import HandedDownRecord

_NOTHING = BundleTexts(parts=(), files={})


def digest() -> str:
    """Return the digest of what was taken over last; empty where nothing was."""
    return str(HandedDownRecord.objects.values_list("digest", flat=True).first() or "")


def texts() -> BundleTexts:
    """Return what was taken over last."""
    found = HandedDownRecord.objects.first()
    return msgspec.json.decode(gzip.decompress(found.texts), type=BundleTexts) if found else _NOTHING


def note(digest_of_it: str, bundle: BundleTexts) -> None:
    """Keep what is taken over, in the transaction in which it is applied."""
    values = {"digest": digest_of_it, "texts": gzip.compress(msgspec.json.encode(bundle))}
    HandedDownRecord.objects.update_or_create(pk=1, defaults=values)


def forget() -> None:
    """Take what was handed down for the site's own from now on: it has left its centre."""
    HandedDownRecord.objects.all().delete()
