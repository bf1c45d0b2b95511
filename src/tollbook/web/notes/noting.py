"""What somebody may note on a call, and what is shown of it."""

from __future__ import annotations

from django.http import HttpRequest

from tollbook.engine.runtime import engine
from tollbook.model.problem import NotAllowed, NotThere, Problem
from tollbook.site.notes import operations as notes
from tollbook.store import questions
from tollbook.web.asking import ledger_of
from tollbook.web.people.roles import access_of, may


def check_seen(request: HttpRequest, call: str) -> None:
    """Raise `NotThere` for a call that whoever asks does not see."""
    if questions.call(ledger_of(request), call) is None:
        raise NotThere(Problem(f"there is no call {call}", "no call that you see has this id"))


def may_say_private(request: HttpRequest, call: str) -> bool:
    """Say whether somebody may say of a call that it is private: of one of their own, or who sees what is hidden."""
    own = access_of(request).assignments
    if may(request, "hidden.see"):
        return True
    if not own:
        return False
    query = "SELECT assignment FROM call WHERE id = $id::UUID"
    return any(assignment in own for (assignment,) in ledger_of(request).rows(query, {"id": call}))


def check_private(request: HttpRequest, call: str) -> None:
    """Raise `NotAllowed` for who may not say that a call is private."""
    if not may_say_private(request, call):
        reason = "only the person whose telephone it was says so, or an administrator"
        raise NotAllowed(Problem("you cannot say that this call is private", reason, help="ask one of them"))


def told() -> None:
    """Let calls be found by what is noted now."""
    engine().copy_notes(notes.every())
