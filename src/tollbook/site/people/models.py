"""The table of tokens."""

from __future__ import annotations

from django.db import models


class TokenRecord(models.Model):
    """One token for the API. Only a digest of it is kept: who loses it makes another."""

    name = models.CharField(max_length=40, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    permission = models.CharField(max_length=10)
    added_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "token"
        ordering = ("name",)
        verbose_name = "token"

    def __str__(self) -> str:
        """Return its name."""
        return self.name
