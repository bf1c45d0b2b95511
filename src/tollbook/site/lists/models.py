"""The tables of saved filters, and of how people like the list."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class SavedFilterRecord(models.Model):
    """A filter that a person has given a name. `words` are those of an address, by name."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    words = models.JSONField(default=dict)

    class Meta:
        """Its table, and what people call it."""

        db_table = "saved_filter"
        ordering = ("name",)
        verbose_name = "saved filter"
        constraints = (models.UniqueConstraint(fields=("person", "name"), name="saved_filter_of_a_person"),)

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class ListChoiceRecord(models.Model):
    """Which columns a person's list has, by the names of a call's fields, and how many calls a page."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    columns = models.JSONField(default=list)
    size = models.PositiveIntegerField(default=0)

    class Meta:
        """Its table, and what people call it."""

        db_table = "list_choice"
        verbose_name = "choice of columns"

    def __str__(self) -> str:
        """Return whose it is."""
        return str(self.person_id)
