"""The pages over TLS of the server's own, and the warning where passwords would travel without any."""

from __future__ import annotations

import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec
import pytest

from tests.fakes.commands import PATIENCE_S, Commands, environment
from tollbook.cli import address
from tollbook.cli.encryption import Encryption, readable_on_the_way
from tollbook.clock import now
from tollbook.model.problem import Misconfigured
from tollbook.simulator.certificates import Certificate, WantedCertificate, make

EVERYWHERE = "0.0.0.0"  # noqa: S104 - read, not bound


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    return Commands(tmp_path_factory.mktemp("encrypted") / "site").made()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make(tmp_path_factory.mktemp("certificate"), WantedCertificate(since=now()))


@contextmanager
def served(site: Path, listen: str, *options: str) -> Iterator[tuple[str, list[str]]]:
    """Serve a site; yields its address, and the lines that it printed until it listened."""
    command = [sys.executable, "-c", "from tollbook.cli import main; main()", "--site", str(site), "serve"]
    words = [*command, "--listen", listen, *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(words, text=True, env=environment(), **pipes) as process:  # type: ignore[call-overload] # mypy takes the words for another parameter's
        printed: list[str] = []
        try:
            for line in process.stdout:
                printed.append(line)
                if "API:" in line:
                    break
            there = address.read(site)
            assert there, printed
            yield there.url, printed
        finally:
            process.send_signal(signal.SIGTERM)
            printed += process.stdout.read().splitlines()
            process.wait(timeout=PATIENCE_S)


def test_pages_and_commands_are_served_over_tls_alone(site: Commands, certificate: Certificate) -> None:
    options = ("--tls-certificate", str(certificate.certificate), "--tls-key", str(certificate.key))
    trusted = ssl.create_default_context(cafile=str(certificate.certificate))
    with served(site.site, "127.0.0.1:0", *options) as (url, _):
        with httpx2.Client(base_url=url, verify=trusted) as browser:
            page = browser.get("/sign-in/")
            style = browser.get("/static/web/base.css")
        status = site.run("status", "--format", "json")
        with pytest.raises(httpx2.TransportError):
            httpx2.get(url.replace("https:", "http:"))

    assert url.startswith("https://")
    assert (page.status_code, style.status_code) == (200, 200)
    assert "Secure" in page.headers["Set-Cookie"]
    assert status.json()["server"] is True


def test_a_command_takes_no_other_certificate_for_the_servers(certificate: Certificate, tmp_path: Path) -> None:
    other = make(tmp_path, WantedCertificate(since=now()))
    pem = other.certificate.read_text()
    context = address.ServerAddress(url="", token="", pid=1, certificate=pem).verified()

    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1
    assert pem != certificate.certificate.read_text()


def test_who_listens_for_the_network_without_tls_is_warned_and_the_doctor_tells_it(site: Commands) -> None:
    with served(site.site, "0.0.0.0:0") as (_, printed):
        doctor = site.run("doctor")

    assert any("warning: whoever signs in over the network" in line for line in printed)
    assert "sends the password unencrypted" in doctor.out


@pytest.mark.parametrize(
    ("host", "encryption", "warned"),
    [
        ("127.0.0.1", Encryption(), False),
        ("::1", Encryption(), False),
        ("localhost", Encryption(), False),
        (EVERYWHERE, Encryption(), True),
        ("::", Encryption(), True),
        (EVERYWHERE, Encryption(behind_proxy=True), False),
        (EVERYWHERE, Encryption(certificate=Path("a")), False),
    ],
)
def test_a_warning_is_for_passwords_that_others_could_read(host: str, encryption: Encryption, *, warned: bool) -> None:
    assert bool(readable_on_the_way(host, encryption)) is warned


def test_files_that_are_no_certificate_and_key_are_refused(certificate: Certificate, tmp_path: Path) -> None:
    wrong = {
        "no certificate": Encryption(key=certificate.key),
        "no PEM": Encryption(certificate=certificate.key),
        "No such file": Encryption(certificate=tmp_path / "none"),
    }

    for reason, encryption in wrong.items():
        with pytest.raises(Misconfigured, match=reason):
            encryption.context()


def test_the_address_of_a_server_without_tls_is_read_as_before(tmp_path: Path) -> None:
    before = {"url": "http://127.0.0.1:1", "token": "t" * 40, "pid": 1}
    (tmp_path / "server.json").write_bytes(msgspec.json.encode(before))

    there = address.read(tmp_path)

    assert there
    assert there.verified() is True
