"""A real slapd of OpenLDAP in a folder, on a free port of this machine, with people in it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path
from time import monotonic

from tollbook.simulator.certificates import Certificate

BASE = "dc=example,dc=com"
ADMIN, PASSWORD = f"cn=admin,{BASE}", "opens-nothing"
_SCHEMAS = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))


class LdapServer:
    """`start` it with people as LDIF, change it by `modify`, and `stop` it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
            self.port: int = free.getsockname()[1]
            self.tls_url = f"ldaps://127.0.0.1:{other.getsockname()[1]}"
        self.url = f"ldap://127.0.0.1:{self.port}"

    def start(self, people: Iterable[str], certificate: Certificate | None = None) -> None:
        tls = ""
        if certificate:
            tls = f"TLSCertificateFile {certificate.certificate}\nTLSCertificateKeyFile {certificate.key}\n"
        (self._folder / "db").mkdir(parents=True)
        (self._folder / "slapd.conf").write_text(
            f"{_SCHEMAS}{tls}modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile {self._folder}/pid\n"
            f"database mdb\nmaxsize 268435456\nsuffix {BASE}\nrootdn {ADMIN}\nrootpw {PASSWORD}\n"
            f"directory {self._folder}/db\ndbnosync\nlimits * size=unlimited\n",
        )
        top = f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n"
        ldif = "\n".join([top, *people])
        config = ["-f", f"{self._folder}/slapd.conf"]
        subprocess.run(["/usr/sbin/slapadd", "-q", *config], input=ldif.encode(), check=True, capture_output=True)
        self._process = subprocess.Popen(
            ["/usr/sbin/slapd", "-d", "0", "-h", f"{self.url} {self.tls_url}" if certificate else self.url, *config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._process.poll() is None, "slapd ended"
                assert monotonic() < until, "slapd does not answer"
            else:
                return

    def modify(self, ldif: str) -> None:
        command = ["ldapmodify", "-x", "-H", self.url, "-D", ADMIN, "-w", PASSWORD]
        subprocess.run(command, input=ldif.encode(), check=True, capture_output=True)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def ldap_person(number: int, department: str = "Sales") -> str:
    """A person as LDIF, whose extension is the last four digits of their telephone number."""
    return (
        f"dn: uid=p{number},{BASE}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: Person {number}\nsn: {number}\n"
        f"mail: p{number}@example.com\ntelephoneNumber: +44 20 7946 {number:04}\nou: {department}\n"
    )
