"""One request and its whole answer: limited in size and in time, and an error where it is cut."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import h11
import msgspec

from tollbook.model.fence import Fence
from tollbook.model.limits import REST_ANSWER_S
from tollbook.model.problem import Unavailable
from tollbook.sources._http.connection import PollConnection, connect
from tollbook.sources.common import reason_of
from tollbook.sources.rest_poll.options import Options


class RestRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked; a `body` is posted."""

    url: str
    headers: dict[str, str]
    body: bytes = b""


class RestAnswer(msgspec.Struct, frozen=True):
    """A whole answer; names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


async def exchanged(request: RestRequest, options: Options, fence: Fence) -> RestAnswer:
    """Return the answer to a request; raises `Unavailable` where there is none, or not all of it came."""
    address = urlsplit(request.url)
    connection = await connect(address, options, fence)
    try:
        async with asyncio.timeout(REST_ANSWER_S):
            return await _received(connection, request, options.largest << 20)
    except TimeoutError as fault:
        message = f"{address.hostname} sent no whole answer in time; it is asked again"
        raise Unavailable(message) from fault
    except (OSError, h11.RemoteProtocolError) as fault:
        why = "the answer was cut off or is no HTTP" if isinstance(fault, h11.ProtocolError) else reason_of(fault)
        message = f"{address.hostname}: {why}; nothing of it was taken, it is asked again"
        raise Unavailable(message) from fault
    finally:
        await connection.close()


async def _received(connection: PollConnection, request: RestRequest, most: int) -> RestAnswer:
    parser = h11.Connection(h11.CLIENT)
    connection.send(_written(parser, request))
    status, headers, body = 0, {}, bytearray()
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            parser.receive_data(await connection.receive())
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > most:
                message = f"an answer is over the {most >> 20} MB of 'largest'; nothing of it was taken"
                raise Unavailable(message)
        elif isinstance(event, h11.EndOfMessage):
            return RestAnswer(status, headers, bytes(body))
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("the connection was closed without an answer")


def _written(parser: h11.Connection, request: RestRequest) -> bytes:
    address = urlsplit(request.url)
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    headers = {"Host": address.netloc, "Accept": "application/json", "User-Agent": "Tollbook", "Connection": "close"}
    if request.body:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(request.body))}
    method = "POST" if request.body else "GET"
    head = h11.Request(method=method, target=target, headers=list((headers | request.headers).items()))
    written = parser.send(head) or b""
    written += (parser.send(h11.Data(data=request.body)) or b"") if request.body else b""
    return written + (parser.send(h11.EndOfMessage()) or b"")
