"""What a format says of PBXs as they are delivered, against what their sources know."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.layouts import column, layout
from tollbook.site.pbxs.delivered import delivered_problems

RECORD = {"form": "csv", "columns": [column("date")]}


def told(delivered: dict[str, dict[str, str]], folder: Path | None = None) -> str:
    found = delivered_problems(layout(RECORD, delivered=delivered), "dialect.toml", folder)
    return "\n".join(f"{each.where}: {each.what} | {each.reason} | {each.help}" for each in found)


@pytest.mark.parametrize(
    ("delivered", "words"),
    [
        (
            {"tcp_clint": {}},
            "dialect.toml, delivered.tcp_clint: no source is called 'tcp_clint' | its settings serve nobody | did",
        ),
        ({"tcp_client": {"prot": "2300"}}, "delivered.tcp_client: unknown option 'prot' | the source tcp_client has"),
        ({"tcp_client": {"prot": "2300"}}, "did you mean 'port'?"),
        ({"tcp_client": {"port": "70000"}}, "'port' cannot be '70000' | it must be a whole number between 1 and 65535"),
        ({"tcp_client": {"login": "panasonc"}}, "'login' cannot be 'panasonc' | "),
        ({"tcp_client": {"login": "panasonc"}}, "did you mean 'panasonic'?"),
        ({"rest_poll": {"provider": "twillio"}}, "did you mean 'twilio'?"),
    ],
)
def test_what_no_source_knows_is_told_with_the_nearest_that_there_is(
    delivered: dict[str, dict[str, str]],
    words: str,
) -> None:
    assert words in told(delivered)


@pytest.mark.parametrize(
    "delivered",
    [
        {"tcp_client": {"port": "2300", "login": "panasonic"}, "folder": {"names": "*.xml"}},
        {"http_push": {"old-tls": "on"}},
        {"rest_poll": {"provider": "twilio"}},
    ],
)
def test_what_a_source_knows_is_as_it_should_be(delivered: dict[str, dict[str, str]]) -> None:
    assert told(delivered) == ""


def test_a_provider_in_the_formats_folder_or_beside_it_is_known_by_the_name_of_its_folder(tmp_path: Path) -> None:
    for name in ("our_pbx", "their_pbx"):
        (tmp_path / "dialects" / name).mkdir(parents=True)
        (tmp_path / "dialects" / name / "provider.toml").touch()
    apart = tmp_path / "apart" / "our_pbx"
    apart.mkdir(parents=True)
    (apart / "provider.toml").touch()

    assert told({"rest_poll": {"provider": "our-pbx"}}, tmp_path / "dialects" / "our_pbx") == ""
    assert told({"rest_poll": {"provider": "their-pbx"}}, tmp_path / "dialects" / "our_pbx") == ""
    assert told({"rest_poll": {"provider": "our-pbx"}}, apart) == ""
    assert "did you mean 'our-pbx'?" in told({"rest_poll": {"provider": "our-pb"}}, apart)
