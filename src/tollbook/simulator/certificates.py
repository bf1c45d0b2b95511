"""Certificates for a PBX that speaks TLS, well or badly.

Written with the package ``cryptography``, which only tests and demonstrations need: it is
imported when the first certificate is made, and its absence is explained.
"""

import ssl
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LIFE = timedelta(days=30)


class Signer(Enum):
    """Who vouches for a certificate."""

    ITSELF = "itself"
    AUTHORITY = "authority"
    """A certificate authority of our own, whose certificate a reader can be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCertificate:
    """A certificate to be made; valid for 30 days from `since`, an aware instant."""

    since: datetime
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    signer: Signer = Signer.ITSELF


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate and its key as PEM files; `authority` is what a reader has to trust."""

    certificate: Path
    key: Path
    authority: Path
    fingerprint: str
    """SHA-256 of the certificate, lower-case hex."""

    def context(self) -> ssl.SSLContext:
        """TLS as a present-day server speaks it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def old_context(self) -> ssl.SSLContext:
        """TLS 1.0 and 1.1 only, with the ciphers of their day."""
        context = self.context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        return context


def make(folder: Path, wanted: WantedCertificate) -> Certificate:
    """Write a certificate and its key into the folder.

    Raises:
        RuntimeError: the package that writes certificates is not installed.
    """
    _require_cryptography()
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    signing = key if wanted.signer is Signer.ITSELF else ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(wanted, signing, None)
    leaf = authority if signing is key else _certificate(wanted, key, (authority, signing))
    pem = serialization.Encoding.PEM
    text = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    )  # fmt: skip
    (folder / "key.pem").write_bytes(text)
    (folder / "certificate.pem").write_bytes(leaf.public_bytes(pem))
    (folder / "authority.pem").write_bytes(authority.public_bytes(pem))
    return Certificate(
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        authority=folder / "authority.pem",
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
    )


def _certificate(
    wanted: WantedCertificate,
    key: "EllipticCurvePrivateKey",
    issuer: "tuple[x509.Certificate, EllipticCurvePrivateKey] | None",
) -> "x509.Certificate":
    """A certificate for the key, signed by the issuer or, without one, by the key itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    itself = wanted.signer is Signer.ITSELF
    common = "Tollbook test authority" if issuer is None and not itself else wanted.hosts[0]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    signing_key = issuer[1] if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer[0].subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(wanted.since)
        .not_valid_after(wanted.since + LIFE)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(_alternative_names(wanted.hosts), critical=False)
    )
    return _identified(builder, key, signing_key).sign(signing_key, hashes.SHA256())


def _identified(
    builder: "x509.CertificateBuilder",
    key: "EllipticCurvePrivateKey",
    signing_key: "EllipticCurvePrivateKey",
) -> "x509.CertificateBuilder":
    """With the key identifiers and uses that strict verification asks for."""
    from cryptography import x509

    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    return (
        builder.add_extension(usage, critical=True)
        .add_extension(subject, critical=False)
        .add_extension(issuer, critical=False)
    )


def _alternative_names(hosts: tuple[str, ...]) -> "x509.SubjectAlternativeName":
    from cryptography import x509

    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(names)


def _require_cryptography() -> None:
    try:
        import cryptography  # noqa: F401 - asked only whether it is there
    except ImportError as missing:
        raise RuntimeError(
            "a PBX that speaks TLS needs a certificate, and nothing can write one\n help: pip install cryptography",
        ) from missing
