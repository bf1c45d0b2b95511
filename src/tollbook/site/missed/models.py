"""The tables of what people say of missed calls, and of what the site has set for them.

An entry is known by one of its missed calls, whose id is permanent; no number is kept here.
"""

from __future__ import annotations

from django.db import models

from tollbook.model.missed import LONGEST_NOTE, LONGEST_REGION, FollowUp, MissedSettings
from tollbook.model.opening_hours import LONGEST

_LONGEST_NAME = 150


class FollowUpRecord(models.Model):
    """What was said of the entry that a missed call is part of; `missed_at` is when that call began (UTC)."""

    call = models.UUIDField(unique=True)
    missed_at = models.DateTimeField(db_index=True)
    claimed_by = models.CharField(max_length=_LONGEST_NAME, blank=True)
    claimed_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=_LONGEST_NAME, blank=True)
    done_at = models.DateTimeField(null=True)
    done_how = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "missed_follow_up"
        verbose_name = "follow-up of a missed call"

    def __str__(self) -> str:
        """Return the call."""
        return str(self.call)

    def value(self) -> FollowUp:
        """Return what was said."""
        return FollowUp(**{name: getattr(self, name) for name in FollowUp.__struct_fields__})


class MissedSettingRecord(models.Model):
    """The one row of a site, if somebody has set something."""

    target_minutes = models.PositiveIntegerField()
    open = models.CharField(max_length=LONGEST)
    shortest_s = models.PositiveIntegerField()
    span_days = models.PositiveIntegerField()
    holidays = models.CharField(max_length=LONGEST_REGION, blank=True, default="")

    class Meta:
        """Its table, and what people call it."""

        db_table = "missed_setting"
        verbose_name = "setting of missed calls"

    def __str__(self) -> str:
        """Return the opening hours."""
        return self.open

    def value(self) -> MissedSettings:
        """Return what is set."""
        return MissedSettings(**{name: getattr(self, name) for name in MissedSettings.__struct_fields__})
