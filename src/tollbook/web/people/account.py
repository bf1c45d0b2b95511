"""The page of one's own account: password, second step, and where one is signed in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from tollbook.site.people import second_step
from tollbook.site.people.outside import issuer_of
from tollbook.site.people.roles import roles
from tollbook.site.people.sessions import end_session, end_sessions, mark_of, sessions_of
from tollbook.web.people.actors import actor_of, person
from tollbook.web.people.confirming import has_password
from tollbook.web.people.giving import told_access
from tollbook.web.people.roles import SIGNED_IN, access_of, needs


@never_cache
@needs(SIGNED_IN)
def account(request: HttpRequest) -> HttpResponse:
    """What somebody may do and see, how they sign in, and where they are signed in."""
    user, access = person(request), access_of(request)
    known = roles().get(access.role)
    context = {
        "role": known.title if known else access.role,
        "access": told_access(user),
        "sees_all": access.is_whole,
        "issuer": issuer_of(user),
        "has_password": has_password(user),
        "has_second_step": second_step.is_on(user),
        "codes_left": second_step.codes_left(user),
        "sessions": [(each, each.mark == mark_of(request.session.session_key)) for each in sessions_of(user)],
    }
    return render(request, "web/account.html", context)


@require_POST
@needs(SIGNED_IN)
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End one session of whoever asks, or all but the one that they ask from."""
    user, mark = person(request), request.POST.get("session", "")
    if mark:
        ended = int(end_session(actor_of(request), user, mark))
    else:
        ended = end_sessions(user, but=request.session.session_key or "")
    told = f"{ended} session{'' if ended == 1 else 's'} ended." if ended else "That session had ended already."
    messages.success(request, told)
    return redirect("account")
