"""What the site itself keeps of calls: what alerts found, follow-ups, messages, files, looks and notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import QuerySet

from tollbook.model.retention import RetentionCutoffs
from tollbook.site.alerts.models import AlertHitRecord
from tollbook.site.audit.models import AuditRecord
from tollbook.site.missed.models import FollowUpRecord
from tollbook.site.notes.models import NoteRecord, PrivateCallRecord, TagRecord
from tollbook.site.outbox.operations import settled_before
from tollbook.site.schedules.models import ScheduleOutputRecord

_OF_CALLS = (NoteRecord, TagRecord, PrivateCallRecord)
_AT_ONCE = 500


def _history(cutoffs: RetentionCutoffs) -> Iterator[QuerySet]:  # type: ignore[type-arg]  # rows of several models
    if cutoffs.history:
        yield AlertHitRecord.objects.filter(found_at__lt=cutoffs.history)
        yield FollowUpRecord.objects.filter(missed_at__lt=cutoffs.history)
        yield ScheduleOutputRecord.objects.filter(run__made_at__lt=cutoffs.history)
        yield settled_before(cutoffs.history)


def _looks(cutoffs: RetentionCutoffs) -> Iterator[QuerySet]:  # type: ignore[type-arg]  # as above
    if cutoffs.looks:
        yield AuditRecord.objects.filter(action="call.look", at__lt=cutoffs.looks)


def old(cutoffs: RetentionCutoffs) -> tuple[int, int]:
    """Count history and looks from before these moments."""
    return sum(each.count() for each in _history(cutoffs)), sum(each.count() for each in _looks(cutoffs))


@transaction.atomic
def forget(cutoffs: RetentionCutoffs) -> tuple[int, int]:
    """Delete history and looks from before these moments; return how many of each."""
    counts = old(cutoffs)
    for each in (*_history(cutoffs), *_looks(cutoffs)):
        each.delete()
    return counts


@transaction.atomic
def forget_notes(calls: Sequence[str]) -> int:
    """Delete notes, tags and what is private of calls; return how many notes that is."""
    notes = 0
    for first in range(0, len(calls), _AT_ONCE):
        some = calls[first : first + _AT_ONCE]
        notes += NoteRecord.objects.filter(call__in=some).count()
        for model in _OF_CALLS:
            model.objects.filter(call__in=some).delete()
    return notes
