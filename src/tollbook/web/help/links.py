"""Which page of the manual helps with which page of the program."""

from __future__ import annotations

from tollbook.manual import FIRST

_OF_SUBJECTS = {
    "destination": "guide/deliveries",
    "directory": "guide/directory",
    "tariff": "guide/prices",
    "report": "guide/reports",
    "schedule": "guide/schedules",
    "monthly-charge": "guide/charge-back",
    "wallboard": "guide/dashboard",
    "missed": "guide/missed-calls",
    "alert": "guide/alerts",
}
"""For all pages of a subject, told by how their names begin."""
_HELP = {
    **dict.fromkeys(("home", "dashboard", "tile-add", "tile-edit"), "guide/dashboard"),
    "calls": "guide/calls",
    "call": "guide/calls",
    "pbxs": "guide/troubleshooting",
    "pbx": "guide/troubleshooting",
    "pbx-choose": "reference/pbxs",
    "pbx-add": "reference/sources",
    "pbx-edit": "reference/sources",
    "pbx-test": "guide/troubleshooting",
    "pbx-remove": "guide/getting-started",
    "pbx-rejects": "guide/troubleshooting",
    "pbx-parse": "guide/wrong-parse",
    "pbx-sample": "guide/own-format",
    "pbx-format": "guide/own-format",
    "pbx-plan": "guide/numbers",
    **dict.fromkeys(("pbx-imports", "pbx-upload", "pbx-import", "pbx-import-undo"), "guide/importing"),
    "formats": "guide/own-format",
    "format-new": "guide/own-format",
    "format-own": "guide/own-format",
    "format-add": "guide/own-format",
    "format-share": "guide/own-format",
    "format-copy": "guide/own-format",
    "format-workbench": "guide/own-format",
    **dict.fromkeys(("costs-unpriced", "costs-preview", "costs-pbx-charges", "costs-bills"), "guide/costs"),
    **dict.fromkeys(("budgets", "budget", "budget-add", "budget-edit", "budget-remove"), "guide/budgets"),
    **dict.fromkeys(("charge-back", "charge-back-line"), "guide/charge-back"),
    **dict.fromkeys(("report-sql", "report-sql-cancel", "report-sql-save"), "guide/own-sql"),
    **dict.fromkeys(("phone-bills", "phone-bills-mask"), "guide/phone-bills"),
    "sinks": "guide/databases",
    "sink": "guide/databases",
    "sink-add": "reference/sinks",
    "sink-edit": "reference/sinks",
    **dict.fromkeys(("tariff-import", "tariff-import-new", "tariff-list"), "guide/price-lists"),
    **dict.fromkeys(("people", "person", "group", "group-add", "group-remove"), "guide/people"),
    **dict.fromkeys(("account", "password", "second-step", "second-step-new", "second-step-end"), "guide/people"),
    **dict.fromkeys(("sign-on", "sign-on-remove", "two-step-rules"), "guide/sign-on"),
    "invite": "guide/people",
    **dict.fromkeys(("call-records", "note-write", "note-remove", "call-tags", "call-private"), "guide/calls"),
    **dict.fromkeys(("looking", "audit-looks", "retention", "personal-data"), "guide/privacy"),
    **dict.fromkeys(("system-logo", "system-logo-change"), "guide/reports"),
    **dict.fromkeys(("leave", "sent", "message-again"), "guide/deliveries"),
    **dict.fromkeys(("oidc-begin", "oidc-back", "sign-on-test"), "guide/sign-on"),
    **dict.fromkeys(("welcome", "welcome-choose", "forgotten", "sign-out-elsewhere"), "guide/people"),
    "tokens": "guide/api",
    **dict.fromkeys(("places", "place", "place-code", "place-remove", "place-group"), "guide/many-sites"),
    "audit": "guide/monitoring",
    "system": "guide/keeping-every-call",
}


def help_for(view: str) -> str:
    """Return the name of the page of the manual for a page of the program; the contents where there is none."""
    of_subject = next((page for begin, page in _OF_SUBJECTS.items() if view.startswith(begin)), FIRST)
    return _HELP.get(view, of_subject)
