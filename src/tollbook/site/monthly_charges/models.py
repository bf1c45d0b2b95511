"""The table of monthly charges."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from django.db import models

from tollbook.model.monthly_charge import MonthlyCharge

LONGEST_NAME = 120
_LONGEST_TARGET = 600
"""A path of departments."""


class MonthlyChargeRecord(models.Model):
    """One monthly charge; amounts are texts, as SQLite has no decimals.

    `target` is what its target was called when it was set up; those of the directory have an id.
    """

    name = models.CharField(max_length=LONGEST_NAME)
    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=_LONGEST_TARGET)
    target_id = models.PositiveBigIntegerField(default=0)
    pbx = models.CharField(max_length=40, blank=True)
    amount = models.CharField(max_length=20)
    cost = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3)
    tax = models.CharField(max_length=20, default="0")
    part_month = models.CharField(max_length=10)
    first = models.DateField()
    last = models.DateField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "monthly_charge"
        ordering = ("name", "kind", "target", "pbx", "first", "id")
        verbose_name = "monthly charge"

    def __str__(self) -> str:
        """Return its name and whom it is for."""
        return f"{self.name}: {self.kind.replace('_', ' ')} {self.target}"

    def value(self, target: str) -> MonthlyCharge:
        """Return the charge, with what its target is called now."""
        told: dict[str, Any] = {name: getattr(self, name) for name in MonthlyCharge.__struct_fields__}
        told |= {"target": target, "amount": Decimal(self.amount), "tax": Decimal(self.tax)}
        told |= {"cost": Decimal(self.cost) if self.cost else None}
        told |= {"from": told.pop("first"), "to": told.pop("last")}
        return msgspec.convert(told, MonthlyCharge)
