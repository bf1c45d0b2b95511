"""Counts attempts at a secret, so that it cannot be found by trying.

An attempt counts from its beginning, so that many at once are no way around the limit. Kept in memory: a restart
forgets them, which costs an attacker more than it gives. The number of keys is limited; where all of them are of the
last minutes a new one has to wait, since to forget one would let it try again.
"""

from __future__ import annotations

import threading
import unicodedata
from collections import deque
from ipaddress import ip_address, ip_network

from tollbook.clock import monotonic_s
from tollbook.model.page_limits import (
    ATTEMPTS_KEPT,
    SIGN_INS_AT_ONCE,
    SIGN_INS_OF_ADDRESS,
    SIGN_INS_OF_NAME,
    SIGN_INS_OF_NAME_HERE,
)

WINDOW_S = 300.0
_LONGEST_NAME = 150
_V4 = 4


def name_of(typed: str) -> str:
    """Return the name that a sign-in form looks up for what was typed, in small letters.

    >>> name_of("  Anna "), name_of("\uff41nna")
    ('anna', 'anna')
    """
    return unicodedata.normalize("NFKC", typed.strip()).casefold()[:_LONGEST_NAME]


def network_of(address: str) -> str:
    """Return what one customer of a network has: an address of IPv4, the /64 of one of IPv6.

    >>> network_of("192.0.2.7"), network_of("2001:db8::1:2:3:4")
    ('192.0.2.7', '2001:db8::')
    """
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return address if known.version == _V4 else str(ip_network(f"{known}/64", strict=False).network_address)


def wait_text(seconds: int) -> str:
    """Return what somebody is told who has tried too often."""
    minutes = -(-seconds // 60)
    when = "in a minute" if minutes <= 1 else f"in {minutes} minutes"
    return f"Too many attempts failed. Try again {when}."


def is_this_machine(address: str) -> bool:
    """Say whether a request comes from the machine itself, or from a proxy on it; so does one within the process."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return not address


class SignIns:
    """Attempts at passwords: on a name from an address, from an address, on a name."""

    def __init__(self) -> None:
        self._of_name_here = Attempts(SIGN_INS_OF_NAME_HERE)
        self._of_address = Attempts(SIGN_INS_OF_ADDRESS)
        self._of_name = Attempts(SIGN_INS_OF_NAME)
        self.checking = threading.BoundedSemaphore(SIGN_INS_AT_ONCE)
        """Is held while a password is checked, which takes a processor for a tenth of a second."""

    def begin(self, typed: str, address: str) -> int:
        """Note an attempt and return 0, or return for how many seconds to wait.

        The address is asked first: one that makes names up takes no room from those of others.
        """
        name, network = name_of(typed), network_of(address)
        wait_s = 0 if is_this_machine(address) else self._of_address.begin(network)  # a proxy on it speaks for all
        return wait_s or self._of_name_here.begin(f"{name}\n{network}") or self._of_name.begin(name)

    def succeeded(self, typed: str, address: str) -> None:
        """Note that the last attempt was right."""
        name, network = name_of(typed), network_of(address)
        self._of_name_here.succeeded(f"{name}\n{network}")
        self._of_address.take_back(network)
        self._of_name.take_back(name)

    def forget(self) -> None:
        """Forget every attempt, as a restart does."""
        for each in (self._of_name_here, self._of_address, self._of_name):
            each.forget()


class Attempts:
    """At most `limit` attempts a key within `window_s` seconds; any thread may use it."""

    def __init__(self, limit: int, window_s: float = WINDOW_S) -> None:
        self._limit = limit
        self._window_s = window_s
        self._lock = threading.Lock()
        self._begun: dict[str, deque[float]] = {}

    def begin(self, key: str) -> int:
        """Note an attempt and return 0, or return for how many seconds this key must wait, and note nothing."""
        now = monotonic_s()
        with self._lock:
            begun = self._begun.get(key) or deque(maxlen=self._limit)
            if len(begun) == self._limit and begun[0] + self._window_s > now:
                return int(begun[0] + self._window_s - now) + 1
            if key not in self._begun and not self._has_room(now):
                return int(self._window_s)
            begun.append(now)
            self._begun[key] = begun
        return 0

    def _has_room(self, now: float) -> bool:
        """Forget keys whose time is over where there are too many; a key that has to wait is never forgotten."""
        if len(self._begun) >= ATTEMPTS_KEPT:
            over = [key for key, begun in self._begun.items() if not begun or begun[-1] + self._window_s <= now]
            for key in over:
                del self._begun[key]
        return len(self._begun) < ATTEMPTS_KEPT

    def succeeded(self, key: str) -> None:
        """Forget a key's attempts: the last of them was right."""
        with self._lock:
            self._begun.pop(key, None)

    def take_back(self, key: str) -> None:
        """Forget the last attempt of a key that many share: it was right."""
        with self._lock:
            if self._begun.get(key):
                self._begun[key].pop()

    def forget(self) -> None:
        """Forget every attempt, as a restart does."""
        with self._lock:
            self._begun.clear()
