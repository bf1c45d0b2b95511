"""TLS as sources and sinks have it: towards a server that we connect to, and for PBXs that connect to us.

TLS 1.2 is the oldest version unless a person asks for an older one, which old devices need.
"""

from __future__ import annotations

import ssl
import warnings
from contextlib import suppress
from ipaddress import ip_address

from tollbook.model.problem import Unavailable

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}


def is_this_machine(host: str) -> bool:
    """Say whether a machine calls itself by a host: nobody else reads what is said to it.

    >>> is_this_machine("localhost"), is_this_machine("::1"), is_this_machine("192.0.2.20")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def to_peer(ca_file: str, oldest: str, *, verified: bool) -> ssl.SSLContext:
    """Return what connections to a peer are made with; `ca_file` is the authority to trust, else the system's are.

    Where the certificate is not verified, it is for the caller to compare it with a pinned one.

    Raises:
        Unavailable: the authority's file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as fault:
        message = f"the file of 'ca-file' cannot be used: {fault.strerror or 'it holds no certificate'}"
        raise Unavailable(message, permanent=True) from fault
    _accept(context, oldest)
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def for_peers(certificate: str, key: str, oldest: str) -> ssl.SSLContext:
    """Return what connections that peers make to us are encrypted with: files of a certificate and its key, PEM.

    Raises:
        Unavailable: there is a key alone, or the files cannot be used.
    """
    if not certificate:
        message = "'key-file' is set and 'certificate-file' is not: set both, or neither"
        raise Unavailable(message, permanent=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # Without a password of ours OpenSSL would ask for one at the terminal.
        context.load_cert_chain(certificate, key or None, password=lambda: "")
    except OSError as fault:
        read = isinstance(fault, ssl.SSLError)
        why = getattr(fault, "reason", "") or "no PEM, or a key with a password" if read else fault.strerror
        message = f"the files of 'certificate-file' and 'key-file' cannot be used: {why}"
        raise Unavailable(message, permanent=True) from fault
    _accept(context, oldest)
    return context


def _accept(context: ssl.SSLContext, oldest: str) -> None:
    """Accept versions from the oldest on; one that OpenSSL was built without stays refused."""
    with warnings.catch_warnings(), suppress(ValueError):
        warnings.simplefilter(
            "ignore",
            DeprecationWarning,
        )  # that old versions are deprecated is why they are asked for
        context.minimum_version = _VERSIONS[oldest]
    if oldest in ("1.0", "1.1"):
        context.set_ciphers("ALL:@SECLEVEL=0")  # old devices know neither newer ciphers nor longer keys
