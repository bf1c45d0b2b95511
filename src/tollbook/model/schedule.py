"""A schedule: a question that is asked at set times as its owner may ask it, and whom the answer is sent to."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tollbook.model.actor import Actor

FILES = ("pdf", "xlsx", "csv")
"""As what an answer can be attached."""


class QuestionKind(StrEnum):
    """What is asked: a report by its slug, a breakdown as in the explorer, or somebody's phone bill."""

    REPORT = "report"
    EXPLORE = "explore"
    PHONE_BILL = "phone-bill"


class LinkKind(StrEnum):
    """Where a link leads: to the page, for those who sign in; to what was made, for some days; nowhere."""

    PAGE = "page"
    OPEN = "open"
    NONE = "none"


class ScheduledQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: filter words with a period, of the explorer also those of its breakdown; a report's parameters."""

    kind: QuestionKind = QuestionKind.REPORT
    report: str = ""
    words: dict[str, str] = {}
    settings: dict[str, str] = {}


class ScheduledSending(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes, and as what. With `departments` (path and address) each gets the calls of its own alone."""

    destination: str
    recipients: tuple[str, ...] = ()
    departments: dict[str, str] = {}
    files: tuple[str, ...] = ()
    link: LinkKind = LinkKind.PAGE


class ReportSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule. `cron` is in the clock of `zone`; `only_if` such as `cost > 100` or `rows`, empty: always.

    `next_at` is an instant in UTC, ISO 8601 with `Z`, empty while it is paused; `paused_because` says why if it was not
    a person who paused it. `number` is its permanent key.
    """

    name: str
    owner: Actor
    question: ScheduledQuestion
    cron: str
    zone: str
    sending: ScheduledSending
    only_if: str = ""
    paused: bool = False
    paused_because: str = ""
    next_at: str = ""
    number: int = 0

    @property
    def topic(self) -> str:
        """What its messages belong to; recipients leave this."""
        return f"schedule {self.number}"


class RunState(StrEnum):
    """How a run is: those that wait or are being made are to be done; the others are over."""

    WAITING = "waiting"
    MAKING = "making"
    SENT = "sent"
    NOTHING = "nothing to send"
    NOT_ALLOWED = "not allowed"
    FAILED = "failed"


class ScheduleRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Instants are UTC, ISO 8601 with `Z`; `said` is what came of it, `outputs` the names of what it kept."""

    number: int
    schedule: str
    due_at: str
    state: RunState
    by_hand: bool
    said: str
    messages: int
    made_at: str
    outputs: list[str]
