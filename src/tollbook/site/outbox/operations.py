"""The outbox: every message is stored here before it is sent, once per recipient, and is followed until it is done.

What always holds: a message of the same key is stored once, so that whoever was interrupted may put it again. The state
of a row moves by compare-and-set, and only the process that claimed it says how it ended. A row that was being sent
when its process was killed is sent again: nobody knows whether the other side took it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet, Sum

from tollbook import clock
from tollbook.model.limits import LARGEST_MESSAGE, MESSAGE_KEPT_S, OUTBOX_ROOM
from tollbook.model.message import DeliveryMessage, MessageDestination, MessageState, OutboxEntry
from tollbook.model.problem import Misconfigured, NotThere, Problem
from tollbook.site.outbox.models import OutboxMessageRecord, OutboxRecipientRecord, UnsubscribedRecord

_UNDECIDED = (MessageState.WAITING, MessageState.SENDING)
_LONGEST_REASON = 500
_ENDED = "Tollbook ended while it was being sent: it is sent again, with the same key"


class ClaimedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that this process is to send now, how often it was tried before, and since when it waits."""

    number: int
    message: DeliveryMessage
    recipient: str
    tries: int
    made_at: datetime


# ---------------------------------------------------------------- putting


@transaction.atomic
def put(message: DeliveryMessage, destination: MessageDestination, recipients: Iterable[str]) -> int:
    """Store a message for some recipients; return how many of them are new. Whoever left its topic is passed over.

    Raises `Misconfigured` for a message that is too large, or where there is no room for it.
    """
    content = msgspec.msgpack.encode(message)
    _check_room(len(content), message)
    now = clock.now()
    stored, _ = OutboxMessageRecord.objects.get_or_create(
        key=message.key,
        defaults={
            "topic": message.topic,
            "subject": message.subject[:300],
            "content": content,
            "size": message.size,
            "made_at": now,
        },
    )
    left = _left(message.topic)
    wanted = [each for each in dict.fromkeys(recipients) if each.casefold() not in left]
    known = set(stored.recipients.filter(destination=destination.name).values_list("recipient", flat=True))
    rows = [
        OutboxRecipientRecord(message=stored, destination=destination.name, recipient=each, next_at=now)
        for each in wanted
        if each not in known
    ]
    OutboxRecipientRecord.objects.bulk_create(rows)
    return len(rows)


def _check_room(size: int, message: DeliveryMessage) -> None:
    if size > LARGEST_MESSAGE:
        reason = f"{message.subject!r} has {size >> 20} MiB of {LARGEST_MESSAGE >> 20}"
        raise Misconfigured(Problem("the message is too large", reason, help="send a link, or fewer rows"))
    used = OutboxMessageRecord.objects.aggregate(used=Sum("size"))["used"] or 0
    if used + size > OUTBOX_ROOM:
        reason = f"messages that wait, or were not taken, come to {used >> 20} MiB of {OUTBOX_ROOM >> 20}"
        help_ = "look under Deliveries why they do not leave"
        raise Misconfigured(Problem("the outbox is full", reason, help=help_))


def _left(topic: str) -> set[str]:
    if not topic:
        return set()
    return set(UnsubscribedRecord.objects.filter(topic=topic).values_list("recipient", flat=True))


# ---------------------------------------------------------------- sending


@transaction.atomic
def claim(destination: str, process: str) -> ClaimedMessage | None:
    """Take the next message of a destination that is due, for this process alone; None where there is none."""
    waiting = OutboxRecipientRecord.objects.filter(destination=destination, state=MessageState.WAITING)
    row = waiting.filter(next_at__lte=clock.now()).select_related("message").order_by("next_at", "pk").first()
    if row is None:
        return None
    if row.recipient.casefold() in _left(row.message.topic):
        waiting.filter(pk=row.pk).update(state=MessageState.CANCELLED, reason="the recipient wants this no more")
        return claim(destination, process)
    taken = waiting.filter(pk=row.pk).update(
        state=MessageState.SENDING,
        claimed_by=process,
        tries=F("tries") + 1,
    )
    if not taken:
        return None
    return ClaimedMessage(
        number=row.pk,
        message=msgspec.msgpack.decode(bytes(row.message.content), type=DeliveryMessage),
        recipient=row.recipient,
        tries=row.tries,
        made_at=row.message.made_at,
    )


def sent(number: int, process: str, answer: str) -> bool:
    """Note that the other side has taken a message; return whether it was still this process's."""
    return _end(number, process, MessageState.SENT, answer)


def refused(number: int, process: str, reason: str) -> bool:
    """Note that the other side takes a message never."""
    return _end(number, process, MessageState.REFUSED, reason)


def given_up(number: int, process: str, reason: str) -> bool:
    """Note that a message was tried for long enough."""
    return _end(number, process, MessageState.GIVEN_UP, reason)


