"""What a person is told to type for a driver that is missing."""

from pathlib import Path

import pytest

from tollbook.installing import Installation, install_command


def installed(prefix: Path, *, has_pip: bool = False, beside: str = "") -> Installation:
    (prefix / "bin").mkdir(parents=True)
    for name in filter(None, ["bin/python", beside]):
        (prefix / name).touch()
    return Installation(prefix=prefix, python=prefix / "bin/python", has_pip=has_pip)


@pytest.mark.parametrize(
    ("beside", "has_pip", "command"),
    [
        ("bin/uv", False, "{0}/bin/uv pip install --python {0}/bin/python oracledb"),
        ("bin/uv", True, "{0}/bin/uv pip install --python {0}/bin/python oracledb"),
        ("pipx_metadata.json", True, "pipx inject tollbook oracledb"),
        ("uv-receipt.toml", False, "uv pip install --python {0}/bin/python oracledb"),
        ("", True, "{0}/bin/python -m pip install oracledb"),
    ],
)
def test_a_package_is_added_by_what_made_the_environment(
    tmp_path: Path,
    *,
    beside: str,
    has_pip: bool,
    command: str,
) -> None:
    into = installed(tmp_path / "tollbook", has_pip=has_pip, beside=beside)

    assert install_command("oracledb", into) == command.format(into.prefix)


def test_a_name_that_a_shell_would_read_otherwise_is_quoted(tmp_path: Path) -> None:
    into = installed(tmp_path / "a place", has_pip=True)

    assert install_command("psycopg[binary]", into) == f"'{into.python}' -m pip install 'psycopg[binary]'"
