"""Which address shows what."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path

from tollbook.web import converters  # noqa: F401 - addresses below and in other modules are written with them
from tollbook.web.alerts import addresses as alerts
from tollbook.web.api import api
from tollbook.web.audit import looking
from tollbook.web.audit import pages as audit
from tollbook.web.budgets import addresses as budgets
from tollbook.web.calls import downloads, one_call, records_of_places, saved
from tollbook.web.calls import live_pages as live
from tollbook.web.calls import pages as calls
from tollbook.web.chargeback import addresses as charge_back
from tollbook.web.costs import addresses as costs
from tollbook.web.dashboards import pages as dashboard
from tollbook.web.destinations import addresses as destinations
from tollbook.web.directory import addresses as directory
from tollbook.web.files import addresses as files
from tollbook.web.formats import pages as formats
from tollbook.web.formats import passing
from tollbook.web.help import pages as help_pages
from tollbook.web.home import machine
from tollbook.web.home import pages as home
from tollbook.web.missed import addresses as missed
from tollbook.web.notes import pages as notes
from tollbook.web.pbxs import import_pages as imports
from tollbook.web.pbxs import pages as pbx
from tollbook.web.pbxs import parse_pages as parses
from tollbook.web.pbxs import reject_pages as rejects
from tollbook.web.pbxs import trying
from tollbook.web.people import account, session, two_steps
from tollbook.web.people import group_pages as groups
from tollbook.web.people import oidc_pages as oidc
from tollbook.web.people import pages as people
from tollbook.web.people import sign_on_pages as sign_on
from tollbook.web.people import token_pages as tokens
from tollbook.web.people import welcome_pages as welcome
from tollbook.web.people.roles import SIGNED_IN, needs
from tollbook.web.places import pages as places
from tollbook.web.plans import pages as plans
from tollbook.web.reports import addresses as reports
from tollbook.web.retention import pages as retention
from tollbook.web.schedules import addresses as schedules
from tollbook.web.sinks import pages as sinks
from tollbook.web.system import logo
from tollbook.web.system import pages as system
from tollbook.web.tariffs import addresses as tariffs
from tollbook.web.wallboards import addresses as walls

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("notices/<int:number>/done/", home.notice_done, name="notice-done"),
    path("tiles/<str:numbers>/", home.some_tiles, name="tiles"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/add/", dashboard.add, name="tile-add"),
    path("dashboard/<int:number>/", dashboard.change, name="tile-edit"),
    path("calls/", calls.calls, name="calls"),
    path("calls/saved/", saved.save, name="calls-save"),
    path("calls/saved/remove/", saved.remove, name="calls-saved-remove"),
    path("calls/view/", saved.view, name="calls-view"),
    path("calls/download.<str:form>", downloads.download, name="calls-download"),
    path("calls/<uuid:key>/", one_call.call, name="call"),
    path("calls/<uuid:key>/records/", records_of_places.records, name="call-records"),
    path("calls/<uuid:key>/notes/", notes.write, name="note-write"),
    path("calls/<uuid:key>/notes/<int:number>/remove/", notes.remove, name="note-remove"),
    path("calls/<uuid:key>/tags/", notes.tags, name="call-tags"),
    path("calls/<uuid:key>/private/", notes.private, name="call-private"),
    path("live/news/", live.news, name="live-news"),
    path("live/<slug:form>/", live.live, name="live"),
    path("pbxs/", pbx.pbxs, name="pbxs"),
    path("pbxs/health/", pbx.healths, name="pbxs-health"),
    path("pbxs/add/", pbx.choose, name="pbx-choose"),
    path("pbxs/add/<slug:dialect>/<slug:kind>/", pbx.add, name="pbx-add"),
    path("pbxs/bring-back/<pbx:name>/", pbx.bring_back, name="pbx-bring-back"),
    path("pbx/<pbx:name>/", pbx.pbx, name="pbx"),
    path("pbx/<pbx:name>/edit/", pbx.edit, name="pbx-edit"),
    path("pbx/<pbx:name>/pause/", pbx.pause, name="pbx-pause"),
    path("pbx/<pbx:name>/remove/", pbx.remove, name="pbx-remove"),
    path("pbx/<pbx:name>/test/", trying.test, name="pbx-test"),
    path("pbx/<pbx:name>/test/live/", live.arrivals, name="pbx-arrivals"),
    path("pbx/<pbx:name>/sample/", trying.sample, name="pbx-sample"),
    path("pbx/<pbx:name>/rejects/", rejects.rejects, name="pbx-rejects"),
    path("pbx/<pbx:name>/rejects/retry/", rejects.retry, name="pbx-retry"),
    path("pbx/<pbx:name>/rejects/move/", rejects.move, name="pbx-rejects-move"),
    path("pbx/<pbx:name>/parse/", parses.parse, name="pbx-parse"),
    path("pbx/<pbx:name>/parse/aside/", parses.put_aside, name="pbx-finding-aside"),
    path("pbx/<pbx:name>/parse/back/", parses.bring_back, name="pbx-finding-back"),
    path("pbx/<pbx:name>/imports/", imports.imports, name="pbx-imports"),
    path("pbx/<pbx:name>/imports/new/<slug:upload>/", imports.upload, name="pbx-upload"),
    path("pbx/<pbx:name>/imports/<int:body>/", imports.one, name="pbx-import"),
    path("pbx/<pbx:name>/imports/<int:body>/undo/", imports.undo, name="pbx-import-undo"),
    path("pbx/<pbx:name>/imports/<int:body>/redo/", imports.redo, name="pbx-import-redo"),
    path("pbx/<pbx:name>/format/", formats.of_pbx, name="pbx-format"),
    path("pbx/<pbx:name>/plan/", plans.plan, name="pbx-plan"),
    path("pbx/<pbx:name>/plan/numbering/", plans.numbering, name="pbx-plan-numbering"),
    path("formats/", formats.formats, name="formats"),
    path("formats/new/", formats.new, name="format-new"),
    path("formats/workbench/", formats.workbench, name="format-workbench"),
    path("formats/own/<pbx:slug>/", formats.own, name="format-own"),
    path("formats/add/", passing.from_file, name="format-add"),
    path("formats/own/<pbx:slug>/share/", passing.share, name="format-share"),
    path("formats/own/<pbx:slug>/remove/", formats.remove, name="format-remove"),
    path("formats/copy/<slug:slug>/", formats.copy, name="format-copy"),
    path("sinks/", sinks.sinks, name="sinks"),
    path("sinks/add/<slug:kind>/", sinks.add, name="sink-add"),
    path("sink/<pbx:name>/", sinks.sink, name="sink"),
    path("sink/<pbx:name>/edit/", sinks.edit, name="sink-edit"),
    path("sink/<pbx:name>/remove/", sinks.remove, name="sink-remove"),
    path("sink/<pbx:name>/<slug:deed>/", sinks.act, name="sink-act"),
    *files.urlpatterns,  # before the addresses with a slug
    *missed.urlpatterns,
    *reports.urlpatterns,
    *alerts.urlpatterns,
    *schedules.urlpatterns,
    *budgets.urlpatterns,
    *charge_back.urlpatterns,
    *costs.urlpatterns,
    *destinations.urlpatterns,
    *directory.urlpatterns,
    *tariffs.urlpatterns,
    *walls.urlpatterns,
    path("people/", people.people, name="people"),
    path("people/<int:number>/", people.change, name="person"),
    path("people/<int:number>/remove/", people.remove, name="person-remove"),
    path("people/add-group/", groups.add, name="group-add"),
    path("people/groups/<pbx:name>/", groups.change, name="group"),
    path("people/groups/<pbx:name>/remove/", groups.remove, name="group-remove"),
    path("people/invite/", welcome.invite, name="invite"),
    path("people/two-steps/", sign_on.rules, name="two-step-rules"),
    path("people/sign-on/<slug:kind>/", sign_on.way, name="sign-on"),
    path("people/sign-on/<slug:kind>/test/", sign_on.test, name="sign-on-test"),
    path("people/sign-on/<slug:kind>/remove/", sign_on.remove, name="sign-on-remove"),
    path("places/", places.places, name="places"),
    path("place-groups/<str:name>/", places.group, name="place-group"),
    path("places/<str:name>/", places.place, name="place"),
    path("places/<str:name>/code/", places.code, name="place-code"),
    path("places/<str:name>/remove/", places.remove, name="place-remove"),
    path("tokens/", tokens.programs, name="tokens"),
    path("tokens/<pbx:name>/remove/", tokens.remove, name="token-remove"),
    path("audit/", audit.audit, name="audit"),
    path("audit/looks/", audit.looks, name="audit-looks"),
    path("system/", system.system, name="system"),
    path("system/personal-data/", retention.personal_data, name="personal-data"),
    path("system/retention/", retention.retention, name="retention"),
    path("system/logo/", logo.logo, name="system-logo"),
    path("system/logo/change/", logo.change_logo, name="system-logo-change"),
    path("system/troubles/", system.troubles, name="system-troubles"),
    path("help/", help_pages.page, name="help"),
    path("help/<path:name>/", help_pages.page, name="help-page"),
    path("password/", needs(SIGNED_IN)(people.Password.as_view()), name="password"),
    path("looking/", looking.looking, name="looking"),
    path("account/", account.account, name="account"),
    path("account/sessions/", account.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("account/second-step/", two_steps.set_up, name="second-step-new"),
    path("account/second-step/end/", two_steps.end, name="second-step-end"),
    path("second-step/", two_steps.second, name="second-step"),
    path("set-up/", session.set_up, name="set-up"),
    path("sign-in/", session.SignIn.as_view(), name="sign-in"),
    path("forgotten/", welcome.forgotten, name="forgotten"),
    path("welcome/", welcome.choose, name="welcome-choose"),
    path("welcome/<str:link>/", welcome.welcome, name="welcome"),
    path("sign-in/oidc/", oidc.begin, name="oidc-begin"),
    path("sign-in/oidc/back/", oidc.back, name="oidc-back"),
    path("sign-out/", needs(SIGNED_IN)(LogoutView.as_view()), name="sign-out"),
    path("api/", api.urls),
    path("healthz", machine.healthz, name="healthz"),
    path("metrics", machine.metrics, name="metrics"),
]

handler400 = "tollbook.web.faults.bad_request"
handler403 = "tollbook.web.faults.forbidden"
handler404 = "tollbook.web.faults.not_found"
handler500 = "tollbook.web.faults.failed"
