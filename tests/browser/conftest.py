"""The sample edition's page in a real Chromium: opened once per colour scheme, from disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """An open page, with all that it asked for and complained of since before it was opened."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def html_file(sample_edition: Path) -> Path:
    return sample_edition / "mining-rally.html"


# Of a module, not of the session: while Playwright is open an event loop runs in this thread, in
# which tests of other rooms can neither run a loop of their own nor count their recursion.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """This machine's own browser; none is ever downloaded."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium on this machine (looked for {', '.join(NAMES)})")
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def visit(chromium: Any, html_file: Path) -> Callable[..., Visit]:
    """Opens the page in a profile of its own; one visit for each set of circumstances."""
    visits: dict[str, Visit] = {}

    def open_page(**circumstances: Any) -> Visit:
        key = repr(sorted(circumstances.items()))
        if key not in visits:
            context = chromium.new_context(reduced_motion="reduce", **circumstances)
            visits[key] = one = Visit(page=context.new_page())
            one.page.on("request", lambda request: one.requests.append(request.url))
            one.page.on("console", lambda said: one.complaints.append(said.text))
            one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
            one.page.goto(html_file.as_uri())
        return visits[key]

    return open_page


@pytest.fixture(params=["light", "dark"])
def either(request: pytest.FixtureRequest, visit: Callable[..., Visit]) -> Visit:
    """The page in the light scheme, then in the dark one."""
    return visit(color_scheme=request.param)


@pytest.fixture
def light(visit: Callable[..., Visit]) -> Visit:
    return visit(color_scheme="light")
