"""The REST API. The command line is its first user; whatever that can do, any program can.

It answers with values of the engine and the store as they are, refuses with a list of problems (see `faults`), and
streams whatever may be long. Who may use it: see `access`.
"""

from __future__ import annotations

from importlib.metadata import version

from django.contrib.auth.decorators import login_required
from ninja import NinjaAPI

from tollbook.web.api import faults
from tollbook.web.api.access import SignedIn, Token
from tollbook.web.api.routes import calls, imports, pbxs, site

api = NinjaAPI(
    title="Tollbook",
    version=version("tollbook"),
    description="A call ledger's own language: calls, rejects, PBXs, imports, and the site as a whole.",
    auth=[Token(), SignedIn()],
    urls_namespace="api",
    docs_decorator=login_required,
)
faults.install(api)
for _module in (site, pbxs, imports, calls):
    api.add_router("", _module.router)
