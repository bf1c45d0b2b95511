"""The tables of budgets, and of the states that they reached."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import models

from tollbook.model.budget import Budget, BudgetAmount, BudgetNote

_LONGEST = 600
"""A path of departments."""


class BudgetRecord(models.Model):
    """One budget. `target` is what its target was called when it was set up; those of the directory have an id."""

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20)
    target = models.CharField(max_length=_LONGEST)
    target_id = models.PositiveBigIntegerField(default=0)
    pbx = models.CharField(max_length=40, blank=True)
    measure = models.CharField(max_length=10)
    currency = models.CharField(max_length=3)
    per = models.CharField(max_length=10)
    begins = models.PositiveSmallIntegerField(default=1)
    since = models.DateField()
    amounts = models.JSONField(default=list)
    carry = models.CharField(max_length=10)
    near = models.PositiveSmallIntegerField(default=80)

    class Meta:
        """Its table, and what people call it."""

        db_table = "budget"
        ordering = ("name",)
        verbose_name = "budget"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self, target: str) -> Budget:
        """Return the budget, with what its target is called now."""
        told: dict[str, Any] = {name: getattr(self, name) for name in Budget.__struct_fields__}
        amounts = msgspec.convert(self.amounts, tuple[BudgetAmount, ...])
        return msgspec.convert({**told, "target": target, "amounts": amounts}, Budget)


class BudgetNoteRecord(models.Model):
    """That a budget reached a state in the period that begins on a day: once, whatever becomes of the use later."""

    budget = models.ForeignKey(BudgetRecord, on_delete=models.CASCADE, related_name="notes")
    first = models.DateField()
    state = models.CharField(max_length=10)
    reached_at = models.DateTimeField()
    used = models.CharField(max_length=60)
    available = models.CharField(max_length=60)

    class Meta:
        """Its table; a state of a period is noted once."""

        db_table = "budget_note"
        ordering = ("reached_at", "id")
        verbose_name = "reached state of a budget"
        constraints = (models.UniqueConstraint(fields=("budget", "first", "state"), name="budget_state_once"),)

    def __str__(self) -> str:
        """Return what was reached."""
        return f"{self.budget_id} {self.first} {self.state}"

    def value(self, budget: str) -> BudgetNote:
        """Return the note of a budget of a name."""
        told = {name: getattr(self, name) for name in ("first", "state", "reached_at", "used", "available")}
        return msgspec.convert({"budget": budget, "from": told.pop("first"), **told}, BudgetNote)
