"""The REST API. The command line is its first user; whatever that can do, any program can.

It answers with values of the engine and the store as they are, refuses with a list of problems (see `faults`), and
streams whatever may be long. Who may use it: see `access`.
"""

from __future__ import annotations

from importlib.metadata import version

from ninja import NinjaAPI

from tollbook.web.api import faults, site
from tollbook.web.api.access import SessionAuth, TokenAuth, for_users
from tollbook.web.audit import api as audit
from tollbook.web.calls import api as calls
from tollbook.web.pbxs import api as pbxs
from tollbook.web.pbxs import imports_api as imports
from tollbook.web.people import tokens_api as token_routes
from tollbook.web.sinks import api as sink_routes

api = NinjaAPI(
    title="Tollbook",
    version=version("tollbook"),
    description="A call ledger's own language: calls, rejects, PBXs, imports, sinks, and the site as a whole.",
    auth=[TokenAuth(), SessionAuth()],
    urls_namespace="api",
    docs_decorator=for_users,
)
faults.install(api)
for _module in (site, pbxs, imports, calls, sink_routes, token_routes, audit):
    api.add_router("", _module.router)
