"""The deliveries to chats and folders, against real servers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.chats import ChatServer, a_chat
from tests.fakes.file_servers import an_sftp_server
from tollbook.delivery import known
from tollbook.delivery.contract import MessageRefused, Messenger, NotNow
from tollbook.model.fence import Fence
from tollbook.model.message import DeliveryMessage, MessageFile, MessageImage
from tollbook.model.problem import Unavailable
from tollbook.plugins import read_options

SECRET = "s3cret-part"
MESSAGE = DeliveryMessage(
    key="weekly/2026-11-30",
    subject="Calls <now> *bold* [x](http://evil.example)",
    text="Sales: 12 calls\n<!channel> @all ```code``` & more\n\n" + "A long line. " * 2000,
    images=(MessageImage(name="chart", content=b"\x89PNG", said="a chart"),),
    files=(MessageFile(name="../calls.csv", type="text/csv", content=b"a,b\r\n"),),
    link="https://calls.example.com/reports/by-department/",
)
ANSWERS: dict[tuple[int, bytes], tuple[type[Exception], bool]] = {
    (400, b"invalid_payload"): (MessageRefused, False),
    (413, b"too large"): (MessageRefused, False),
    (500, b"oops"): (NotNow, False),
    (429, b"slow down"): (Unavailable, False),
    (503, b""): (Unavailable, False),
    (401, b"who?"): (Unavailable, True),
    (404, b"no_service"): (Unavailable, True),
    (302, b""): (Unavailable, True),
}
"""What a server answers, and what that is: which exception, and whether a person has to mend it."""
HOOKS = ("slack", "mattermost", "teams")
CHATS = (*HOOKS, "telegram", "matrix")


def settings_of(kind: str, chat: ChatServer) -> dict[str, str]:
    if kind in HOOKS:
        return {"url": f"{chat.url}/hooks/{SECRET}"}
    if kind == "telegram":
        return {"server": chat.url, "token": f"12:{SECRET}", "chat": "-100123"}
    return {"server": chat.url, "token": SECRET, "room": "!room:example.com"}


@contextmanager
def at(kind: str, chat: ChatServer, fence: Fence = Fence()) -> Iterator[Messenger]:  # noqa: B008 - it is frozen
    found = known.find(kind)
    messenger = found.open(read_options(found.options, {**settings_of(kind, chat), "timeout": "1s"}, "here"), fence)
    try:
        yield messenger
    finally:
        messenger.close()


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    with a_chat(b'{"ok":true,"content_uri":"mxc://example.com/abc"}') as server:
        yield server


def test_slack_gets_a_heading_and_text_without_markup(chat: ChatServer) -> None:
    with at("slack", chat) as channel:
        channel.send(MESSAGE, "")
    told = chat.asked[0].json()
    heading, section = told["blocks"]
    assert heading["text"]["text"] == MESSAGE.subject
    assert section["text"]["type"] == "plain_text"
    assert len(section["text"]["text"]) <= 3000
    assert section["text"]["text"].endswith(MESSAGE.link)
    assert "&lt;now&gt;" in told["text"]


def test_mattermost_gets_text_that_mentions_nobody(chat: ChatServer) -> None:
    with at("mattermost", chat) as channel:
        channel.send(MESSAGE, "")
    text = chat.asked[0].json()["text"]
    assert text.count("```") == 2
    assert r"\*bold\*" in text
    assert len(text) < 16_383
    assert text.endswith(MESSAGE.link)


def test_teams_gets_an_adaptive_card_of_a_size_that_it_takes(chat: ChatServer) -> None:
    with at("teams", chat) as channel:
        channel.send(MESSAGE, "")
    told = chat.asked[0].json()
    card = told["attachments"][0]["content"]
    assert told["attachments"][0]["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert "[" not in card["body"][0]["text"]
    assert card["actions"][0]["url"] == MESSAGE.link
    assert len(chat.asked[0].body) < 28 << 10


def test_telegram_gets_text_and_files(chat: ChatServer) -> None:
    with at("telegram", chat) as room:
        room.send(MESSAGE, "")
    text, picture, document = chat.asked
    assert text.path == f"/bot12:{SECRET}/sendMessage"
    assert text.json()["chat_id"] == "-100123"
    assert len(text.json()["text"]) <= 4096
    assert b'name="photo"; filename="chart.png"' in picture.body
    assert b'name="document"; filename="calls.csv"' in document.body
    assert b"\r\n\r\na,b\r\n\r\n--" in document.body


def test_matrix_knows_a_message_that_comes_again(chat: ChatServer) -> None:
    for _ in range(2):
        with at("matrix", chat) as room:
            room.send(MESSAGE, "")
    events = [each for each in chat.asked if each.method == "PUT"]
    assert [each.path for each in events[:3]] == [each.path for each in events[3:]]
    assert events[0].path.startswith("/_matrix/client/v3/rooms/%21room%3Aexample.com/send/m.room.message/")
    assert events[0].json()["msgtype"] == "m.notice"
    assert "&lt;!channel&gt;" in events[0].json()["formatted_body"]
    assert [each.json()["msgtype"] for each in events[1:3]] == ["m.image", "m.file"]
    assert events[0].heads["Authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("kind", CHATS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_means_what_it_says_and_no_secret_is_told(
    kind: str,
    answer: tuple[int, bytes],
    chat: ChatServer,
) -> None:
    raised, permanent = ANSWERS[answer]
    chat.answers = [answer]
    with at(kind, chat) as channel, pytest.raises(raised) as fault:
        channel.send(MESSAGE, "")

    assert str(answer[0]) in str(fault.value)
    assert SECRET not in str(fault.value)
    assert getattr(fault.value, "permanent", False) == permanent


@pytest.mark.parametrize("kind", CHATS)
def test_where_nobody_is_no_secret_is_told(kind: str, chat: ChatServer) -> None:
    chat.close()
    with at(kind, chat) as channel, pytest.raises(Unavailable) as fault:
        channel.send(MESSAGE, "")
    assert SECRET not in str(fault.value)
    chat.__init__(b"")  # type: ignore[misc] # the fixture closes it once more


@pytest.mark.parametrize("kind", CHATS)
def test_no_chat_is_reached_where_the_fence_bars_the_way(kind: str, chat: ChatServer) -> None:
    with at(kind, chat, Fence(networks=())) as channel, pytest.raises(Unavailable, match="outside the networks"):
        channel.send(MESSAGE, "")
    assert chat.asked == []


# ---------------------------------------------------------------- folders


def test_a_folder_has_a_messages_files_and_one_that_comes_again_writes_over_itself(tmp_path: Path) -> None:
    folder = known.find("folder")
    options = read_options(folder.options, {"path": str(tmp_path / "reports")}, "here")
    for _ in range(2):
        folder.open(options, Fence()).send(MESSAGE, "")

    (file,) = (tmp_path / "reports").iterdir()
    assert file.name.startswith("calls-")
    assert file.suffix == ".csv"
    assert file.read_bytes() == b"a,b\r\n"


def test_a_folder_has_all_of_a_message_where_that_is_wanted(tmp_path: Path) -> None:
    folder = known.find("folder")
    options = read_options(folder.options, {"path": str(tmp_path), "what": "all"}, "here")
    folder.open(options, Fence()).send(MESSAGE, "")

    assert sorted(each.suffix for each in tmp_path.iterdir()) == [".csv", ".png", ".txt"]


def test_a_link_that_somebody_laid_is_not_written_through(tmp_path: Path) -> None:
    folder, victim = known.find("folder"), tmp_path / "victim"
    victim.write_text("mine")
    place = tmp_path / "reports"
    options = read_options(folder.options, {"path": str(place)}, "here")
    folder.open(options, Fence()).send(MESSAGE, "")
    (file,) = place.iterdir()
    file.unlink()
    file.symlink_to(victim)
    (place / f".{file.name}.half").symlink_to(victim)

    folder.open(options, Fence()).send(MESSAGE, "")

    assert victim.read_text() == "mine"
    assert not file.is_symlink()


def test_a_folder_out_of_reach_is_not_written_to(tmp_path: Path) -> None:
    folder = known.find("folder")
    (tmp_path / "way").symlink_to("/etc")
    options = read_options(folder.options, {"path": str(tmp_path / "way")}, "here")
    with pytest.raises(Unavailable, match="belongs to the machine"):
        folder.open(options, Fence()).send(MESSAGE, "")


def test_a_folder_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    folder = known.find("folder")
    (tmp_path / "file").write_text("no folder")
    options = read_options(folder.options, {"path": str(tmp_path / "file" / "reports")}, "here")
    with pytest.raises(Unavailable, match="cannot be written"):
        folder.open(options, Fence()).send(MESSAGE, "")


# ---------------------------------------------------------------- SFTP


def test_a_folder_on_a_server_has_a_messages_files_and_one_that_comes_again_writes_over_itself(tmp_path: Path) -> None:
    sftp = known.find("sftp")
    (tmp_path / "reports").mkdir()
    with an_sftp_server(tmp_path) as peer:
        options = read_options(sftp.options, {**peer.settings, "path": "reports"}, "here")
        for _ in range(2):
            assert "written: calls-" in sftp.open(options, Fence()).send(MESSAGE, "")

    (file,) = (tmp_path / "reports").iterdir()
    assert file.read_bytes() == b"a,b\r\n"


def test_a_server_with_another_key_or_without_the_folder_gets_nothing(tmp_path: Path) -> None:
    sftp = known.find("sftp")
    with an_sftp_server(tmp_path) as peer:
        other = {**peer.settings, "host-key": "SHA256:" + "A" * 43}
        for settings, said in ((other, "pinned is"), ({**peer.settings, "path": "none"}, "does not take the files")):
            options = read_options(sftp.options, settings, "here")
            with pytest.raises(Unavailable, match=said) as fault:
                sftp.open(options, Fence()).send(MESSAGE, "")
            assert fault.value.permanent
    assert list(tmp_path.iterdir()) == []
