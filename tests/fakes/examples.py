"""How many examples a property is tried with: a number for `make test`, a part of it for every day."""

from __future__ import annotations

from hypothesis import settings

_USUAL = 100


def tries(count: int) -> int:
    """Return how often something is tried: `count` under the profile `same`, fewer or more in the others' ratio."""
    chosen = settings.get_profile(settings.get_current_profile_name())
    return max(1, count * chosen.max_examples // _USUAL)


def examples(count: int) -> settings:
    """Try a property with so many examples, as `tries` says."""
    return settings(max_examples=tries(count))
