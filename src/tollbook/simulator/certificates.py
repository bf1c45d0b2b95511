"""Certificates for a PBX that speaks TLS, well or badly.

Written with the package ``cryptography``, which only tests and demonstrations need: it is
imported when the first certificate is made, and its absence is explained.
"""

import ssl
import warnings
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LIFE = timedelta(days=30)


class Signer(Enum):
    """Who vouches for a certificate."""

    ITSELF = "itself"
    AUTHORITY = "authority"
    """A certificate authority of our own, whose certificate a reader can be given."""


class WantedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate to be made; valid for 30 days from `since`, an aware instant."""

    since: datetime
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    signer: Signer = Signer.ITSELF


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
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
    try:
        import cryptography  # noqa: F401 - asked only whether it is there
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError as missing:
        raise RuntimeError(
            "a PBX that speaks TLS needs a certificate, and nothing can write one\n help: pip install cryptography",
        ) from missing

    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    signing = key if wanted.signer is Signer.ITSELF else ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(wanted, signing, None)
    leaf = authority if signing is key else _certificate(wanted, key, (authority, signing))
    pem = serialization.Encoding.PEM
    made = Certificate(
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        authority=folder / "authority.pem",
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
    )
    made.key.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
    made.certificate.write_bytes(leaf.public_bytes(pem))
    made.authority.write_bytes(authority.public_bytes(pem))
    return made


def _certificate(
    wanted: WantedCertificate,
    key: "EllipticCurvePrivateKey",
    issuer: "tuple[x509.Certificate, EllipticCurvePrivateKey] | None",
) -> "x509.Certificate":
    """A certificate for the key, signed by the issuer or, without one, by the key itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    authority = issuer is None and wanted.signer is Signer.AUTHORITY
    common = "Tollbook test authority" if authority else wanted.hosts[0]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    signing = issuer[1] if issuer else key
    # Key identifiers and uses are what strict verification asks for.
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.BasicConstraints(ca=issuer is None, path_length=None), True),
        (x509.SubjectAlternativeName([_alternative_name(host) for host in wanted.hosts]), False),
        (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False),
    )
    builder = x509.CertificateBuilder(
        issuer_name=issuer[0].subject if issuer else name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=wanted.since,
        not_valid_after=wanted.since + LIFE,
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signing, hashes.SHA256())


def _alternative_name(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
