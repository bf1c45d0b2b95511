"""What can be set is called the same in every source, and what it was called before is still understood."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tollbook.model.problem import Misconfigured
from tollbook.plugins import Alias, Declared, declared, former_names, read_options, renamed
from tollbook.site.pbxs.checks import source_options
from tollbook.sources import known

FILES, SERVERS, LISTENERS = (
    {"folder", "ftp", "sftp"},
    {"ftp", "http_poll", "rest_poll"},
    {"http_push", "syslog", "tcp_server"},
)
LINES = {"command", "serial", "syslog", "tcp_client", "tcp_server"}
SHARED = {
    "names": FILES,
    "after": FILES,
    "move-to": FILES,
    "minimum-age": FILES,
    "most": FILES,
    "interval": {*FILES, "http_poll", "rest_poll", "command"},
    "certificate": SERVERS,
    "ca-file": SERVERS,
    "fingerprint": SERVERS,
    "certificate-file": LISTENERS,
    "tls-oldest": SERVERS | LISTENERS,
    "peers": {*LISTENERS, "udp"},
    "listen": {*LISTENERS, "udp"},
    "most-connections": LISTENERS,
    "idle": LINES,
    "largest": {*FILES, "http_poll", "http_push", "rest_poll"},
    "username": {"ftp", "http_poll", "http_push", "sftp", "tcp_client"},
    "password": {"ftp", "http_poll", "http_push", "sftp", "tcp_client"},
    "password-file": {"ftp", "http_poll", "http_push", "sftp", "tcp_client"},
    "timeout": {"ftp", "http_poll", "http_push", "rest_poll", "sftp", "tcp_client"},
    "url": {"http_poll", "rest_poll"},
    "key-file": {*LISTENERS, "sftp"},
    "host": {"ftp", "sftp", "tcp_client"},
    "port": {"ftp", "sftp", "tcp_client"},
    "path": {*FILES, "http_push"},
    "auth": {"http_poll", "http_push"},
}
"""Every option that more than one kind of source has, and those that have it."""
RENAMED = {
    "command": {"restart": "interval"},
    "folder": {"rescan": "interval", "after": "after"},
    "ftp": {"pattern": "names", "then": "after", "moved-to": "move-to"},
    "http_poll": {"tls": "certificate"},
    "http_push": {
        "certificate": "certificate-file",
        "key": "key-file",
        "old-tls": "tls-oldest",
        "connections": "most-connections",
    },
    "sftp": {"pattern": "names", "then": "after", "moved-to": "move-to"},
    "syslog": {"certificate": "certificate-file", "key": "key-file"},
    "tcp_server": {"certificate": "certificate-file", "key": "key-file", "pattern": "first-line"},
}
"""Every name that an option had before, with the one of today: sites keep them, so none may ever go."""
BY_KIND = {kind: list(declared(known.options_of(kind))) for kind in known.kinds()}
FORMER = [(kind, each, alias) for kind, options in BY_KIND.items() for each in options for alias in each.setting.was]
each_former = pytest.mark.parametrize(
    ("kind", "option", "alias"),
    FORMER,
    ids=[f"{kind}-{alias.name}" for kind, _, alias in FORMER],
)


def needed(kind: str) -> dict[str, str]:
    return {each.name: each.setting.example for each in BY_KIND[kind] if each.setting.required}


def values_of(option: Declared, alias: Alias) -> dict[str, str]:
    """Return values by how they were written, one of which at least is not the default."""
    texts = option.setting.kind.choices or ("7",)
    plain = {} if alias.name == option.name else {text: text for text in texts}
    return plain | alias.values


def test_what_several_sources_have_is_called_the_same_in_all_of_them() -> None:
    having = defaultdict(set)
    for kind, options in BY_KIND.items():
        for each in options:
            having[each.name].add(kind)

    assert {name: kinds for name, kinds in having.items() if len(kinds) > 1} == SHARED


def test_no_two_options_mean_the_same_and_are_called_otherwise() -> None:
    names = defaultdict(set)
    for options in BY_KIND.values():
        for each in options:
            names[each.setting.help].add(each.name)

    assert [called for called in names.values() if len(called) > 1] == []


@pytest.mark.parametrize("name", sorted(SHARED.keys() - {"auth"}))
def test_what_is_called_the_same_takes_the_same_values(name: str) -> None:
    reading = {
        (each.setting.kind.choices, each.setting.secret)
        for options in BY_KIND.values()
        for each in options
        if each.name == name
    }

    assert len(reading) == 1


def test_no_former_name_is_forgotten() -> None:
    remembered: dict[str, dict[str, str]] = defaultdict(dict)
    for kind, option, alias in FORMER:
        remembered[kind][alias.name] = option.name

    assert remembered == RENAMED


@each_former
def test_a_former_name_gives_the_same_options_as_the_one_of_today(kind: str, option: Declared, alias: Alias) -> None:
    options = known.options_of(kind)
    for was, now in values_of(option, alias).items():
        before = read_options(options, {**needed(kind), alias.name: was}, "here")
        today = read_options(options, {**needed(kind), option.name: now}, "here")

        assert before == today
        assert renamed(options, {alias.name: was, "timezone": "UTC"}) == {option.name: now, "timezone": "UTC"}


@each_former
def test_a_former_name_is_told_with_the_one_of_today(kind: str, option: Declared, alias: Alias) -> None:
    for was in values_of(option, alias):
        (told,) = former_names(known.options_of(kind), {alias.name: was})

        assert told.startswith(f"'{alias.name}")
        assert f"'{option.name}" in told.partition(" is ")[2]


@each_former
def test_a_former_name_is_no_other_option_of_today(kind: str, option: Declared, alias: Alias) -> None:
    assert alias.name not in {each.name for each in BY_KIND[kind]} - {option.name}


def test_where_both_names_are_given_the_one_of_today_counts() -> None:
    options = known.options_of("folder")

    assert renamed(options, {"rescan": "9s", "interval": "2s"}) == {"interval": "2s"}


def test_a_setting_is_taken_away_under_its_former_name_too() -> None:
    assert renamed(known.options_of("http_push"), {"old-tls": None}) == {"tls-oldest": None}


def test_settings_of_today_are_left_as_they_are_and_nothing_is_told_of_them() -> None:
    for kind, options in BY_KIND.items():
        settings = {each.name: each.setting.default for each in options}

        assert known.renamed(kind, settings) == settings
        assert former_names(known.options_of(kind), settings) == []


def test_settings_of_a_kind_there_is_not_are_left_as_they_are() -> None:
    assert known.renamed("telepathy", {"rescan": "2s"}) == {"rescan": "2s"}


def test_a_former_value_that_was_never_one_is_refused_under_the_name_of_today() -> None:
    with pytest.raises(Misconfigured, match="'tls-oldest' must be one of"):
        read_options(known.options_of("http_push"), {"old-tls": "perhaps"}, "here")


def test_where_a_source_listens_is_asked_first() -> None:
    listening = {kind: [each.name for each in source_options(kind)] for kind in known.kinds()}

    assert {kind for kind, names in listening.items() if "listen" in names} > {"tcp_server", "udp", "syslog"}
    assert [kind for kind, names in listening.items() if "listen" in names[1:]] == []
