"""Tells whoever subscribed that the site's settings have changed; so the state need not know who works by it."""

from __future__ import annotations

from collections.abc import Callable

Subscriber = Callable[[], None]
_subscribers: tuple[Subscriber, ...] = ()


def _nobody() -> None:
    """Tell nobody: only this process has the settings."""


tell_others: Subscriber = _nobody
"""Tells the processes that have the same settings; given by what connects them."""


def subscribe(subscriber: Subscriber) -> None:
    """Call a function after each change, on the thread that made it."""
    global _subscribers  # noqa: PLW0603 - those of this process, as is the database that they are told of
    _subscribers = (*_subscribers, subscriber)


def unsubscribe(subscriber: Subscriber) -> None:
    """Call a function no more; one that was never subscribed is no fault."""
    global _subscribers  # noqa: PLW0603 - as above
    _subscribers = tuple(each for each in _subscribers if each != subscriber)


def tell() -> None:
    """Say that something has changed and is kept."""
    hear()
    tell_others()


def hear() -> None:
    """Say the same of what another process has changed."""
    for subscriber in _subscribers:
        subscriber()
