"""A question on lines or agents as somebody writes it, and its answer, as numbers and in sentences.

What is given says what is asked. Of traffic, lines and blocking two give the third (Erlang B). With agents, or a
service level, calls wait (Erlang C). Shares are written `0.01` or `1%`, times `20`, `20s` or `3m`.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec

from tollbook.model.limits import MOST_LINES
from tollbook.model.problem import Misconfigured, Problem
from tollbook.plugins import Kind, Setting, read_options, seconds, whole
from tollbook.sizing import erlang

_LONGEST_S = 86_400
_PERCENT = 100
_LITTLE = 5e-6
_HINT = "such as `--traffic 4.5 --lines 8`, or `--traffic 10 --service-level 80% --within 20s --handling 3m`"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError("a number such as 4.5") from None


def _share(text: str) -> float:
    number = text.removesuffix("%")
    try:
        return float(number) / (1 if number == text else _PERCENT)
    except ValueError:
        raise ValueError("a share such as 0.01 or 1%") from None


def _or_none(kind: Kind) -> Kind:
    return Kind(lambda text: kind.read(text) if text else None, kind.form)


NUMBER, SHARE = _or_none(Kind(_number)), _or_none(Kind(_share))
COUNT, TIME = _or_none(whole(1, MOST_LINES)), _or_none(seconds(0, _LONGEST_S))


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is given of traffic, lines or agents, and what callers may expect; times are in seconds."""

    traffic: Annotated[float | None, Setting("traffic in erlang", NUMBER, example="4.5")]
    calls: Annotated[float | None, Setting("calls in an hour, in place of traffic", NUMBER, example="60")]
    handling: Annotated[float | None, Setting("how long one call takes", TIME, example="3m")]
    lines: Annotated[int | None, Setting("lines", COUNT, example="8")]
    blocking: Annotated[float | None, Setting("share of calls that find all lines busy", SHARE, example="1%")]
    agents: Annotated[int | None, Setting("agents, for whom calls wait", COUNT, example="11")]
    service_level: Annotated[float | None, Setting("share of calls answered in time", SHARE, example="80%")]
    within: Annotated[float | None, Setting("what in time means", TIME, example="20s")]
    shrinkage: Annotated[float | None, Setting("share of agents who are away", SHARE, example="30%")]


class LinesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of traffic on lines where nobody waits; shares are from 0 to 1."""

    traffic_erl: float
    lines: int
    blocking: float
    occupancy: float
    """The share of its time that a line is in use."""

    def sentences(self) -> list[str]:
        """Say it as a person would."""
        lines = "1 line carries" if self.lines == 1 else f"{self.lines} lines carry"
        busy = f"{percent(self.blocking)} of calls finding all lines busy"
        return [f"{lines} {amount(self.traffic_erl)} erlang with {busy}."]


class QueueAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of traffic for agents for whom calls wait; what could not be told without a time is None.

    `average_speed_of_answer_s` is None too where more calls come than can be answered.
    """

    traffic_erl: float
    agents: int
    waiting: float
    occupancy: float
    within_s: float | None
    service_level: float | None
    average_speed_of_answer_s: float | None
    agents_scheduled: int | None

    def sentences(self) -> list[str]:
        """Say it as a person would."""
        agents = f"{self.agents} agent{'' if self.agents == 1 else 's'}"
        if self.traffic_erl >= self.agents:
            return [f"{agents} cannot answer {amount(self.traffic_erl)} erlang: ever more calls wait."]
        busy = f"agents are busy {percent(self.occupancy)} of their time"
        said = [f"With {agents} for {amount(self.traffic_erl)} erlang {percent(self.waiting)} of calls wait; {busy}."]
        if self.service_level is not None and self.within_s is not None:
            said.append(f"{percent(self.service_level)} of calls are answered within {amount(self.within_s)} s.")
        if self.average_speed_of_answer_s is not None:
            said.append(f"On average a call waits {amount(self.average_speed_of_answer_s)} s.")
        if self.agents_scheduled is not None:
            said.append(f"{self.agents_scheduled} must be on the roster.")
        return said


