"""The REST API as other programs and signed-in people meet it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.fakes.commands import PASSWORD, Commands, Server, add_viewer, serving

LARGEST_PIECE = 8 << 20
FOLDER_PBX = {"name": "other", "dialect": "panasonic-kx-hts", "source": "folder", "settings": {"path": "/srv/pbx"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    commands = Commands(tmp_path_factory.mktemp("api") / "site").made()
    with serving(commands.site) as running:
        add_viewer(commands.site, "viewer")
        yield running


@pytest.fixture
def owner(server: Server) -> Iterator[httpx2.Client]:
    """A program that has the token."""
    with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}) as http:
        yield http


@contextmanager
def signed_in(server: Server, name: str) -> Iterator[httpx2.Client]:
    """Somebody at a browser."""
    with httpx2.Client(base_url=server.url, follow_redirects=True) as http:
        form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": form_token(http.get("/sign-in/").text)}
        answer = http.post("/sign-in/", data=form, headers={"Referer": server.url})
        assert answer.is_success
        yield http


def form_token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    return found.group(1)


def what(answer: httpx2.Response) -> list[str]:
    return [problem["what"] for problem in answer.json()["problems"]]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("", "not signed in"),
        ("Bearer wrong", "the token is not accepted"),
        ("Bearer", "not signed in"),
        ("Basic YTpi", "not signed in"),
    ],
)
def test_nobody_gets_in_without_the_token(server: Server, header: str, told: str) -> None:
    answer = httpx2.get(f"{server.url}/api/calls", headers={"Authorization": header})

    assert answer.status_code == 401
    assert what(answer) == [told]


def test_an_administrator_may_change_things_with_the_forms_token_only(server: Server) -> None:
    with signed_in(server, "admin") as http:
        without = http.post("/api/pbxs", json=FOLDER_PBX)
        token = form_token(http.get("/password/").text)
        with_it = http.post("/api/pbxs", json=FOLDER_PBX, headers={"X-CSRFToken": token, "Referer": server.url})

    assert (without.status_code, with_it.status_code) == (403, 201)


def test_a_viewer_may_look_and_change_nothing(server: Server) -> None:
    with signed_in(server, "viewer") as http:
        looked = http.get("/api/calls")
        token = form_token(http.get("/password/").text)
        changed = http.delete("/api/pbxs/hts", headers={"X-CSRFToken": token, "Referer": server.url})

    assert looked.status_code == 200
    assert changed.status_code == 403
    assert what(changed) == ["this needs the permission 'pbxs.change'"]


def test_a_word_that_the_api_does_not_know_is_refused_with_the_nearest(owner: httpx2.Client) -> None:
    answer = owner.get("/api/calls", params={"extention": "101"})

    assert answer.status_code == 422
    assert answer.json()["problems"][0]["help"] == "did you mean 'extension'?"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"limit": "-1"}, "'limit' must be a whole number from 0 on"),
        ({"order": "password"}, "cannot sort by 'password'"),
        ({"columns": "all"}, "no columns are called 'all'"),
        ({"format": "xml"}, "no format is called 'xml'"),
        ({"text": "x" * 1001}, "'text' is too long"),
    ],
)
def test_a_word_out_of_bounds_is_refused(owner: httpx2.Client, words: dict[str, str], named: str) -> None:
    answer = owner.get("/api/calls", params=words)

    assert answer.status_code == 422
    assert what(answer) == [named]


def test_what_is_not_there_is_said_not_to_be(owner: httpx2.Client) -> None:
    answers = [owner.get("/api/calls/no-such-id"), owner.get("/api/pbxs/nobody"), owner.get("/api/imports/4711")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_a_piece_of_a_file_has_a_largest_size(owner: httpx2.Client) -> None:
    body = owner.post("/api/imports", params={"pbx": "hts", "name": "m.csv"}).json()["body"]

    taken = owner.put(f"/api/imports/{body}", content=b"\n" * LARGEST_PIECE)
    refused = owner.put(f"/api/imports/{body}", content=b"\n" * (LARGEST_PIECE + 1))
    owner.post(f"/api/imports/{body}/finish", params={"cut": "a test"})
    late = owner.put(f"/api/imports/{body}", content=b"more\n")

    assert (taken.status_code, refused.status_code, late.status_code) == (200, 422, 404)


def test_a_list_of_unknown_settings_is_refused_whole(owner: httpx2.Client) -> None:
    answer = owner.post("/api/pbxs", json=FOLDER_PBX | {"name": "third", "colour": "red"})

    assert answer.status_code == 422
    assert what(answer) == ["'colour' cannot be used"]


def test_the_api_describes_itself_to_people_who_are_signed_in(server: Server) -> None:
    with signed_in(server, "viewer") as http:
        described = json.loads(http.get("/api/openapi.json").text)

    assert {"/api/calls", "/api/pbxs", "/api/imports", "/api/status"} <= set(described["paths"])
    words = {word["name"] for word in described["paths"]["/api/calls"]["get"]["parameters"]}
    assert {"pbx", "from", "to", "number", "columns", "limit"} <= words
