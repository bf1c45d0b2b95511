"""A rebuild of a large ledger while calls arrive, people look, and the server is killed.

`TOLLBOOK_TEST_ROWS=1000000` makes it as large as a busy year; the usual run has a tenth of that.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import duckdb
import httpx2
import msgspec
import pytest

from tests.fakes.commands import PASSWORD, Commands, Server, master_csv, serving
from tests.fakes.records import some_lines
from tests.fakes.sites import until

ROWS = int(os.environ.get("TOLLBOOK_TEST_ROWS", "100000"))
KILLS = 4
LIVE = some_lines(50 * (KILLS + 1), seed=77)
PATIENCE_S = 30 + ROWS / 2000
_OF = re.compile(r"of <strong>([\d,]+)</strong> calls")


class Eyes(msgspec.Struct, frozen=True):
    """What was seen, in order: numbers of calls that the API counted, that a page said, that a list began with."""

    counted: list[int]
    on_pages: list[int]
    listed: list[int]


def signed_in(server: Server) -> httpx2.Client:
    browser = httpx2.Client(base_url=server.url, timeout=60)
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', browser.get("/sign-in/").text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": PASSWORD}
    assert browser.post("/sign-in/", data=form, headers={"Referer": f"{server.url}/sign-in/"}).status_code == 302
    return browser


@contextmanager
def looking(server: Server, eyes: Eyes) -> Iterator[None]:
    """Look at a server all the time, as a page and as a program."""
    stopping = threading.Event()
    program = httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}, timeout=60)

    def look(ask: Callable[[], int], seen: list[int]) -> None:
        while not stopping.is_set():
            try:
                seen.append(ask())
            except httpx2.TransportError:  # the server was killed under the question
                return

    def on_page() -> int:
        found = _OF.search(browser.get("/calls/").text)
        assert found
        return int(found[1].replace(",", ""))

    with closing(program), closing(signed_in(server)) as browser:
        asked = (
            (lambda: int(program.get("/api/calls/count").json()["calls"]), eyes.counted),
            (on_page, eyes.on_pages),
            (lambda: len(program.get("/api/calls/page", params={"limit": "500"}).json()["calls"]), eyes.listed),
        )
        threads = [threading.Thread(target=look, args=each) for each in asked]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopping.set()
            for thread in threads:
                thread.join(PATIENCE_S)


@pytest.mark.slow
def test_numbers_of_calls_never_fall_and_no_row_changes(tmp_path: Path) -> None:
    site = Commands(tmp_path / "site").made()
    history = master_csv(tmp_path / "Master.csv", ROWS)
    assert site.run("import", str(history), "--pbx", "hts").code == 0
    shutil.copy(site.site / "calls.duckdb", tmp_path / "before.duckdb")
    eyes, live, in_the_middle = Eyes([], [], []), tmp_path / "watched" / "live.csv", list[bool]()

    for round_ in range(KILLS):
        with serving(site.site) as server, looking(server, eyes):
            rebuild(server, begin=round_ == 0)
            with live.open("ab") as file:
                file.write(b"".join(LIVE[50 * round_ : 50 * (round_ + 1)]))
            until(partial(seen_enough, eyes, round_ + 1), PATIENCE_S)
            in_the_middle.append(bool(lag_of(server)["rebuilding"]))
            server.process.kill()
    with serving(site.site) as server, looking(server, eyes):
        with live.open("ab") as file:
            file.write(b"".join(LIVE[50 * KILLS :]))
        until(lambda: is_settled(server) and eyes.counted[-1] == ROWS + len(LIVE), PATIENCE_S)

    assert in_the_middle[0]
    for seen in (eyes.counted, eyes.on_pages):
        assert seen == sorted(seen)
        assert seen[0] >= ROWS
    assert set(eyes.listed) == {500}
    assert difference(tmp_path / "before.duckdb", site.site / "calls.duckdb") == (0, len(LIVE))


def lag_of(server: Server) -> dict[str, object]:
    answer = httpx2.get(f"{server.url}/api/lag", headers={"Authorization": f"Bearer {server.token}"})
    lag: dict[str, object] = answer.json()
    return lag


def rebuild(server: Server, *, begin: bool) -> None:
    """Have everything read again; in later rounds that goes on, or begins again, by itself."""
    if begin:
        httpx2.post(f"{server.url}/api/rebuild", headers={"Authorization": f"Bearer {server.token}"})
    until(lambda: lag_of(server)["rebuilding"] or not begin, PATIENCE_S)


def seen_enough(eyes: Eyes, rounds: int) -> bool:
    return min(len(eyes.counted), len(eyes.on_pages)) >= 5 * rounds


def is_settled(server: Server) -> bool:
    lag = lag_of(server)
    return not lag["rebuilding"] and not lag["entries"]


def difference(before: Path, after: Path) -> tuple[int, int]:
    """Return how many rows are gone or altered, and how many are new, numbers of changes among them."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{before}' AS before (READ_ONLY); ATTACH '{after}' AS after (READ_ONLY)")
        gone = "SELECT count(*) FROM (FROM before.call EXCEPT FROM after.call)"
        new = "SELECT count(*) FROM (FROM after.call EXCEPT FROM before.call)"
        counted = [connection.execute(query).fetchall()[0][0] for query in (gone, new)]
        return int(counted[0]), int(counted[1])
