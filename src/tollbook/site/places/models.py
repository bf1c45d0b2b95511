"""The tables of places, of their groups, and of what a place took over from its centre."""

from __future__ import annotations

from django.db import models

from tollbook.model.place import GROUP


class PlaceRecord(models.Model):
    """One place. Of its code and its token there are digests alone, empty while there is none.

    `health` is the last that it told, as JSON; `clock_s` by how much its clock was ahead of the centre's as that came.
    """

    name = models.CharField(max_length=60, primary_key=True)
    group = models.CharField(max_length=60, default=GROUP)
    code_digest = models.CharField(max_length=64, default="", db_index=True)
    code_ends_at = models.DateTimeField(null=True)
    token_digest = models.CharField(max_length=64, default="", db_index=True)
    added_at = models.DateTimeField(auto_now_add=True)
    joined_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    clock_s = models.FloatField(default=0.0)
    health = models.JSONField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "place"
        ordering = ("name",)
        verbose_name = "place"

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class PlaceGroupRecord(models.Model):
    """What the places of a group are handed down: `parts` of the set-up, and which version they should have."""

    name = models.CharField(max_length=60, primary_key=True)
    parts = models.JSONField(default=list)
    version = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "place_group"
        ordering = ("name",)
        verbose_name = "group of places"

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class HandedDownRecord(models.Model):
    """What this site took over from its own centre last, at most one: its digest, and its texts as packed JSON."""

    digest = models.CharField(max_length=64)
    texts = models.BinaryField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "handed_down"
        verbose_name = "set-up that was handed down"

    def __str__(self) -> str:
        """Return its digest."""
        return self.digest
