"""Rules that look at the same windows are one group: their calls are asked for once, whatever their limits are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tollbook.alerts.call import AlertCall
from tollbook.alerts.compiled import FIELDS, CompiledRule
from tollbook.alerts.contract import CallWindow, LinesBusy, Measured, Narrowing, UnusualUse
from tollbook.alerts.finding import (
    SubjectRows,
    UsualUse,
    found_in_lines,
    found_in_windows,
    key_of,
    unusual,
)
from tollbook.alerts.windows import DAY, HOUR, SECOND, Peak, most_at_once, peaks, span_of
from tollbook.model.alert import AlertFound
from tollbook.store.alert_calls import PastQuestion, SubjectQuestion, by_subject, first_calls, hours_before, where_of
from tollbook.store.ledger import Ledger

_OF_PBX = ("extension", "trunk", "trunk_group", "account")
_HOUR_S = HOUR // SECOND
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - instants of the store are UTC and naive


class WindowGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What rules have in common that look at the same calls: by what these are told apart, and which are meant."""

    form: str
    names: tuple[str, ...]
    measure: Measured
    window_s: int
    narrow: Narrowing
    words: tuple[tuple[str, str], ...]
    hours: tuple[str, str, str]

    @property
    def span(self) -> int:
        """The length of the stretches of which each is told of once, microseconds."""
        return HOUR if self.form == "lines" else span_of(self.window_s * SECOND)


def group_of(rule: CompiledRule) -> WindowGroup:
    """Return the group of a rule that looks at windows."""
    looked = rule.looked
    narrow, measure, window_s, form = Narrowing(), "calls", _HOUR_S, "lines"
    per: tuple[str, ...] = ("trunk_group",)
    if isinstance(looked, CallWindow):
        form, per, narrow, measure, window_s = "calls", looked.per, looked.narrow, looked.measure, looked.window_s
    elif isinstance(looked, UnusualUse):
        form, narrow = "unusual", looked.narrow
        per = ("extension", "country") if looked.by_country else ("extension",)
    names = ("pbx", *per) if any(each in _OF_PBX for each in per) else per
    words = tuple(sorted((word, text) for word, text in rule.rule.words.items() if _is_left(rule, word, names)))
    return WindowGroup(
        form=form,
        names=names,
        measure=measure,  # type: ignore[arg-type] # one of the words for it
        window_s=window_s,
        narrow=narrow,
        words=words,
        hours=(rule.rule.hours, rule.rule.when, rule.rule.holidays),
    )


def _is_left(rule: CompiledRule, word: str, names: tuple[str, ...]) -> bool:
    """Say whether a word has to be asked for: one that means values of the subject is looked at afterwards."""
    field = FIELDS.get(word, "")
    return field not in rule.values or field not in names


class WindowStretch(msgspec.Struct, frozen=True):
    """The time that is looked at, whole hours or days of it; and of which subjects, None for all."""

    first: datetime
    until: datetime
    wanted: Collection[str] | None = None


def stretch_of(group: WindowGroup, calls: Sequence[AlertCall]) -> WindowStretch:
    """Return all that a change of some calls can change."""
    overlaps = group.form == "lines"
    reach = timedelta(0) if overlaps else timedelta(seconds=group.window_s)
    first = min(call.started_at if overlaps else call.ended_at for call in calls)
    last = max(call.ended_at for call in calls) + reach
    telling = [name for name in group.names if name != "pbx"]
    wanted = None
    if telling and telling[0] in AlertCall.__struct_fields__:
        wanted = {str(getattr(call, telling[0])) for call in calls}
    span = timedelta(microseconds=group.span)
    return WindowStretch(whole_spans(group, first), whole_spans(group, last) + span, wanted)


def whole_spans(group: WindowGroup, moment: datetime) -> datetime:
    """Return when the hour or day of a moment begins."""
    return moment - (moment - _EPOCH) % timedelta(microseconds=group.span)


