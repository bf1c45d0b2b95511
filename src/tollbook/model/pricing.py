"""Which tariffs price which calls: what the site has set, as it is handed to the store."""

from __future__ import annotations

from datetime import date

import msgspec


class TariffRule(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff prices calls of a PBX, or of one of its trunks or trunk groups, in a direction.

    What is empty is any. It holds from the beginning of day `first` until that of `until`, by the clock of the PBX.
    """

    id: int
    tariff: str
    pbx: str = ""
    trunk: str = ""
    trunk_group: str = ""
    direction: str = "outgoing"
    first: date | None = None
    until: date | None = None


class VersionInUse(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a tariff: its name as that of its file, the digest of its texts, and from when it is valid.

    `valid_from` is a moment in ISO 8601, without an offset by the clock of the tariff's zone.
    """

    tariff: str
    name: str
    digest: str
    valid_from: str

    @property
    def revision(self) -> int:
        """Which revision it is, 1 the first: 3 for the name 2026-01-01.r3."""
        _, dot, number = self.name.rpartition(".r")
        return int(number) if dot and number.isdecimal() else 1

    @property
    def label(self) -> str:
        """What a call keeps of the version that priced it."""
        return f"{self.tariff}/{self.name}@{self.digest[:12]}"


class PriceRun(msgspec.Struct, frozen=True, kw_only=True):
    """Rules and versions that price calls from a moment until another; of two runs over a moment the later counts.

    Moments are in ISO 8601, without an offset by the clock of each PBX; empty is always.
    """

    rules: tuple[TariffRule, ...]
    versions: tuple[VersionInUse, ...]
    first: str = ""
    until: str = ""


class Pricing(msgspec.Struct, frozen=True):
    """What prices the calls of a site: runs in the order in which they were made."""

    runs: tuple[PriceRun, ...] = ()

    def of(self, pbx: str) -> Pricing:
        """Return what concerns one PBX."""
        runs = []
        for run in self.runs:
            rules = tuple(rule for rule in run.rules if rule.pbx in ("", pbx))
            used = {rule.tariff for rule in rules}
            versions = tuple(each for each in run.versions if each.tariff in used)
            runs.append(msgspec.structs.replace(run, rules=rules, versions=versions))
        return Pricing(tuple(runs)) if any(run.rules for run in runs) else Pricing()
