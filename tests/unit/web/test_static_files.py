"""Styles and scripts that an upgrade puts in the place of others, below a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.test import RequestFactory, override_settings

from tollbook.web.serving import static_files
from tollbook.web.serving.static_files import StaticFiles

OLD, NEW = b"body { color: black }", b"body { color: black; background: white }"


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Path]:
    """A file of styles that is served."""
    file = tmp_path / "look.css"
    file.write_bytes(OLD)
    with override_settings(STATICFILES_DIRS=[str(tmp_path)]):
        static_files._path.cache_clear()  # noqa: SLF001 - which files there are is known for good
        yield file
    static_files._path.cache_clear()  # noqa: SLF001 - as above


def served_by(middleware: StaticFiles, address: str) -> HttpResponse:
    answer = middleware(RequestFactory().get(address))
    assert isinstance(answer, HttpResponse)
    return answer


def nothing(request: HttpRequest) -> HttpResponse:
    del request
    return HttpResponse(status=404)


def test_a_file_that_was_changed_is_served_whole_and_under_another_name(look: Path) -> None:
    middleware = StaticFiles(nothing)
    before = static("look.css")
    assert served_by(middleware, before).content == OLD

    look.write_bytes(NEW)
    answer = served_by(middleware, before)

    assert (answer.content, answer["Content-Length"]) == (NEW, str(len(NEW)))
    assert static("look.css") != before
    assert served_by(middleware, static("look.css")).content == NEW


def test_a_file_is_kept_for_ever_only_under_the_name_of_its_contents(look: Path) -> None:
    middleware = StaticFiles(nothing)
    before = static("look.css")
    assert "max-age=31536000" in served_by(middleware, before)["Cache-Control"]

    look.write_bytes(NEW)

    assert served_by(middleware, before)["Cache-Control"] == "no-cache"
    assert served_by(middleware, "/static/look.css")["Cache-Control"] == "no-cache"
    assert "max-age=31536000" in served_by(middleware, static("look.css"))["Cache-Control"]


def test_a_file_that_is_gone_is_not_found_until_it_is_back(look: Path) -> None:
    middleware = StaticFiles(nothing)
    look.unlink()
    assert served_by(middleware, "/static/look.css").status_code == 404
    look.write_bytes(NEW)
    assert served_by(middleware, "/static/look.css").content == NEW
