"""Where the posts for one PBX are taken: connections bring them, the PBX's generator takes them to the journal.

What always holds: a post is `durable` only after the generator was resumed past its `Ended`. What was given up before
its first byte was taken is forgotten, as its PBX was told to post it again; of one that was begun, all that came is
taken. So a disk that takes nothing holds a bounded number of posts.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus

from tollbook.clock import monotonic_s
from tollbook.model.body import Ending
from tollbook.model.limits import POST_WAITS_S, TOLD_REFUSALS
from tollbook.sources._streams.shared_port import Claim
from tollbook.sources.contract import Answered, Began, Connected, Ended, Event, Refused, Took
from tollbook.sources.http_push.credentials import Credentials
from tollbook.sources.http_push.options import Options


class Declined(Exception):
    """A request is answered with an error; `reason` is for the PBX's health, empty where it need not be counted."""

    def __init__(self, status: HTTPStatus, text: str, *, reason: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.reason = reason


def not_taken() -> Declined:
    """Return the answer to a post that nobody takes."""
    return Declined(HTTPStatus.SERVICE_UNAVAILABLE, "this PBX is not taken now; post it again later")


class Post:
    """One request's body on its way to the journal."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.size = 0
        self.began = False
        self.ending: Ending | None = None
        self.reason = ""
        self.started_at = monotonic_s()
        self.news: Callable[[], None] = lambda: None
        self.forgotten: Callable[[], None] = lambda: None
        self.interrupted: Callable[[], None] = lambda: None
        """Called when nobody will take it, by who waits for more of it."""
        self.closed = False
        self._pieces: list[bytes] = []
        self._moved = asyncio.Event()
        self._durable = False

    @property
    def has_bytes(self) -> bool:
        """Whether there is something to take."""
        return bool(self._pieces)

    async def hand_on(self, data: bytes) -> None:
        """Give bytes, and return once they are on the disk; raises `Declined` when that does not come to be."""
        self.size += len(data)
        self._pieces.append(data)
        self.news()
        await self._until(lambda: not self._pieces)

    def end(self, ending: Ending, reason: str = "") -> None:
        """Say how it ended; the first word counts."""
        if self.ending is None:
            self.ending, self.reason = ending, reason
            self.news()

    async def durable(self) -> None:
        """Return once it is on the disk to its end; raises `Declined` when that does not come to be."""
        await self._until(lambda: self._durable)

    async def _until(self, reached: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(POST_WAITS_S):
                while not reached():
                    if self.closed:
                        raise not_taken()
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            self._give_up()
            raise Declined(HTTPStatus.SERVICE_UNAVAILABLE, "the disk takes nothing now; post it again later") from None

    def _give_up(self) -> None:
        if not self.began:
            self.forgotten()
        self.end(Ending.CUT, f"the disk took nothing for {POST_WAITS_S:g} s; the PBX was told to post it again")

    def take(self) -> bytes:
        """Return the bytes that wait; they do so until `taken`."""
        return b"".join(self._pieces)

    def taken(self) -> None:
        """Note that the bytes are on the disk."""
        self._pieces.clear()
        self._moved.set()

    def kept(self) -> None:
        """Note that all of it is on the disk."""
        self._durable = True
        self._moved.set()

    def close(self) -> None:
        """Note that nobody will take it."""
        self.closed = True
        self._moved.set()
        self.interrupted()


class PostEndpoint(Claim):
    """One PBX's end of a port."""

    def __init__(self, pbx: str, options: Options, credentials: Credentials) -> None:
        super().__init__(pbx, options.tls)
        self.options = options
        self.credentials = credentials
        self.path = options.path or f"/{pbx}"
        self.origin = ""
        """Its URL, known once the port is open."""
        self.last_peer = ""
        """Who posted last."""
        self._lanes: dict[int, Post] = {}
        self._refused: deque[Refused] = deque(maxlen=TOLD_REFUSALS)
        self._changed = asyncio.Event()
        self._closed = False

    def add(self, post: Post) -> None:
        """Take a post in."""
        if self._closed:
            post.close()
            return
        lane = next(number for number in range(len(self._lanes) + 1) if number not in self._lanes)
        self._lanes[lane] = post
        post.news = self.news
        post.forgotten = partial(self._forget, lane)

    def _forget(self, lane: int) -> None:
        self._lanes.pop(lane, None)

    def refuse(self, peer: str, reason: str) -> None:
        """Note somebody who was not let in."""
        self._refused.append(Refused(peer, reason))
        self.news()

    def clash(self, other: PostEndpoint, where: str) -> str:
        """Say whether the other is posted to at the same path."""
        if self.path.rstrip("/") != other.path.rstrip("/"):
            return ""
        return (
            f"PBX '{other.pbx}' is posted to at {where}{other.path} already; "
            "set another 'path' or 'listen' for one of the two"
        )

    def news(self) -> None:
        """Have the generator look."""
        self._changed.set()

    async def changed(self) -> None:
        """Return when there is something to look at."""
        await self._changed.wait()
        self._changed.clear()

    def events(self) -> Iterator[Event]:
        """Yield what is to be said now; each is done before the next is asked for."""
        while self._refused:
            yield self._refused.popleft()
        for lane, post in list(self._lanes.items()):
            yield from self._events_of(lane, post)

    def _events_of(self, lane: int, post: Post) -> Iterator[Event]:
        if self._lanes.get(lane) is not post:
            return  # forgotten while another was written
        ending, reason = post.ending, post.reason  # noted first: more may come while the bytes are written
        if post.has_bytes:
            if not post.began:
                post.began = True
                yield Began(self.origin, lane=lane)
            yield Took(post.take(), lane)
            post.taken()
        if not ending:
            return
        del self._lanes[lane]
        if post.began:
            yield Ended(ending, reason, lane=lane)
        if ending is Ending.COMPLETE:
            post.kept()
            yield from self._answered(post)

    def _answered(self, post: Post) -> Iterator[Event]:
        self.last_peer = post.peer
        yield Connected(post.peer)
        what = f"{post.size} bytes" if post.size else "nothing, as a test does"
        yield Answered(f"{post.peer} posted {what}", monotonic_s() - post.started_at)

    def close(self) -> None:
        """Take no more; what is not on the disk is to be posted again."""
        self._closed = True
        for post in self._lanes.values():
            post.close()
        self._lanes.clear()
