"""The table of the plan for backups."""

from __future__ import annotations

from django.db import models

from tollbook.model.backup import BackupPlan


class BackupPlanRecord(models.Model):
    """The one plan of a site, if it has one."""

    folder = models.CharField(max_length=1000)
    every_h = models.PositiveIntegerField()
    keep = models.PositiveIntegerField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "backup_plan"
        verbose_name = "plan for backups"

    def __str__(self) -> str:
        """Return where the backups go."""
        return self.folder

    def value(self) -> BackupPlan:
        """Return the plan as the engine knows it."""
        return BackupPlan(folder=self.folder, every_h=self.every_h, keep=self.keep)
