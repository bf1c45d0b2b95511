"""The site's tariffs as pages ask for them: by name, or the page that says there is none."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import msgspec
from django.http import Http404

from tollbook.engine.runtime import engine
from tollbook.model.pricing import TariffRule
from tollbook.model.problem import NotThere
from tollbook.rating.tariff import Tariff
from tollbook.site.tariffs import operations
from tollbook.site.tariffs.files import StoredVersion, TariffFolder


class KnownTariff(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff with all its versions in the order in which they become valid, and what it prices.

    `now` is the version that is valid today; where none is yet, the first that will be.
    """

    name: str
    versions: list[StoredVersion]
    now: StoredVersion
    rules: list[TariffRule]

    @property
    def title(self) -> str:
        """What people call it; its name where its document cannot be read."""
        return self.now.title or self.name

    @property
    def last(self) -> StoredVersion:
        """The version that becomes valid last: what a next one begins with."""
        return self.versions[-1]


class ShownVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its texts; `tariff` is None where those cannot be read."""

    version: StoredVersion
    tariff: Tariff | None
    document: str
    prices: str


def folder() -> TariffFolder:
    """Return the folder of the site's tariffs."""
    return engine().tariffs


def known_tariffs(today: date, name: str = "") -> list[KnownTariff]:
    """Return all tariffs, or the one of a name, by name."""
    versions = defaultdict[str, list[StoredVersion]](list)
    for each in folder().versions(name):
        versions[each.tariff].append(each)
    rules = operations.rules()
    return [
        KnownTariff(
            name=tariff,
            versions=found,
            now=_now(found, today),
            rules=[rule for rule in rules if rule.tariff == tariff],
        )
        for tariff, found in versions.items()
    ]


def _now(versions: list[StoredVersion], today: date) -> StoredVersion:
    usable = [each for each in versions if not each.fault] or versions
    valid = [each for each in usable if (each.valid_from or each.name)[:10] <= today.isoformat()]
    return valid[-1] if valid else usable[0]


def tariff_named(name: str, today: date) -> KnownTariff:
    """Return a tariff; raises `Http404`."""
    found = known_tariffs(today, name)
    if not found:
        raise Http404
    return found[0]


def pbxs_priced_by(tariff: str) -> frozenset[str]:
    """Return the PBXs whose calls a tariff prices; none where it is assigned to no PBX or to all of them."""
    found = {rule.pbx for rule in operations.rules() if rule.tariff == tariff}
    return frozenset() if "" in found else frozenset(found)


def version_labelled(label: str) -> StoredVersion | None:
    """Return the version by which a call was priced, as the call keeps it; None where its files are gone."""
    tariff = label.partition("/")[0]
    return next((each for each in folder().versions(tariff) if each.in_use().label == label), None)


def version_named(tariff: str, name: str) -> ShownVersion:
    """Return a version with its texts; raises `Http404`."""
    try:
        version, document, prices = folder().texts(tariff, name)
    except NotThere as fault:
        raise Http404 from fault
    read = folder().find(version.digest) if version.digest else None
    return ShownVersion(version=version, tariff=read, document=document, prices=prices)
