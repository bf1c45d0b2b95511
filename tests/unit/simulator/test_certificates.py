"""Certificates good enough for a careful reader, when they are meant to be."""

import ssl
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tollbook import clock
from tollbook.simulator.certificates import Signer, WantedCertificate, make
from tollbook.simulator.kx_hts import KxHtsSetup
from tollbook.simulator.running import RunningPbx


@pytest.mark.parametrize("signer", list(Signer))
def test_a_reader_who_trusts_the_authority_is_served(tmp_path: Path, signer: Signer) -> None:
    made = make(tmp_path, WantedCertificate(since=clock.now() - timedelta(days=1), signer=signer))
    trusting = ssl.create_default_context(cafile=made.authority)
    with RunningPbx(KxHtsSetup(tls=made.context())) as pbx:
        pbx.add([b"a line\n"])
        with urllib.request.urlopen(  # noqa: S310 - our own PBX
            pbx.url,
            timeout=20,
            context=trusting,
        ) as answer:
            assert answer.read() == b"a line\n"
        presented = ssl.get_server_certificate(("127.0.0.1", pbx.port))
    assert presented.strip() == made.certificate.read_text().strip()


def test_without_the_package_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(RuntimeError, match="help: pip install cryptography"):
        make(tmp_path, WantedCertificate(since=datetime(2025, 1, 1, tzinfo=UTC)))
