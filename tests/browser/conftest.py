"""A server of its own process and a real browser, whose console must stay silent."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.fakes.commands import Commands

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PASSWORD = "correct horse 9"
PATIENCE_MS = 20_000
TOLLBOOK = [str(Path(sys.executable).parent / "tollbook")]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, for one module at a time: its event loop would get in the way of whatever test comes next."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
    yield started
    started.close()


class Server:
    """A site being served: where, from which folder, by which process."""

    def __init__(self, site: Path, process: subprocess.Popen[str]) -> None:
        self.site = site
        self.process = process
        self.address = self.until("pages:").partition("pages:")[2].strip().rstrip("/")

    def until(self, word: str) -> str:
        """Return the next line it prints that has a word in it."""
        assert self.process.stdout
        return next(line for line in self.process.stdout if word in line)


def run(site: Path, *words: str, given: str = "") -> None:
    """Run a command over a site, in a process that is forked: to make a site takes many."""
    ran = Commands(site).run(*words, given=given.encode())
    assert ran.code == 0, ran.err


@contextmanager
def serving(site: Path) -> Iterator[Server]:
    command = [*TOLLBOOK, "--site", str(site), "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Server(site, process)
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="session")
def first_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with one administrator, to be copied: making one takes longer than some tests."""
    folder = tmp_path_factory.mktemp("first")
    password = folder / "password"
    password.write_text(PASSWORD)
    run(folder / "site", "init", "--admin", "anna", "--password-file", str(password))
    return folder / "site"


@pytest.fixture
def site(first_site: Path, tmp_path: Path) -> Path:
    """A site with one administrator."""
    return Path(shutil.copytree(first_site, tmp_path / "site"))


@pytest.fixture
def server(site: Path) -> Iterator[Server]:
    with serving(site) as started:
        yield started


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Open a page; whatever it complains about fails the test, a breach of the content policy among it."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def hear(kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            complaints.append(text)

    def open_page(address: str, *, width: int = 1280, scripts: bool = True) -> Page:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda message: hear(message.type, message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/$"))
