"""The table of rejects that were put aside."""

from __future__ import annotations

from django.db import models


class PutAsideRecord(models.Model):
    """One reject that somebody put aside. Its id is the same after every rebuild, so it stays put aside."""

    reject = models.CharField(max_length=36, primary_key=True)
    pbx = models.CharField(max_length=40)
    note = models.CharField(max_length=200)
    who = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "put_aside"
        ordering = ("reject",)
        verbose_name = "reject that was put aside"

    def __str__(self) -> str:
        """Return the reject's id."""
        return self.reject
