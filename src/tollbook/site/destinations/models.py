"""The tables of destinations, and of the address under which recipients reach the pages."""

from __future__ import annotations

from django.db import models

from tollbook.model.message import MessageDestination


class DestinationRecord(models.Model):
    """One destination. `settings` holds option texts by name, secrets among them."""

    name = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    paused = models.BooleanField(default=False)

    class Meta:
        """Its table, and what people call it."""

        db_table = "destination"
        ordering = ("name",)
        verbose_name = "destination"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self) -> MessageDestination:
        """Return the destination as the engine knows it."""
        return MessageDestination(name=self.name, kind=self.kind, settings=dict(self.settings), paused=self.paused)


class PagesAddressRecord(models.Model):
    """The one row of a site, if somebody has said at which address recipients of messages reach its pages."""

    address = models.CharField(max_length=300)

    class Meta:
        """Its table, and what people call it."""

        db_table = "pages_address"
        verbose_name = "address of the pages"

    def __str__(self) -> str:
        """Return the address."""
        return self.address
