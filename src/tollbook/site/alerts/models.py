"""The tables of alerts."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import models

from tollbook.model.actor import Actor
from tollbook.model.alert import AlertRule

_FIELDS = tuple(name for name in AlertRule.__struct_fields__ if name != "owner")


class AlertRuleRecord(models.Model):
    """One rule, of `owner`, whose ledger it looks at; `told_at` is when it told last, `fault` why it could not."""

    name = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    words = models.JSONField(default=dict)
    hours = models.CharField(max_length=300, blank=True)
    when = models.CharField(max_length=10, default="always")
    holidays = models.CharField(max_length=20, blank=True)
    since = models.DateTimeField()
    history_days = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(default=True)
    muted_until = models.DateTimeField(null=True)
    digest_m = models.PositiveIntegerField(default=0)
    throttle_m = models.PositiveIntegerField(default=60)
    deliveries = models.JSONField(default=list)
    owner_kind = models.CharField(max_length=10)
    owner = models.CharField(max_length=150)
    preset = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)
    fault = models.CharField(max_length=500, blank=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "alert_rule"
        ordering = ("name",)
        verbose_name = "alert"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self) -> AlertRule:
        """Return the rule."""
        told: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        owner = msgspec.convert({"kind": self.owner_kind, "name": self.owner}, Actor)
        return msgspec.convert({**told, "owner": msgspec.to_builtins(owner)}, AlertRule)


class AlertHitRecord(models.Model):
    """What a rule found, once per key.

    `tell` says that a message is still to tell of it. `calls` are ids of calls that it is about, the last ones first.
    """

    rule = models.ForeignKey(AlertRuleRecord, on_delete=models.CASCADE, related_name="hits")
    key = models.CharField(max_length=300)
    level = models.CharField(max_length=10)
    at = models.DateTimeField()
    found_at = models.DateTimeField()
    pbx = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=1000)
    parts = models.JSONField(default=dict)
    amount = models.BigIntegerField(default=0)
    calls = models.JSONField(default=list)
    tell = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        """Its table; of a key there is one."""

        db_table = "alert_hit"
        ordering = ("-at", "-id")
        verbose_name = "hit of an alert"
        constraints = (models.UniqueConstraint(fields=("rule", "key"), name="alert_hit_once"),)
        indexes = (
            models.Index(fields=("-at",), name="alert_hit_at"),
            models.Index(fields=("rule", "tell"), name="alert_hit_tell"),
        )

    def __str__(self) -> str:
        """Return what was found."""
        return f"{self.rule_id} {self.key}"


class AlertPositionRecord(models.Model):
    """How far the calls have been looked at: one row."""

    epoch = models.CharField(max_length=40)
    change = models.BigIntegerField()

    class Meta:
        """Its table."""

        db_table = "alert_position"
        verbose_name = "position of alerts"

    def __str__(self) -> str:
        """Return it."""
        return f"{self.epoch} {self.change}"


class AlertStandingRecord(models.Model):
    """What the site finds wrong just now, for a rule: told once as it appears, and again only after it was mended."""

    rule = models.ForeignKey(AlertRuleRecord, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=300)

    class Meta:
        """Its table; a trouble stands once."""

        db_table = "alert_standing"
        verbose_name = "standing trouble"
        constraints = (models.UniqueConstraint(fields=("rule", "subject"), name="alert_standing_once"),)

    def __str__(self) -> str:
        """Return what stands."""
        return self.subject
