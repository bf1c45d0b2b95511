"""The table of what phone bills of the site are like."""

from __future__ import annotations

from django.db import models


class PhoneBillSettingRecord(models.Model):
    """The one row of a site, if somebody has set something."""

    mask = models.CharField(max_length=40)

    class Meta:
        """Its table, and what people call it."""

        db_table = "phone_bill_setting"
        verbose_name = "setting of phone bills"

    def __str__(self) -> str:
        """Return what is left out of numbers."""
        return self.mask
