"""The tables of people's tiles and of wallboards."""

from __future__ import annotations

import msgspec
from django.contrib.auth.models import User
from django.db import models

from tollbook.model.actor import Actor
from tollbook.model.dashboard import Tiles, Wallboard


class DashboardRecord(models.Model):
    """A person's tiles of Home; `version` counts how often they have been changed."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    version = models.PositiveIntegerField(default=1)
    tiles = models.JSONField(default=list)

    class Meta:
        """Its table, and what people call it."""

        db_table = "dashboard"
        verbose_name = "dashboard"

    def __str__(self) -> str:
        """Return whose it is."""
        return str(self.person_id)

    def kept(self) -> Tiles:
        """Return the tiles."""
        return msgspec.convert(self.tiles, Tiles, strict=False)


class WallboardRecord(models.Model):
    """A board for a wall. Of the secret in its link only a digest is kept, empty where it has no link."""

    name = models.CharField(max_length=40, primary_key=True)
    title = models.CharField(max_length=60)
    theme = models.CharField(max_length=10)
    columns = models.PositiveSmallIntegerField(default=3)
    words = models.JSONField(default=dict)
    tiles = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    made_by = models.CharField(max_length=150)
    made_by_kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    linked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "wallboard"
        ordering = ("name",)
        verbose_name = "wallboard"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self) -> Wallboard:
        """Return the board, without what opens it."""
        same = {name: getattr(self, name) for name in ("name", "title", "theme", "columns", "words", "version")}
        return Wallboard(
            **same,
            made_by=msgspec.convert({"kind": self.made_by_kind, "name": self.made_by}, Actor),
            tiles=msgspec.convert(self.tiles, Tiles, strict=False),
            has_link=bool(self.digest),
            linked_at=self.linked_at,
            ends_at=self.expires_at,
        )
