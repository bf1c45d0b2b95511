"""The tables of schedules, of their runs, and of what runs have made."""

from __future__ import annotations

import msgspec
from django.db import models

from tollbook.model.actor import Actor
from tollbook.model.schedule import (
    ReportSchedule,
    RunState,
    ScheduledQuestion,
    ScheduledSending,
    ScheduleRun,
)
from tollbook.site.outbox.moments import written


class ScheduleRecord(models.Model):
    """One schedule. `next_at` is when it is due next; none while it is paused."""

    name = models.CharField(max_length=40, unique=True)
    owner_kind = models.CharField(max_length=10)
    owner = models.CharField(max_length=150)
    question = models.JSONField()
    cron = models.CharField(max_length=100)
    zone = models.CharField(max_length=60)
    sending = models.JSONField()
    only_if = models.CharField(max_length=100, blank=True)
    paused = models.BooleanField(default=False)
    paused_because = models.CharField(max_length=300, blank=True)
    next_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "schedule"
        ordering = ("name",)
        verbose_name = "schedule"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self) -> ReportSchedule:
        """Return the schedule as the engine knows it."""
        return ReportSchedule(
            name=self.name,
            owner=msgspec.convert({"kind": self.owner_kind, "name": self.owner}, Actor),
            question=msgspec.convert(self.question, ScheduledQuestion),
            cron=self.cron,
            zone=self.zone,
            sending=msgspec.convert(self.sending, ScheduledSending),
            only_if=self.only_if,
            paused=self.paused,
            paused_because=self.paused_because,
            next_at=written(self.next_at),
            number=self.pk,
        )


class ScheduleRunRecord(models.Model):
    """One run of a schedule for a moment. `claimed_by` names the process that makes it, while it does."""

    schedule = models.ForeignKey(ScheduleRecord, on_delete=models.CASCADE, related_name="runs")
    due_at = models.DateTimeField()
    by_hand = models.BooleanField(default=False)
    state = models.CharField(max_length=20, default=RunState.WAITING)
    claimed_by = models.CharField(max_length=40, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=500, blank=True)
    messages = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "schedule_run"
        ordering = ("-pk",)
        verbose_name = "run of a schedule"
        constraints = (models.UniqueConstraint(fields=("schedule", "due_at"), name="schedule_run_once"),)

    def __str__(self) -> str:
        """Return of what it is."""
        return f"{self.schedule} {self.due_at}"

    def value(self) -> ScheduleRun:
        """Return it as pages and the API show it."""
        return ScheduleRun(
            number=self.pk,
            schedule=self.schedule.name,
            due_at=written(self.due_at),
            state=RunState(self.state),
            by_hand=self.by_hand,
            said=self.said,
            messages=self.messages,
            made_at=written(self.made_at),
            outputs=[each.name for each in self.outputs.all()],
        )


class ScheduleOutputRecord(models.Model):
    """What a run has made: a file by its name."""

    run = models.ForeignKey(ScheduleRunRecord, on_delete=models.CASCADE, related_name="outputs")
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    content = models.BinaryField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "schedule_output"
        ordering = ("pk",)
        verbose_name = "file of a run"

    def __str__(self) -> str:
        """Return its name."""
        return self.name