def later(number: int, process: str, reason: str, at: datetime) -> bool:
    """Let a message wait until an instant."""
    told = {"state": MessageState.WAITING, "claimed_by": "", "reason": reason[:_LONGEST_REASON], "next_at": at}
    return _mine(number, process).update(**told) > 0


def _end(number: int, process: str, state: MessageState, reason: str) -> bool:
    at = clock.now() if state is MessageState.SENT else None
    told = {"state": state, "claimed_by": "", "reason": reason[:_LONGEST_REASON], "sent_at": at}
    return _mine(number, process).update(**told) > 0


def _mine(number: int, process: str) -> QuerySet[OutboxRecipientRecord]:
    return OutboxRecipientRecord.objects.filter(pk=number, state=MessageState.SENDING, claimed_by=process)


def release(process: str) -> int:
    """Let wait again what a process that is no more was sending; return how much. For the start of one."""
    left = OutboxRecipientRecord.objects.filter(state=MessageState.SENDING).exclude(claimed_by=process)
    return left.update(state=MessageState.WAITING, claimed_by="", reason=_ENDED, next_at=clock.now())


# ---------------------------------------------------------------- what people do


def entries(most: int, *, topic: str = "", destination: str = "", state: str = "") -> list[OutboxEntry]:
    """Return the newest rows."""
    asked = {"message__topic": topic, "destination": destination, "state": state}
    found = OutboxRecipientRecord.objects.filter(**{name: text for name, text in asked.items() if text})
    return [row.value() for row in found.select_related("message").order_by("-pk")[:most]]


def counts() -> dict[str, dict[str, int]]:
    """Return how many rows of each destination are in each state."""
    told: dict[str, dict[str, int]] = {}
    rows = OutboxRecipientRecord.objects.values_list("destination", "state").annotate(count=Count("pk")).order_by()
    for destination, state, count in rows:
        told.setdefault(destination, {})[state] = count
    return told


def again(number: int) -> OutboxEntry:
    """Send a message once more that was refused or given up; raises `NotThere`, or `Misconfigured`."""
    row = OutboxRecipientRecord.objects.filter(pk=number).select_related("message").first()
    if row is None:
        raise NotThere(Problem(f"no message {number} stands in the outbox", "it was deleted, or there never was one"))
    ended = (MessageState.REFUSED, MessageState.GIVEN_UP)
    if row.state not in ended or not row.message.content:
        reason = f"it is {row.state}" if row.state not in ended else "its content was deleted meanwhile"
        raise Misconfigured(Problem(f"message {number} cannot be sent again", reason))
    changed = OutboxRecipientRecord.objects.filter(pk=number, state=row.state)
    changed.update(state=MessageState.WAITING, next_at=clock.now(), reason="")
    row.refresh_from_db()
    return row.value()


def cancel(reason: str, *, destination: str = "", topic: str = "") -> int:
    """Send no more what waits for a destination, or belongs to a topic; return how many."""
    asked = Q(destination=destination) if destination else Q(message__topic=topic)
    waiting = OutboxRecipientRecord.objects.filter(asked, state=MessageState.WAITING)
    return waiting.update(state=MessageState.CANCELLED, reason=reason)


@transaction.atomic
def unsubscribe(topic: str, recipient: str) -> None:
    """Note that a recipient wants no more messages of a topic, and send those no more that wait."""
    UnsubscribedRecord.objects.get_or_create(
        topic=topic,
        recipient=recipient.casefold(),
        defaults={"at": clock.now()},
    )
    waiting = OutboxRecipientRecord.objects.filter(message__topic=topic, recipient__iexact=recipient)
    waiting.filter(state=MessageState.WAITING).update(
        state=MessageState.CANCELLED,
        reason="the recipient wants this no more",
    )


def unsubscribed(topic: str) -> list[str]:
    """Return who wants no more of a topic."""
    return sorted(_left(topic))


def subscribe_again(topic: str, recipient: str) -> bool:
    """Let a recipient have a topic's messages again; return whether they had left it."""
    return UnsubscribedRecord.objects.filter(topic=topic, recipient=recipient.casefold()).delete()[0] > 0


@transaction.atomic
def tidy() -> int:
    """Delete the content of what is sent, and rows that are old; return how many messages are gone."""
    open_ = _open()
    failed = OutboxRecipientRecord.objects.filter(state__in=(MessageState.REFUSED, MessageState.GIVEN_UP))
    done = OutboxMessageRecord.objects.exclude(content=b"").exclude(pk__in=open_)
    done.exclude(pk__in=failed.values("message")).update(content=b"", size=0)
    return settled_before(clock.now() - timedelta(seconds=MESSAGE_KEPT_S)).delete()[0]


def settled_before(moment: datetime) -> QuerySet[OutboxMessageRecord]:
    """Return messages from before a moment of which it is known for every recipient how they ended."""
    return OutboxMessageRecord.objects.filter(made_at__lt=moment).exclude(pk__in=_open())


def _open() -> QuerySet[OutboxRecipientRecord, Any]:
    return OutboxRecipientRecord.objects.filter(state__in=_UNDECIDED).values("message")
