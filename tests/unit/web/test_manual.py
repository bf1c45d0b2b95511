"""The manual in the browser: every page of it, its links, and the page that helps with each page of the program."""

from __future__ import annotations

import re
from functools import cache

import pytest
from django.test import Client
from django.urls import get_resolver

from tollbook import manual
from tollbook.web.help.html import html_of
from tollbook.web.help.links import help_for
from tollbook.web.help.pages import address

WITHOUT_HELP = {
    *(
        "notice-done",
        "tiles",
        "wall",
        "wall-live",
        "calls-download",
        "live",
        "pbxs-health",
        "pbx-bring-back",
        "pbx-pause",
    ),
    *(
        "pbx-arrivals",
        "pbx-plan-numbering",
        "pbx-retry",
        "format-remove",
        "sink-act",
        "sink-remove",
        "person-remove",
        "token-remove",
        "help",
        "help-page",
    ),
    *("calls-save", "calls-view", "calls-saved-remove", "live-news", "pbx-import-redo", "pbx-rejects-move"),
    *("pbx-finding-aside", "pbx-finding-back"),
    *("set-up", "sign-in", "sign-out", "healthz", "metrics", "system-troubles"),
}


@cache
def all_html() -> dict[str, str]:
    return {each.name: html_of(each, address) for each in manual.pages().values()}


@pytest.mark.parametrize("name", manual.pages())
def test_every_link_of_a_page_leads_to_a_page_and_a_heading(name: str) -> None:
    html = all_html()
    named = {address(each): each for each in html}
    links = re.findall(r'href="(/help/[^"#]*)?(?:#([^"]*))?"', html[name])

    gone = [(path, part) for path, part in links if path and path not in named]
    assert gone == []
    no_heading = [(path, part) for path, part in links if part and f'id="{part}"' not in html[named.get(path, name)]]
    assert no_heading == []


def test_a_page_has_no_style_of_its_own_and_takes_no_html() -> None:
    page = manual.pages()["guide/kx-hts"]
    odd = type(page)(name="odd", path=page.path, title="Odd", text="# Odd\n\n<script>1</script>\n\n|a|\n|--:|\n|1|\n")

    html = html_of(odd, address)

    assert "<script>" not in html
    assert 'style="' not in html
    assert '<td class="number">1</td>' in html


def test_links_that_leave_the_manual_are_mere_text() -> None:
    page = manual.pages()["guide/kx-hts"]
    odd = type(page)(
        name="odd",
        path=page.path,
        title="Odd",
        text="# Odd\n\n[far](../../../../docs/x.md) [out](https://a.example/)\n",
    )

    html = html_of(odd, address)

    assert 'far <a href="https://a.example/">out</a>' in html


def test_every_page_of_the_program_leads_to_its_page_of_the_manual(admin: Client) -> None:
    views = {name for name in get_resolver().reverse_dict if isinstance(name, str)} - WITHOUT_HELP

    assert {view for view in views if help_for(view) == manual.FIRST} == set()
    assert {help_for(view) for view in views} <= set(manual.pages())
    assert 'href="/help/guide/calls/"' in admin.get("/calls/").content.decode()


def test_the_manual_is_read_and_searched_by_whoever_is_signed_in(viewer: Client, visitor: Client) -> None:
    assert "Panasonic KX-HTS32" in viewer.get("/help/guide/kx-hts/").content.decode()
    assert "Serial lines" in viewer.get("/help/", {"find": "SERIAL port"}).content.decode()
    assert "No page holds all" in viewer.get("/help/", {"find": "xyzzy"}).content.decode()
    assert viewer.get("/help/guide/../../settings/").status_code == 404
    assert visitor.get("/help/").status_code == 302
