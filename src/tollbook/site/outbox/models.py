"""The tables of messages that are sent, of each one's way to each recipient, and of who wants a topic no more."""

from __future__ import annotations

from django.db import models

from tollbook.model.message import MessageState, OutboxEntry
from tollbook.site.outbox.moments import written


class OutboxMessageRecord(models.Model):
    """One message. `content` is the whole of it, in MessagePack; empty once nobody needs it any more."""

    key = models.CharField(max_length=200, unique=True)
    topic = models.CharField(max_length=100, blank=True, db_index=True)
    subject = models.CharField(max_length=300)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "outbox_message"
        verbose_name = "message"

    def __str__(self) -> str:
        """Return its subject."""
        return self.subject


class OutboxRecipientRecord(models.Model):
    """The way of a message to one recipient. `claimed_by` names the process that sends it, while it does."""

    message = models.ForeignKey(OutboxMessageRecord, on_delete=models.CASCADE, related_name="recipients")
    destination = models.CharField(max_length=40)
    recipient = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, default=MessageState.WAITING)
    claimed_by = models.CharField(max_length=40, blank=True)
    tries = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    next_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, its indexes, and what people call it."""

        db_table = "outbox_recipient"
        verbose_name = "recipient of a message"
        constraints = (
            models.UniqueConstraint(fields=("message", "destination", "recipient"), name="message_once_a_recipient"),
        )
        indexes = (models.Index(fields=("destination", "state", "next_at"), name="outbox_due"),)

    def __str__(self) -> str:
        """Return where it goes."""
        return f"{self.destination} {self.recipient}".strip()

    def value(self) -> OutboxEntry:
        """Return it as pages and the API show it."""
        return OutboxEntry(
            number=self.pk,
            message=self.message.key,
            subject=self.message.subject,
            topic=self.message.topic,
            destination=self.destination,
            recipient=self.recipient,
            state=MessageState(self.state),
            tries=self.tries,
            reason=self.reason,
            made_at=written(self.message.made_at),
            next_at=written(self.next_at) if self.state == MessageState.WAITING else "",
            sent_at=written(self.sent_at),
            size=self.message.size,
        )


class UnsubscribedRecord(models.Model):
    """That a recipient wants no more messages of a topic."""

    topic = models.CharField(max_length=100)
    recipient = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        """Its table, and what people call it."""

        db_table = "unsubscribed"
        verbose_name = "recipient who left"
        constraints = (models.UniqueConstraint(fields=("topic", "recipient"), name="unsubscribed_once"),)

    def __str__(self) -> str:
        """Return who left."""
        return self.recipient
