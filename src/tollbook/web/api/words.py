"""The words of a query: an endpoint knows those that it describes, and no others.

They are the parameters of its function and those that `shapes` declares; a word that is said twice means both values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router
from ninja.operation import Operation

from tollbook.model.problem import Misconfigured, Problem, nearest
from tollbook.web.audit.looking import check_reason
from tollbook.web.people.roles import check_may, needed_by

LONGEST_TEXT = 1000


class WordRouter(Router):
    """Endpoints that refuse words which they do not describe, and whoever may not use them."""

    def add_api_operation(self, path: str, *given: Any, **said: Any) -> None:  # noqa: ANN401 - passed on
        """Add an endpoint; raises LookupError for one that does not say what it needs."""
        super().add_api_operation(path, *given, **said)
        operation = self.path_operations[path].operations[-1]
        permission = needed_by(operation.view_func)
        if permission is None:
            raise LookupError(f"{operation.view_func.__name__} does not say which permission it needs")
        operation.view_func = _checked(operation.view_func, _known(operation), permission)


def _known(operation: Operation) -> set[str]:
    described = (operation.openapi_extra or {}).get("parameters", ())
    spelled = (model.model_fields for model in operation.models if model.__ninja_param_source__ == "query")
    return {*(word["name"] for word in described), *(name for fields in spelled for name in fields)}


def _checked(
    view: Callable[..., HttpResponseBase],
    known: Collection[str],
    permission: str,
) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def checked(request: HttpRequest, *args: object, **values: object) -> HttpResponseBase:
        check_may(request, permission)
        check_reason(request, permission, view.__name__, values)
        _check(request, known)
        return view(request, *args, **values)

    return checked


def _check(request: HttpRequest, known: Collection[str]) -> None:
    problems = [
        Problem(
            f"nothing can be asked by {name!r}",
            f"{request.path} does not know the word",
            help=nearest(name, known),
        )
        for name in request.GET
        if name not in known
    ]
    problems += [
        Problem(f"'{name}' is too long", f"{len(text)} characters; {LONGEST_TEXT} are taken")
        for name, text in words_of(request).items()
        if name in known and len(text) > LONGEST_TEXT
    ]
    if problems:
        raise Misconfigured(*problems)


def words_of(request: HttpRequest) -> dict[str, str]:
    """Return the words of a query, one that is said twice as its values with a comma between them."""
    return {name: ",".join(map(str, request.GET.getlist(name))) for name in request.GET}
