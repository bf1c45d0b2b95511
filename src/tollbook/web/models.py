"""What `site.sqlite` keeps: the PBXs as their owner set them up. Users, groups and sessions are Django's own."""

from __future__ import annotations

from django.db import models

from tollbook.model.pbx import Pbx


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


def pbxs() -> list[Pbx]:
    """Return every PBX of the site, removed ones too, by name: the engine's directory."""
    return [record.value() for record in PbxRecord.objects.all()]
