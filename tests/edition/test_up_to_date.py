"""Nothing is built again while all it would be made from has the same bytes, and only then."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from research.cli import main
from research.edition import current
from research.edition.build import build
from research.edition.current import Current, Request
from research.edition.plan import plan
from research.execution.cache.store import Store
from research.gates import GateResult
from research.params import load

COMPLETED_AT = "2026-01-31T06:00:00Z"
HEAVY = {
    "pandas", "numpy", "scipy", "matplotlib", "papermill", "nbconvert", "nbformat", "nbclient",
    "IPython", "jupyter_client", "pyarrow", "typst", "pydantic", "yaml", "holidays",
}  # fmt: skip
FRONT = ["# Question", "1 + 1"]


class Shop:
    """A note whose edition is published, and the cache that knows what from."""

    def __init__(self, note: Path, cache: Store) -> None:
        self.note = note
        self.cache = cache
        self.home = note.parents[1] / "reports" / "mini"

    def request(self, **asked: Any) -> Request:
        told = {"as_of": "", "source": "", "sections": (), "reports": None, **asked}
        return current.request(str(self.note), **told)

    def publish(self, **asked: Any) -> None:
        request = self.request(**asked)
        planned = plan(load(self.note), cache=self.cache, **asked)
        published = build(planned, completed_at=COMPLETED_AT, cache=self.cache)
        current.keep(request, planned, published, self.cache)

    def ask(self, **asked: Any) -> Current | None:
        return current.up_to_date(self.request(**asked), self.cache)


@pytest.fixture
def shop(tmp_path: Path, mini_note: Callable[..., Path], no_data_no_pages: Any) -> Shop:
    note = mini_note(tmp_path / "desk", {"front": FRONT, "back": ["# Back"]})
    return Shop(note, Store(tmp_path / "cache"))


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def test_an_edition_is_up_to_date_as_soon_as_it_is_published(shop: Shop) -> None:
    assert shop.ask() is None
    shop.publish()
    found = shop.ask()
    assert found is not None
    assert found.folder == shop.home / "2026-W05"
    assert found.record["completed_at"] == COMPLETED_AT


CHANGES: dict[str, Callable[[Shop], None]] = {
    "the note's file": lambda shop: rewrite(shop.note),
    "a file it names": lambda shop: rewrite(shop.note.parent / "claims.yaml"),
    "the words of a notebook": lambda shop: rewrite(shop.note.parents[1] / "notebooks/front.ipynb"),
    "a file beside the notebooks": lambda shop: (
        shop.note.parents[1] / "notebooks/helper.py"
    ).write_text("x = 1", encoding="utf-8") and None,
    "another notebook beside them": lambda shop: (
        shop.note.parents[1] / "notebooks/common.ipynb"
    ).write_text("{}", encoding="utf-8") and None,
    "a hidden file beside them": lambda shop: (
        shop.note.parents[1] / "notebooks/.env"
    ).write_text("A=1", encoding="utf-8") and None,
    "a page": lambda shop: rewrite(shop.home / "2026-W05" / "mini.html"),
    "a page that is gone": lambda shop: (shop.home / "2026-W05" / "mini.pdf").unlink(),
    "the manifest": lambda shop: rewrite(shop.home / "2026-W05" / "edition.json"),
    "the edition": lambda shop: (shop.home / "2026-W05").rename(shop.home / "elsewhere") and None,
    "the list of editions": lambda shop: (shop.home.parent / "index.html").unlink(),
    "an edition before it": lambda shop: shop.publish(as_of="2026-01-16"),
    "the entry in the cache": lambda shop: [
        rewrite(path) for path in (shop.cache.folder / "editions").glob("*/*")
    ] and None,
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_each_thing_it_is_made_from_or_consists_of_counts(
    shop: Shop, change: Callable[[Shop], None]
) -> None:
    shop.publish()
    change(shop)
    assert shop.ask() is None


def test_code_and_versions_count(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.publish()
    with monkeypatch.context() as patch:
        patch.setattr(current, "rooms", lambda: {"research/new.py": "ab"})
        assert shop.ask() is None
    with monkeypatch.context() as patch:
        patch.setattr(current, "versions", lambda: {"numpy": "99"})
        assert shop.ask() is None
    assert shop.ask() is not None


def test_another_request_is_another_edition(shop: Shop, tmp_path: Path) -> None:
    shop.publish()
    assert shop.ask(as_of="2026-01-30") is None
    assert shop.ask(source="files:x.yaml") is None
    assert shop.ask(sections=("front",)) is None
    assert shop.ask(reports=tmp_path / "other") is None


def test_a_stamp_that_is_asked_for_must_be_the_editions(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.publish()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769839200")  # COMPLETED_AT
    assert shop.ask() is not None
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769839201")
    assert shop.ask() is None


def test_nothing_else_counts(shop: Shop) -> None:
    shop.publish()
    for path in (shop.note, shop.home / "2026-W05" / "mini.html"):
        path.touch()
        os.utime(path, (1, 1))
    (shop.note.parent / "another.yaml").write_text("note: other", encoding="utf-8")
    assert shop.ask() is not None


def test_the_files_of_a_source_count(
    shop: Shop, tmp_path: Path, no_data_no_pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("catalogue.yaml", "prices.csv"):
        (shop.note.parent / name).write_text(name, encoding="utf-8")
    read = {
        name: hashlib.sha256(name.encode()).hexdigest() for name in ("catalogue.yaml", "prices.csv")
    }
    opened = no_data_no_pages.open

    def open_(params: Any, *, source: str, as_of: Any) -> Any:
        market = opened(params, source=source, as_of=as_of)
        market.files = lambda: read
        return market

    monkeypatch.setattr(no_data_no_pages, "open", open_)
    asked = {"source": "files:catalogue.yaml"}
    shop.publish(**asked)
    assert shop.ask(**asked) is not None
    rewrite(shop.note.parent / "prices.csv")
    assert shop.ask(**asked) is None


def test_the_market_is_opened_again_only_when_what_it_is_made_from_changed(
    shop: Shop, no_data_no_pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    days: list[Any] = []
    opened = no_data_no_pages.open

    def open_(params: Any, *, source: str, as_of: Any) -> Any:
        days.append(as_of)
        return opened(params, source=source, as_of=as_of)

    monkeypatch.setattr(no_data_no_pages, "open", open_)
    first = plan(load(shop.note), cache=shop.cache)
    assert plan(load(shop.note), cache=shop.cache) == first
    assert len(days) == 1
    assert plan(load(shop.note)) == first
    assert len(days) == 2
    plan(load(shop.note), cache=shop.cache, as_of="2026-01-28")
    rewrite(shop.note.parent / "method.yaml")
    plan(load(shop.note), cache=shop.cache)
    assert days[2:] == ["2026-01-28", "latest"]


def test_a_section_left_out_is_tried_again(
    tmp_path: Path, mini_note: Callable[..., Path], no_data_no_pages: Any
) -> None:
    told = {"front": FRONT, "back": ["1 / 0"]}
    note = mini_note(tmp_path / "desk", told, on_section_failure="leave-out")
    shop = Shop(note, Store(tmp_path / "cache"))
    shop.publish()
    assert (shop.home / "2026-W05" / "edition.json").is_file()
    assert shop.ask() is None


WORDS = {
    "the words of a notebook": False,
    "the manifest": False,
    "the note's file": True,
    "a file it names": True,
    "a code cell": True,
    "a notebook that is gone": True,
}


@pytest.mark.parametrize(("what", "expected"), WORDS.items(), ids=WORDS)
def test_kernels_are_made_ready_unless_words_alone_have_changed(
    shop: Shop, what: str, expected: bool
) -> None:
    front = shop.note.parents[1] / "notebooks/front.ipynb"
    assert current.will_run(shop.request(), shop.cache)
    shop.publish()
    assert not current.will_run(shop.request(), shop.cache)
    if what == "the manifest":
        rewrite(shop.home / "2026-W05/edition.json")
    elif what == "a code cell":
        front.write_text(front.read_text("utf-8").replace("1 + 1", "1 + 2"), "utf-8")
    elif what == "a notebook that is gone":
        front.unlink()
    else:
        CHANGES[what](shop)
    assert current.will_run(shop.request(), shop.cache) is expected


def test_the_command_says_so_and_imports_nothing_heavy(
    root: Path, tmp_path: Path, mini_note: Callable[..., Path]
) -> None:
    note = mini_note(tmp_path / "desk", {"front": FRONT})
    command = (
        "import sys, research.cli\n"
        "try: research.cli.main(sys.argv[1:])\n"
        "finally: print('modules', *{one.split('.')[0] for one in sys.modules})"
    )
    env = {**os.environ, "RESEARCH_CACHE": str(tmp_path / "cache"), "TZ": "UTC"}

    def call(*arguments: str) -> tuple[str, set[str], int]:
        done = subprocess.run(
            [sys.executable, "-c", command, "build", str(note), *arguments],
            capture_output=True, text=True, env=env, check=False,
        )  # fmt: skip
        told, _, modules = done.stdout.partition("modules ")
        return told + done.stderr, set(modules.split()), done.returncode

    first, _, code = call()
    assert code == 0, first
    page = tmp_path / "desk/reports/mini/2026-W05/mini.html"
    stamp = json.loads(page.with_name("edition.json").read_text("utf-8"))["completed_at"]
    there = page.read_bytes()
    told, modules, code = call()
    assert code == 0
    assert (
        "2026-W05 is up to date: nothing it is made from has changed since it was completed at "
        f"{stamp}. --no-cache builds it all the same."
    ) in told
    assert str(page) in told
    assert "research" in modules
    assert modules & HEAVY == set()
    assert page.read_bytes() == there
    told, modules, code = call("--no-cache")
    assert "Written:" in told
    assert "pandas" in modules
    assert "nbconvert" not in modules


def test_the_exit_code_is_that_of_the_build(
    shop: Shop, no_data_no_pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = GateResult(dataset="prices", subject="gold", status="DEGRADED", text="old")
    monkeypatch.setattr(no_data_no_pages, "found", (stale,))
    monkeypatch.setenv("RESEARCH_CACHE", str(shop.cache.folder))
    first, again = (CliRunner().invoke(main, ["build", str(shop.note)]) for _ in range(2))
    assert (first.exit_code, again.exit_code) == (6, 6)
    assert "2026-W05 is up to date" in again.stdout
    assert "Data: DEGRADED\n  old\n" in again.stdout


@pytest.mark.parametrize("name", ["params/claims.yaml", "notebooks/front.ipynb"])
def test_what_changes_while_an_edition_is_built_leaves_no_record(shop: Shop, name: str) -> None:
    request = shop.request()
    planned = plan(load(shop.note))
    published = build(planned, completed_at=COMPLETED_AT)
    rewrite(shop.note.parents[1] / name)
    current.keep(request, planned, published, shop.cache)
    assert not (shop.cache.folder / "editions").exists()


def test_an_edition_that_is_gone_by_the_end_of_its_build_leaves_no_record(shop: Shop) -> None:
    request, planned = shop.request(), plan(load(shop.note))
    published = build(planned, completed_at=COMPLETED_AT)
    published.folder.rename(shop.home / "moved")
    current.keep(request, planned, published, shop.cache)
    assert not (shop.cache.folder / "editions").exists()