def answered(given: dict[str, str]) -> LinesAnswer | QueueAnswer:
    """Answer what is asked; raises `Misconfigured` where a value cannot be, or too little or too much is given."""
    asked = read_options(Question, given, "")
    traffic = _traffic(asked)
    if all(each is None for each in (asked.agents, asked.service_level, asked.within, asked.shrinkage)):
        return _of_lines(asked, traffic)
    if asked.lines is not None or asked.blocking is not None:
        raise _cannot(
            "agents and lines are two questions",
            "calls that find all lines busy are lost; for agents they wait",
        )
    if traffic is None:
        raise _cannot("'traffic' is missing", "what agents have to do is given as traffic, or as calls and handling")
    return _of_agents(asked, traffic)


def percent(share: float) -> str:
    """Return a share as it is read.

    >>> percent(0.0483), percent(0.00071), percent(0.8), percent(1e-9), percent(0)
    ('4.8 %', '0.071 %', '80 %', 'less than 0.001 %', '0 %')
    """
    if 0 < share < _LITTLE:
        return "less than 0.001 %"
    return f"{_plain(_PERCENT * share, 1 if share >= 1 / _PERCENT else 3)} %"


def amount(value: float) -> str:
    """Return a number as it is read: with two places, and small ones with three digits.

    >>> amount(4.5), amount(1010001.9634), amount(0.0451234), amount(20), amount(1.0049)
    ('4.5', '1010001.96', '0.0451', '20', '1')
    """
    return _plain(value, 2) if value >= 1 else f"{value:.3g}"


def _plain(value: float, places: int) -> str:
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".")


def _traffic(asked: Question) -> float | None:
    if asked.calls is None:
        return asked.traffic
    if asked.traffic is not None or asked.handling is None:
        raise _cannot("'calls' cannot be used", "calls and handling are given together, in place of traffic")
    return erlang.traffic_of(asked.calls, asked.handling)


def _of_lines(asked: Question, given: float | None) -> LinesAnswer:
    if asked.handling is not None and asked.calls is None:
        reason = "on lines nobody waits, so that only traffic counts; handling makes traffic of calls"
        raise _cannot("'handling' does not count", reason)
    match given, asked.lines, asked.blocking:
        case None, int(lines), float(target):
            traffic, lost = erlang.traffic_for(lines, target), target
        case float(traffic), None, float(target):
            lines = erlang.lines_for(traffic, target)
            lost = erlang.blocking(traffic, lines)
        case float(traffic), int(lines), None:
            lost = erlang.blocking(traffic, lines)
        case _:
            raise _cannot("cannot tell what is asked", "of traffic, lines and blocking two are given, for the third")
    return LinesAnswer(traffic_erl=traffic, lines=lines, blocking=lost, occupancy=traffic * (1 - lost) / lines)


def _of_agents(asked: Question, traffic: float) -> QueueAnswer:
    match asked.agents, asked.service_level, asked.handling, asked.within:
        case int(agents), None, _, None:
            level = None
        case int(agents), None, float(handling), float(within):
            level = erlang.service_level(traffic, agents, handling, within)
        case None, float(target), float(handling), float(within):
            agents = erlang.agents_for(traffic, target, handling, within)
            level = erlang.service_level(traffic, agents, handling, within)
        case _:
            reason = "agents are given, or a service level; that goes with handling and within"
            raise _cannot("cannot tell what is asked", reason)
    wait_s = (
        erlang.average_speed_of_answer_s(traffic, agents, asked.handling) if asked.handling is not None else math.inf
    )
    return QueueAnswer(
        traffic_erl=traffic,
        agents=agents,
        waiting=erlang.waiting(traffic, agents),
        occupancy=erlang.occupancy(traffic, agents),
        within_s=asked.within,
        service_level=level,
        average_speed_of_answer_s=None if math.isinf(wait_s) else wait_s,
        agents_scheduled=None if asked.shrinkage is None else erlang.scheduled(agents, asked.shrinkage),
    )


def _cannot(what: str, reason: str) -> Misconfigured:
    return Misconfigured(Problem(what, reason, help=_HINT))
