"""The REST API. The command line is its first user; whatever that can do, any program can.

It answers with values of the engine and the store as they are, refuses with a list of problems (see `faults`), and
streams whatever may be long. Who may use it: see `access`.
"""

from __future__ import annotations

from importlib.metadata import version

from tollbook.web.alerts import api as alert_routes
from tollbook.web.api import faults, site
from tollbook.web.api.access import SessionAuth, TokenAuth, for_users
from tollbook.web.api.described import DescribedAPI
from tollbook.web.audit import api as audit
from tollbook.web.backups import api as backups
from tollbook.web.budgets import api as budget_routes
from tollbook.web.calls import api as calls
from tollbook.web.centre import api as centre_routes
from tollbook.web.chargeback import api as chargeback_routes
from tollbook.web.chargeback import bill_api as phone_bill_routes
from tollbook.web.chargeback import monthly_api as monthly_routes
from tollbook.web.config import api as config_routes
from tollbook.web.costs import api as cost_routes
from tollbook.web.costs import bill_api as bill_routes
from tollbook.web.destinations import api as destination_routes
from tollbook.web.directory import api as directory
from tollbook.web.directory import files_api as directory_files
from tollbook.web.directory import ldap_api as directory_ldap
from tollbook.web.files import api as files
from tollbook.web.formats import api as format_routes
from tollbook.web.missed import api as missed_routes
from tollbook.web.notes import api as note_routes
from tollbook.web.pbxs import api as pbxs
from tollbook.web.pbxs import imports_api as imports
from tollbook.web.pbxs import parse_api as parses
from tollbook.web.pbxs import rejects_api as rejects
from tollbook.web.pbxs import uploads_api as uploads
from tollbook.web.people import api as people
from tollbook.web.people import groups_api as group_routes
from tollbook.web.people import roles_api as role_routes
from tollbook.web.people import sign_on_api as sign_on_routes
from tollbook.web.people import tokens_api as token_routes
from tollbook.web.places import api as place_routes
from tollbook.web.places import place_api
from tollbook.web.plans import api as plan_routes
from tollbook.web.reports import api as report_routes
from tollbook.web.reports import sql_api as report_sql_routes
from tollbook.web.retention import api as retention_routes
from tollbook.web.retention import personal_api as personal_routes
from tollbook.web.schedules import api as schedule_routes
from tollbook.web.sinks import api as sink_routes
from tollbook.web.system import logo as logo_routes
from tollbook.web.tariffs import api as tariff_routes
from tollbook.web.wallboards import api as wallboard_routes

api = DescribedAPI(
    title="Tollbook",
    version=version("tollbook"),
    description="A call ledger's own language: calls, rejects, PBXs, imports, sinks, and the site as a whole.",
    auth=[TokenAuth(), SessionAuth()],
    urls_namespace="api",
    docs_decorator=for_users,
)
faults.install(api)
for _module in (
    site,
    pbxs,
    parses,
    imports,
    uploads,
    rejects,
    calls,
    missed_routes,
    note_routes,
    plan_routes,
    format_routes,
    config_routes,
    directory_files,  # before the addresses with an id
    directory_ldap,
    directory,
    sink_routes,
    place_api,  # before the addresses with a name
    place_routes,
    centre_routes,
    destination_routes,
    schedule_routes,
    tariff_routes,
    cost_routes,
    report_sql_routes,  # before the addresses with a slug
    report_routes,
    files,
    budget_routes,
    alert_routes,
    chargeback_routes,
    phone_bill_routes,
    monthly_routes,
    bill_routes,
    wallboard_routes,
    token_routes,
    people,
    group_routes,
    role_routes,
    sign_on_routes,
    audit,
    backups,
    retention_routes,
    personal_routes,
    logo_routes,
):
    api.add_router("", _module.router)
