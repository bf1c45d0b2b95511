"""The tables of tariffs: which lines they are assigned to, and what has priced calls from when until when."""

from __future__ import annotations

from django.db import models

from tollbook.model.pricing import TariffRule


class TariffRuleRecord(models.Model):
    """A tariff prices calls of a PBX, or of one of its trunks or trunk groups, in a direction; empty is any."""

    tariff = models.CharField(max_length=40)
    pbx = models.CharField(max_length=40, blank=True)
    trunk = models.CharField(max_length=80, blank=True)
    trunk_group = models.CharField(max_length=80, blank=True)
    direction = models.CharField(max_length=20, blank=True)
    first = models.DateField(null=True)
    until = models.DateField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "tariff_rule"
        ordering = ("id",)
        verbose_name = "assignment of a tariff"

    def __str__(self) -> str:
        """Return the tariff and where it counts."""
        where = " ".join(filter(None, (self.pbx, self.trunk, self.trunk_group, self.direction)))
        return f"{self.tariff}: {where or 'all calls'}"

    def value(self) -> TariffRule:
        """Return the rule as the engine knows it."""
        return TariffRule(
            id=self.pk,
            tariff=self.tariff,
            pbx=self.pbx,
            trunk=self.trunk,
            trunk_group=self.trunk_group,
            direction=self.direction,
            first=self.first,
            until=self.until,
        )


class PriceRunRecord(models.Model):
    """By which rules and versions calls are priced that begin from `first` until `until`; a later record counts first.

    Those that somebody `asked` for price calls again that were priced before.
    """

    first = models.CharField(max_length=40, blank=True)
    until = models.CharField(max_length=40, blank=True)
    asked = models.BooleanField(default=False)
    made_at = models.DateTimeField(auto_now_add=True)
    prices = models.JSONField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "price_run"
        ordering = ("id",)
        verbose_name = "price run"

    def __str__(self) -> str:
        """Return the time it is of."""
        return f"{self.first or 'ever'} to {self.until or 'ever'}"
