"""A site at work behind Django's test client: pages, settings database, engine and store are real, PBXs are not."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import pytest
from django.test import Client

from tests.fakes import settings_databases
from tests.fakes.databases import Database
from tests.fakes.people import let_in
from tests.fakes.sites import copy_site, import_file, lend_reserve
from tollbook.engine import runtime
from tollbook.engine.engine import Engine
from tollbook.engine.site import Site

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollbook.web.settings")
django.setup()

PASSWORD = "correct horse 9"
Row = Callable[..., bytes]


@pytest.fixture(scope="session")
def empty_settings() -> Iterator[Database | None]:
    """Tables of settings in PostgreSQL with nothing in them, where tests are asked to have settings there."""
    if not settings_databases.ASKED:
        yield None
        return
    from tollbook.site.database import prepare_database

    with settings_databases.an_empty_database() as made:
        settings_databases.point_django_at(settings_databases.told_of(made))
        prepare_database()
        yield made


@pytest.fixture(scope="session")
def empty_site(tmp_path_factory: pytest.TempPathFactory, empty_settings: Database | None) -> Path:
    """A site of which every file has its tables and nothing in them: making it takes longer than most tests."""
    from django.db import connections

    from tollbook.site.database import of_file, prepare_database

    path = tmp_path_factory.mktemp("empty") / "site"
    lend_reserve(path)
    site = Site.open(path, purpose="a test")
    if not empty_settings:
        settings_databases.point_django_at(of_file(str(path / "site.sqlite")))
        prepare_database()
    connections.close_all()
    site.close()
    return path


@pytest.fixture
def site_folder(tmp_path: Path, empty_site: Path) -> Path:
    """The folder of the site, as it is before Tollbook starts."""
    copy_site(empty_site, tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def settings_database(site_folder: Path, empty_settings: Database | None) -> Iterator[None]:
    """Where the site has its settings: in its folder, or in PostgreSQL where tests are asked for it."""
    from tollbook.site.database import of_file

    if empty_settings is None:
        settings_databases.point_django_at(of_file(str(site_folder / "site.sqlite")))
        yield
        return
    with settings_databases.a_copy(empty_settings) as made:
        settings_databases.point_django_at(settings_databases.told_of(made))
        yield


@pytest.fixture
def engine(site_folder: Path, settings_database: None) -> Iterator[Engine]:
    del settings_database  # it has to be there, no more
    from django.conf import settings
    from django.db import connections

    from tollbook.site.directory import operations as directory
    from tollbook.site.missed import operations as missed
    from tollbook.site.pbxs import operations as pbxs
    from tollbook.site.sinks import operations as sinks
    from tollbook.site.tariffs import operations as tariffs
    from tollbook.web.people import confirming, session, welcome_pages

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    site = Site.open(site_folder, purpose="a test")
    session.SIGN_INS.forget()
    session.SETUP_CODES_TRIED.forget()
    confirming.PASSWORDS_TRIED.forget()
    welcome_pages.LINKS_OF_NAMES.forget()
    engine = Engine(site, pbxs.every, sinks.every)
    engine.meanings.directory = directory.snapshot
    engine.meanings.prices = tariffs.pricing
    engine.missed_watch.settings = missed.settings
    runtime.bind(engine)
    engine.start(sources=False)
    yield engine
    engine.stop()
    runtime.release()
    site.close()
    connections.close_all()


@pytest.fixture
def visitor(engine: Engine) -> Client:
    del engine  # it has to be there, no more
    return Client()


@pytest.fixture
def admin(engine: Engine) -> Client:
    del engine  # it has to be there, no more
    from tollbook.model.actor import TOLLBOOK
    from tollbook.site.people.operations import add_first_admin

    add_first_admin(TOLLBOOK, "anna", PASSWORD)
    client = Client()
    assert client.login(username="anna", password=PASSWORD)
    return client


@pytest.fixture
def viewer(admin: Client) -> Client:
    del admin  # it has to be there, no more

    let_in("vera")
    client = Client()
    assert client.login(username="vera", password=PASSWORD)
    return client


@pytest.fixture
def pbx(engine: Engine, tmp_path: Path) -> str:
    """A PBX whose records come from a folder, set up as by hand."""
    from tollbook.model.actor import TOLLBOOK
    from tollbook.model.pbx import Pbx
    from tollbook.site.pbxs.operations import add

    settings = {"path": str(tmp_path / "cdr")}
    pbx = Pbx(name="hts32", dialect="panasonic-kx-hts", source="folder", timezone="Europe/London", settings=settings)
    add(TOLLBOOK, pbx, engine.bounds)
    return "hts32"


def row(caller: str = "101", called: str = "5550100", *, at: str = "2026-03-02 09:15:00", talk_s: int = 60) -> bytes:
    """A record of an outgoing call, answered after five seconds where anybody talked."""
    status = "ANSWERED" if talk_s else "NO ANSWERED"
    day, _, clock = at.partition(" ")
    hours, minutes, seconds = map(int, clock.split(":"))
    begin = hours * 3600 + minutes * 60 + seconds

    def moment(after: int) -> str:
        whole = begin + after
        return f"{day} {whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"

    fields = ["", caller, called, f"SIP/desk{caller}-0012ab34", "DAHDI/4-1", "", "Dial", "DAHDI/4,30,"]
    times = [moment(0), moment(5) if talk_s else "", moment(5 + talk_s)]
    quoted = ",".join(f'"{field}"' for field in [*fields, *times])
    return f'{quoted},{5 + talk_s},{talk_s},"{status}","1772442900.1"\n'.encode()


def incoming(caller: str, called: str = "101", *, at: str = "2026-03-02 10:00:00", talk_s: int = 0) -> bytes:
    """A record of a call from outside."""
    text = row(caller, called, at=at, talk_s=talk_s).decode()
    return (
        text.replace(f"SIP/desk{caller}-0012ab34", "DAHDI/2-1").replace('"DAHDI/4-1"', '"SIP/desk-0012ab34"').encode()
    )


@pytest.fixture
def some_calls(engine: Engine, pbx: str) -> None:
    rows = [
        row("101", "5550100"),
        row("102", "5550101", at="2026-03-02 11:00:00", talk_s=600),
        row("101", "5550102", at="2026-03-01 08:00:00", talk_s=0),
        incoming("2125550177"),
        incoming("2125550177", at="2026-03-02 10:20:00"),
    ]
    import_file(engine, pbx, b"".join(rows))
