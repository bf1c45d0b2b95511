"""The tables of PBXs and of changes of their formats."""

from __future__ import annotations

from django.db import models

from tollbook.model.pbx import Pbx
from tollbook.sources.known import renamed


class PbxRecord(models.Model):
    """One PBX. `settings` holds option texts by name, secrets among them; the site folder is its owner's alone.

    `plan` holds those of its dial plan, by trunk group. An earlier version may have kept settings under former names.
    """

    name = models.CharField(max_length=40, primary_key=True)
    dialect = models.CharField(max_length=80)
    source = models.CharField(max_length=40)
    timezone = models.CharField(max_length=80, default="UTC")
    settings = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    paused = models.BooleanField(default=False)
    removed = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "pbx"
        ordering = ("name",)
        verbose_name = "PBX"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self) -> Pbx:
        """Return the PBX as the engine knows it."""
        return Pbx(
            name=self.name,
            dialect=self.dialect,
            source=self.source,
            timezone=self.timezone,
            settings=renamed(self.source, self.settings),
            plan=self.plan,
            paused=self.paused,
            removed=self.removed,
        )


class FindingAsideRecord(models.Model):
    """Something that looked odd about how a PBX's records are read, put aside: by its check, and how much it was of."""

    pbx = models.CharField(max_length=40)
    check_name = models.CharField(max_length=40)
    count = models.BigIntegerField()
    note = models.CharField(max_length=200)
    who = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "finding_aside"
        ordering = ("pbx", "check_name")
        constraints = (models.UniqueConstraint(fields=("pbx", "check_name"), name="one_aside_a_check"),)
        verbose_name = "finding that was put aside"

    def __str__(self) -> str:
        """Say what it is."""
        return f"{self.pbx}: {self.check_name}"


class FormatChange(models.Model):
    """A PBX's history was read again in another format, or in its own as it was changed.

    `before` counts what its frames had become until then. What it takes to undo the change is kept: the format's name,
    its text where it was the site's own, and the options of the PBX that belonged to it.
    """

    pbx = models.CharField(max_length=40)
    was = models.CharField(max_length=80)
    became = models.CharField(max_length=80)
    was_text = models.TextField(blank=True, default="")
    was_options = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    changed_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, newest first."""

        db_table = "format_change"
        ordering = ("-id",)

    def __str__(self) -> str:
        """Say what changed."""
        return f"{self.pbx}: {self.was} to {self.became}"
