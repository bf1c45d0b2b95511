"""The table of sinks."""

from __future__ import annotations

from django.db import models

from tollbook.model.sink import Sink


class SinkRecord(models.Model):
    """One sink. `settings` holds option texts by name, secrets among them; `filter` says which calls it is handed."""

    name = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    columns = models.TextField(default="tollbook")
    filter = models.JSONField(default=dict)
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
            filter=dict(self.filter),
            paused=self.paused,
        )
