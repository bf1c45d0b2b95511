"""The tables of the audit: what was done, and whether looking at calls is noted, too."""

from __future__ import annotations

from django.db import models


class AuditRecord(models.Model):
    """One thing that was done. `changes` holds what was before and after, by field; of a secret only that it is set."""

    at = models.DateTimeField(db_index=True)
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=150)
    address = models.CharField(max_length=100, blank=True)
    action = models.CharField(max_length=40)
    name = models.CharField(max_length=150, blank=True)
    changes = models.JSONField(default=dict)

    class Meta:
        """Its table, newest first."""

        db_table = "audit"
        ordering = ("-id",)

    def __str__(self) -> str:
        """Say what was done, and by whom."""
        return f"{self.actor}: {self.action} {self.name}"


class LookPolicyRecord(models.Model):
    """Whether it is noted who looked at whose calls, and whether they are asked why: one row at most."""

    noted = models.BooleanField(default=False)
    asks_reason = models.BooleanField(default=False)

    class Meta:
        """Its table, and what people call it."""

        db_table = "look_policy"
        verbose_name = "what is noted of looking"

    def __str__(self) -> str:
        """Say what holds."""
        return "noted" if self.noted else "not noted"
