"""The tables of notes and tags. Calls are named by their permanent ids, which stay the same after every rebuild."""

from __future__ import annotations

from django.db import models

LONGEST_NOTE, LONGEST_TAG = 2000, 40


class NoteRecord(models.Model):
    """A text that somebody wrote on a call."""

    call = models.UUIDField(db_index=True)
    text = models.CharField(max_length=LONGEST_NOTE)
    author = models.CharField(max_length=150)
    author_kind = models.CharField(max_length=10)
    at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "call_note"
        ordering = ("at", "id")
        verbose_name = "note"

    def __str__(self) -> str:
        """Return its text."""
        return self.text


class TagRecord(models.Model):
    """A word that somebody put on a call, to find it by."""

    call = models.UUIDField(db_index=True)
    tag = models.CharField(max_length=LONGEST_TAG, db_index=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "call_tag"
        ordering = ("tag",)
        verbose_name = "tag"
        constraints = (models.UniqueConstraint(fields=("call", "tag"), name="tag_of_a_call"),)

    def __str__(self) -> str:
        """Return the word."""
        return self.tag


class PrivateCallRecord(models.Model):
    """That a call was a private one, by whom that was said, and when."""

    call = models.UUIDField(primary_key=True)
    who = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "private_call"
        verbose_name = "private call"

    def __str__(self) -> str:
        """Return which call it is."""
        return str(self.call)
