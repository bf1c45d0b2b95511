import socket
from pathlib import Path

import httpx2

from tollbook.cli import address
from tollbook.cli.address import ServerAddress

THERE = ServerAddress(url="http://127.0.0.1:8470", token="correct" * 6, pid=7)


def client(answer: httpx2.Response) -> httpx2.Client:
    return httpx2.Client(transport=httpx2.MockTransport(lambda _request: answer), base_url=THERE.url)


def test_an_address_is_read_as_it_was_written_and_nobody_else_can(tmp_path: Path) -> None:
    address.write(tmp_path, THERE)

    assert address.read(tmp_path) == THERE
    assert (tmp_path / "server.json").stat().st_mode & 0o777 == 0o600


def test_a_torn_or_missing_file_is_no_address(tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text('{"url": "http')

    assert address.read(tmp_path) is None
    assert address.read(tmp_path / "other") is None


def test_another_program_on_the_port_is_sent_no_token() -> None:
    asked: list[httpx2.Request] = []

    def strange(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={"proofs": ["made up"]})

    with httpx2.Client(transport=httpx2.MockTransport(strange), base_url=THERE.url) as http:
        assert not address.answers(http, THERE)
    assert all(THERE.token not in str(request.url) + str(request.headers) for request in asked)


def test_a_page_where_an_answer_belongs_is_not_our_server() -> None:
    with client(httpx2.Response(200, text="<html>hello</html>")) as http:
        assert not address.answers(http, THERE)
    with client(httpx2.Response(200, json=["no", "object"])) as http:
        assert not address.answers(http, THERE)


def test_a_server_on_all_addresses_says_how_other_machines_reach_it() -> None:
    told = address.urls_elsewhere("0.0.0.0", 8470, "https")  # noqa: S104 - nothing is bound

    assert told[-1] == f"https://{socket.gethostname()}:8470"
    assert not any(name in url for url in told for name in ("0.0.0.0", "//127."))  # noqa: S104 - compared, not bound
    assert address.urls_elsewhere("127.0.0.1", 8470) == []
    assert address.urls_elsewhere("192.0.2.7", 8470) == []
