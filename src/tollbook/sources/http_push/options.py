"""What can be set for a PBX that posts its calls over HTTP(S)."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from tollbook import gate
from tollbook.model.fence import Fence
from tollbook.plugins import PASSWORD, TEXT, Alias, Kind, Setting, choice, seconds, whole
from tollbook.server_options import secret_file
from tollbook.sources import common
from tollbook.sources.common import HostPort, Tls

_PATH = re.compile(r"(/[!$&-;=@-Z_a-z~]*)?")
"""A path as it travels: ASCII without blanks, `?`, `#` or `%`."""
_WITH_TOKEN = ("auth", ("token",))
_WITH_NAME = ("auth", ("basic",))


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("a path that begins with / and holds no blank, '?', '#' or '%'")
    return text


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Where one PBX posts to, and how it is known."""

    listen: Annotated[
        HostPort,
        Setting(
            "address and port to listen on; several PBXs may share one, each with its path",
            common.LISTEN,
            default="0.0.0.0:8480",
        ),
    ] = HostPort("0.0.0.0", 8480)  # noqa: S104 - a PBX is another machine; who may post is decided by `auth` and `peers`
    path: Annotated[
        str,
        Setting("path of the URL the PBX posts to; without one, / and the name of the PBX", Kind(_path)),
    ] = ""
    auth: Annotated[
        str,
        Setting(
            "how the PBX shows who it is: token (in a header or in the URL), basic (name and password), "
            "or none (whoever reaches the port can add calls; set 'peers')",
            choice("token", "basic", "none"),
            default="token",
        ),
    ] = "token"
    token: Annotated[
        str,
        Setting("token the PBX has to send, long and random", PASSWORD, secret=True, needs=_WITH_TOKEN),
    ] = ""
    token_parameter: Annotated[
        str,
        Setting(
            "query parameter that may hold the token, for a PBX that takes only a URL",
            TEXT,
            default="token",
            needs=_WITH_TOKEN,
            advanced=True,
        ),
    ] = "token"  # noqa: S105 - the name of a parameter
    username: Annotated[str, Setting("name the PBX has to log in with, for auth=basic", TEXT, needs=_WITH_NAME)] = ""
    password: Annotated[
        str,
        Setting("password the PBX has to log in with, for auth=basic", PASSWORD, secret=True, needs=_WITH_NAME),
    ] = ""
    password_file: Annotated[
        str,
        secret_file(("auth", ("token", "basic")), "the token or the password, instead of it here"),
    ] = ""
    peers: common.Peers = ()
    certificate_file: common.CertificateFile = ""
    key_file: common.KeyFile = ""
    tls_oldest: Annotated[str, common.tls_oldest(Alias("old-tls", {"on": "1.0", "off": "1.2"}))] = "1.2"
    largest: Annotated[int, Setting("most megabytes of one post", whole(1, 256), default="8", advanced=True)] = 8
    timeout: Annotated[
        float,
        Setting("longest wait for the next bytes of a post", seconds(0.1, 600), default="30s", advanced=True),
    ] = 30.0
    most_connections: Annotated[
        int,
        common.most_connections(
            "most connections at once to the address listened on; of PBXs that share it the highest counts",
            10_000,
            "200",
            Alias("connections"),
        ),
    ] = 200

    @property
    def scheme(self) -> str:
        """The first word of the URL."""
        return "https" if self.certificate_file else "http"

    @property
    def tls(self) -> Tls:
        """What PBXs that share an address must have in common."""
        return Tls(self.certificate_file, self.key_file, self.tls_oldest)

    def secret(self, fence: Fence) -> str:
        """The token or password, from its file where one is named; raises `Unavailable` when that cannot be read."""
        return gate.password(fence, self.password_file, self.password if self.auth == "basic" else self.token)
