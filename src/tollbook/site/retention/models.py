"""The tables of the policy for how long things are kept, and of its runs."""

from __future__ import annotations

from django.db import models

from tollbook.model.retention import RetentionPolicy


class RetentionPolicyRecord(models.Model):
    """The one policy of a site, if it has one; days, empty: for ever."""

    records = models.PositiveIntegerField(null=True)
    numbers = models.PositiveIntegerField(null=True)
    calls = models.PositiveIntegerField(null=True)
    history = models.PositiveIntegerField(null=True)
    looks = models.PositiveIntegerField(null=True)
    backups = models.PositiveIntegerField(null=True)
    set_at = models.DateTimeField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "retention_policy"
        verbose_name = "policy for how long things are kept"

    def __str__(self) -> str:
        """Return what it is."""
        return "how long things are kept"

    def value(self) -> RetentionPolicy:
        """Return the policy as the engine knows it."""
        return RetentionPolicy(**{name: getattr(self, name) for name in RetentionPolicy.__struct_fields__})


class RetentionRunRecord(models.Model):
    """One run: by which moments it went, when (UTC), and what it has done; `ended_at` is empty while it goes on."""

    cutoffs = models.JSONField()
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    failure = models.CharField(max_length=500, blank=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "retention_run"
        verbose_name = "run of the policy"
        ordering = ("-pk",)

    def __str__(self) -> str:
        """Return when it began."""
        return f"{self.began_at:%Y-%m-%d %H:%M}"


class ErasureRecord(models.Model):
    """Something that somebody wanted removed: when, what it came to, and the bodies that are still to be dropped.

    Of what it was nothing is kept but its first digits.
    """

    at = models.DateTimeField()
    what = models.CharField(max_length=40)
    bodies = models.JSONField(default=list)

    class Meta:
        """Its table, and what people call it."""

        db_table = "erasure"
        verbose_name = "removal on request"

    def __str__(self) -> str:
        """Return what it was of."""
        return self.what
