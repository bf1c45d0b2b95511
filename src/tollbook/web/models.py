"""What `site.sqlite` keeps: PBXs and sinks as their owner set them up, changes of formats, and tokens for the API.

Users, groups and sessions are Django's own.
"""

from __future__ import annotations

from django.db import models

from tollbook.model.pbx import Pbx
from tollbook.model.sink import Sink


class PbxRecord(models.Model):
    """One PBX. `settings` holds option texts by name, secrets among them; the site folder is its owner's alone."""

    name = models.CharField(max_length=40, primary_key=True)
    dialect = models.CharField(max_length=80)
    source = models.CharField(max_length=40)
    timezone = models.CharField(max_length=80, default="UTC")
    settings = models.JSONField(default=dict)
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
            settings=dict(self.settings),
            paused=self.paused,
            removed=self.removed,
        )


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


def pbxs() -> list[Pbx]:
    """Return every PBX of the site, removed ones too, by name: the engine's directory."""
    return [record.value() for record in PbxRecord.objects.all()]


class SinkRecord(models.Model):
    """One sink. `settings` holds option texts by name, secrets among them; `words` is its filter."""

    name = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    columns = models.TextField(default="tollbook")
    words = models.JSONField(default=dict)
    paused = models.BooleanField(default=False)
    added_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "sink"
        ordering = ("name",)
        verbose_name = "sink"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self) -> Sink:
        """Return the sink as the engine knows it."""
        return Sink(
            name=self.name,
            kind=self.kind,
            settings=dict(self.settings),
            columns=self.columns,
            words=dict(self.words),
            paused=self.paused,
        )


class TokenRecord(models.Model):
    """One token for the API. Only a digest of it is kept: who loses it makes another."""

    name = models.CharField(max_length=40, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=10)
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


def sinks() -> list[Sink]:
    """Return every sink of the site by name: the engine's directory."""
    return [record.value() for record in SinkRecord.objects.all()]