def evaluated_group(
    ledger: Ledger, group: WindowGroup, rules: Sequence[CompiledRule], stretch: WindowStretch
) -> list[AlertFound]:
    """Return what rules of a group found in a time."""
    where = where_of(group.narrow, group.words)
    question = SubjectQuestion(
        names=group.names,
        measure=group.measure,
        where=where,
        first=stretch.first - timedelta(seconds=0 if group.form == "lines" else group.window_s),
        until=stretch.until,
        wanted=stretch.wanted,
        hours=rules[0].hours,
        overlapping=group.form == "lines",
    )
    rows = by_subject(ledger, question)
    least = min(_least(rule) for rule in rules)
    if group.form == "lines":
        found = most_at_once(rows.of, rows.starts, rows.ends, least)
    else:
        found = peaks(rows.of, rows.ends, rows.amounts, group.window_s * SECOND, least)
    complete = (stretch.first - _EPOCH) // timedelta(microseconds=1)
    found = [peak for peak in found if peak.at >= complete]
    if group.form == "unusual":
        return _unusual(ledger, group, rules, (rows, found))
    judge = found_in_lines if group.form == "lines" else found_in_windows
    return [hit for rule in rules for hit in judge(rule, rows, found)]


def _least(rule: CompiledRule) -> int:
    looked = rule.looked
    if isinstance(looked, LinesBusy):
        return min(looked.lines, looked.warning or looked.lines)
    if isinstance(looked, UnusualUse):
        return looked.least
    assert isinstance(looked, CallWindow)  # noqa: S101 - rules of other forms look at no windows
    return looked.warning


def _unusual(
    ledger: Ledger,
    group: WindowGroup,
    rules: Sequence[CompiledRule],
    seen: tuple[SubjectRows, Sequence[Peak]],
) -> list[AlertFound]:
    """Return which peaks are unusual beside the weeks before the day that each lies in."""
    rows, found = seen
    if not found:
        return []
    begun = first_calls(ledger)
    hits = []
    for day in sorted({peak.at // DAY for peak in found}):
        of_day = [peak for peak in found if peak.at // DAY == day]
        extensions = {rows.subjects[peak.subject][1] for peak in of_day}
        for weeks, some in _by_weeks(rules).items():
            until = _EPOCH + timedelta(days=day)
            asked = PastQuestion(
                where=where_of(group.narrow, group.words),
                first=until - timedelta(weeks=weeks),
                until=until,
                extensions=extensions,
                by_country="country" in group.names,
            )
            past = hours_before(ledger, asked)
            hits += [hit for rule in some for peak in of_day for hit in _if_unusual(rule, rows, peak, (past, begun))]
    return hits


def _by_weeks(rules: Iterable[CompiledRule]) -> dict[int, list[CompiledRule]]:
    found: dict[int, list[CompiledRule]] = {}
    for rule in rules:
        assert isinstance(rule.looked, UnusualUse)  # noqa: S101 - those of a group are of one form
        found.setdefault(rule.looked.weeks, []).append(rule)
    return found


_Past = tuple[Mapping[tuple[str, ...], Mapping[int, int]], Mapping[str, datetime]]


def _if_unusual(rule: CompiledRule, rows: SubjectRows, peak: Peak, known: _Past) -> list[AlertFound]:
    looked = rule.looked
    assert isinstance(looked, UnusualUse)  # noqa: S101 - as above
    subject = rows.subjects[peak.subject]
    named = dict(zip(rows.names, subject, strict=True))
    at = _EPOCH + timedelta(microseconds=peak.at)
    of_others = any(named[field] not in values for field, values in rule.values.items() if field in named)
    if of_others or at < rule.since or not named["extension"] or named.get("country") == "":
        return []
    past, begun = known
    usual = UsualUse(past.get(subject, {}), begun.get(named["pbx"]))
    text, critical = unusual(named, peak, usual, (looked.least, looked.factor, looked.weeks))
    if not text:
        return []
    return [
        AlertFound(
            rule=rule.rule.id,
            key=key_of(named, peak.span * HOUR),
            level="critical" if critical else "warning",
            at=at.replace(tzinfo=UTC),
            pbx=named["pbx"],
            text=text,
            amount=peak.amount,
            calls=tuple(rows.ids[row] for row in peak.rows),
        )
    ]
