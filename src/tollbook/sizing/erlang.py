"""Erlang B and C: what becomes of calls that come at random, by how many lines or agents there are for them.

Traffic is offered traffic in erlang: calls in an hour times their seconds, by 3600. In Erlang B a call that finds all
lines busy is gone; in Erlang C it waits until an agent is free, however long that takes. All is computed from the
logarithm of Erlang B, which neither overflows nor loses its digits for a million lines: of the terms that its sum has,
those that count are about as many as ten times the square root of the lines. Every function raises `Misconfigured`
where it is given what cannot be.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from tollbook.model.limits import MOST_LINES, MOST_TRAFFIC
from tollbook.model.problem import Misconfigured, Problem

_HOUR_S = 3600
_BELOW = 1e-17
"""Of a sum of at least one, a term that no longer counts."""
_SURE = 1 + 1e-12
"""What is on target but for rounding is on target."""
_SERIES_FROM = 100
_STILL = 1e-14
_SHARE = 0.9999
"""The most that can be asked for; beyond it so little is left over that digits are lost."""
_NEVER = -math.inf


def traffic_of(calls: float, handling_s: float) -> float:
    """Return the traffic in erlang of so many calls in an hour, each so long.

    >>> traffic_of(60, 240)
    4.0
    """
    _check(("calls", calls >= 0, "0 or more", calls), ("handling", handling_s >= 0, "0 s or more", handling_s))
    return calls * handling_s / _HOUR_S


def blocking(traffic_erl: float, lines: int) -> float:
    """Return the share of calls that find all lines busy: Erlang B.

    >>> round(blocking(4.5, 8), 4)
    0.0483
    """
    return math.exp(ln_blocking(traffic_erl, lines))


def ln_blocking(traffic_erl: float, lines: int) -> float:
    """Return the natural logarithm of `blocking`, for shares too small to be a number themselves."""
    _check(_traffic(traffic_erl), ("lines", 0 <= lines <= MOST_LINES, f"0 to {MOST_LINES:,}", lines))
    return _ln_blocking(traffic_erl, lines)


def lines_for(traffic_erl: float, target: float) -> int:
    """Return the smallest number of lines that at most this share of calls finds busy.

    >>> lines_for(10, 0.01)
    18
    """
    _check(_traffic(traffic_erl), _share("blocking", target))
    # A line carries one erlang at most, so what is over is lost. From there each line is one step of a recursion.
    lines = math.floor(traffic_erl * (1 - target))
    lost = math.exp(_ln_blocking(traffic_erl, lines))
    while lost > target * _SURE:
        lines += 1
        lost = _with_one_more(traffic_erl, lines, lost)
    return lines


def traffic_for(lines: int, target: float) -> float:
    """Return the traffic in erlang of which this share finds all lines busy.

    >>> round(traffic_for(10, 0.01), 4)
    4.4612
    """
    _check(("lines", 1 <= lines <= MOST_LINES, f"1 to {MOST_LINES:,}", lines), _share("blocking", target))
    # By the logarithm of the traffic, that of the blocking rises and is concave: from below, Newton's steps stay below.
    # It is below where the last term of Erlang's sum alone, which the others only lessen, would come to the target.
    goal = math.log(target)
    at = (goal + math.lgamma(lines + 1)) / lines
    step = math.inf
    while step > _STILL:
        traffic = math.exp(at)
        ln = _ln_blocking(traffic, lines)
        # `expm1` keeps the digits of what is carried where nearly nothing is.
        step = (goal - ln) / (lines + traffic * math.expm1(ln))
        at += step
    return math.exp(at)


def waiting(traffic_erl: float, agents: int) -> float:
    """Return the share of calls that wait for an agent: Erlang C. With no more agents than traffic all wait.

    >>> round(waiting(10, 14), 4)
    0.1741
    """
    _check(_traffic(traffic_erl), _agents(agents))
    if traffic_erl >= agents:
        return 1.0
    return _waiting(traffic_erl, agents, blocking(traffic_erl, agents))


def service_level(traffic_erl: float, agents: int, handling_s: float, within_s: float) -> float:
    """Return the share of calls that an agent answers within some seconds; those that need not wait among them.

    >>> round(service_level(10, 11, 180, 20), 3)
    0.39
    """
    _check(_traffic(traffic_erl), _agents(agents), _handling(handling_s), _within(within_s))
    if traffic_erl >= agents:
        return 0.0
    return _service_level(traffic_erl, agents, blocking(traffic_erl, agents), within_s / handling_s)


def average_speed_of_answer_s(traffic_erl: float, agents: int, handling_s: float) -> float:
    """Return the seconds that a call waits on average, those that need not wait counted; infinite where all wait.

    >>> round(average_speed_of_answer_s(1, 2, 180), 6)
    60.0
    """
    _check(_traffic(traffic_erl), _agents(agents), _handling(handling_s))
    if traffic_erl >= agents:
        return math.inf
    return waiting(traffic_erl, agents) * handling_s / (agents - traffic_erl)


def occupancy(traffic_erl: float, agents: int) -> float:
    """Return the share of their time that agents are busy, where calls wait.

    >>> occupancy(9, 10)
    0.9
    """
    _check(_traffic(traffic_erl), _agents(agents))
    return min(1.0, traffic_erl / agents)


def agents_for(traffic_erl: float, target: float, handling_s: float, within_s: float) -> int:
    """Return the smallest number of agents that answers this share of calls within some seconds.

    >>> agents_for(10, 0.8, 180, 20)
    14
    """
    _check(_traffic(traffic_erl), _share("service-level", target), _handling(handling_s), _within(within_s))
    ratio = within_s / handling_s
    agents = math.floor(traffic_erl) + 1
    lost = math.exp(_ln_blocking(traffic_erl, agents))
    while _service_level(traffic_erl, agents, lost, ratio) * _SURE < target:
        agents += 1
        lost = _with_one_more(traffic_erl, agents, lost)
    return agents


def scheduled(agents: int, shrinkage: float) -> int:
    """Return how many must be on the roster, where this share of them is away: breaks, training, illness.

    >>> scheduled(50, 0.2)
    63
    """
    _check(_agents(agents), ("shrinkage", 0 <= shrinkage < 1, "a share from 0 to below 1", shrinkage))
    return math.ceil(agents / (1 - shrinkage) / _SURE)


def _ln_blocking(traffic: float, lines: int) -> float:
    """Erlang B is the chance of N of a Poisson distribution, by the chance of N at most."""
    if not lines:
        return 0.0
    if not traffic:
        return _NEVER
    if traffic >= lines:  # then the smaller ones have at most its chance, each by that of the one above it
        return -math.log1p(_sum_of_products(lambda step: (lines - step + 1) / traffic))
    ln_chance = _ln_poisson(traffic, lines)
    above = math.exp(ln_chance) * _sum_of_products(lambda step: traffic / (lines + step))
    return ln_chance - math.log1p(-above)


def _sum_of_products(factor: Callable[[int], float]) -> float:
    """Return f(1) + f(1)·f(2) + …, of factors that fall, from 1 at most."""
    total, product, step = 0.0, 1.0, 0
    while product > _BELOW * total or not step:
        step += 1
        product *= factor(step)
        total += product
    return total


def _ln_poisson(mean: float, count: int) -> float:
    """Return the logarithm of the chance of a count; only of small ones can the parts be added up as they are."""
    if count < _SERIES_FROM:
        return count * math.log(mean) - mean - math.lgamma(count + 1)
    off = (mean - count) / count
    ln_ratio = math.log1p(off) if off > -1 / 2 else math.log(mean) - math.log(count)
    stirling = (1 / 12 - 1 / 360 / count**2) / count
    return count * (ln_ratio - off) - stirling - math.log(2 * math.pi * count) / 2


def _with_one_more(traffic: float, lines: int, lost: float) -> float:
    """Return the share that finds all lines busy by that which found one less busy."""
    return traffic * lost / (lines + traffic * lost)


def _waiting(traffic: float, agents: int, lost: float) -> float:
    """Return Erlang C by Erlang B, where there are more agents than traffic."""
    return agents * lost / (agents - traffic * (1 - lost))


def _service_level(traffic: float, agents: int, lost: float, ratio: float) -> float:
    return 1 - _waiting(traffic, agents, lost) * math.exp((traffic - agents) * ratio)


_Check = tuple[str, bool, str, float]
"""What is given, whether it can be, what it must be, and what it is."""


def _check(*checks: _Check) -> None:
    problems = [Problem(f"'{name}' must be {what}", f"got {value}") for name, fits, what, value in checks if not fits]
    if problems:
        raise Misconfigured(*problems)


def _traffic(value: float) -> _Check:
    return "traffic", 0 <= value <= MOST_TRAFFIC, f"0 to {MOST_TRAFFIC:,} erlang", value


def _agents(value: int) -> _Check:
    return "agents", 1 <= value <= MOST_LINES, f"1 to {MOST_LINES:,}", value


def _share(name: str, value: float) -> _Check:
    return name, 0 < value <= _SHARE, f"a share above 0, at most {_SHARE}: 1 % is 0.01 or 1%", value


def _handling(value: float) -> _Check:
    return "handling", 0 < value < math.inf, "above 0 s", value


def _within(value: float) -> _Check:
    return "within", 0 <= value < math.inf, "0 s or more", value
