"""The cache's folder: what was put in comes out whole or not at all, and it does not grow."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from research.execution.cache.store import Store, digest, open_store

KEY = digest("key")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def entries(store: Store) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def write_often(folder: Path, content: bytes) -> list[bytes | None]:
    store = Store(folder)
    found = []
    for _ in range(50):
        store.put("kind", KEY, content)
        found.append(store.get("kind", KEY))
    return found


def test_what_is_put_under_a_key_comes_back_for_that_kind_and_key_alone(store: Store) -> None:
    store.put("kind", KEY, b"content\n")
    assert store.get("kind", KEY) == b"content\n"
    assert store.get("kind", digest("other")) is None
    assert store.get("other", KEY) is None
    store.put("kind", KEY, b"newer")
    assert Store(store.folder).get("kind", KEY) == b"newer"
    assert store.complaints == []


def test_a_record_comes_back_as_it_was(store: Store) -> None:
    store.put_record("kind", "a", "b", record={"n": 1, "of": ["é", None]})
    assert store.get_record("kind", "a", "b") == {"n": 1, "of": ["é", None]}
    assert store.get_record("kind", "ab") is None


@pytest.mark.parametrize("damage", ["truncated", "altered", "emptied", "headless"])
def test_a_damaged_entry_is_told_and_removed_and_can_be_put_again(
    store: Store, damage: str
) -> None:
    store.put("kind", KEY, bytes(range(256)) * 20)
    (path,) = entries(store)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(
        {
            "truncated": whole[:-1],
            "altered": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "emptied": b"",
            "headless": whole.partition(b"\n")[2],
        }[damage]
    )
    assert store.get("kind", KEY) is None
    assert store.complaints == [
        f"{path} is damaged: its checksum does not fit. It was removed, and what it held is made "
        "again."
    ]
    assert not path.exists()
    store.put("kind", KEY, b"again")
    assert store.get("kind", KEY) == b"again"


def test_processes_that_write_one_entry_at_once_never_read_a_part(tmp_path: Path) -> None:
    contents = [b"a" * 100_000, b"b" * 90_000]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        first, second = pool.map(write_often, [tmp_path, tmp_path], contents)
    assert set(first) | set(second) <= set(contents)
    assert len(entries(Store(tmp_path))) == 1


def test_what_was_used_longest_ago_goes_first(store: Store) -> None:
    for n, name in enumerate("abcd"):
        store.put("kind", digest(name), os.urandom(1000))
        (path,) = (store.folder / "kind").glob(f"*/{digest(name)}")
        os.utime(path, (n, n))
    store.get("kind", digest("a"))
    store.limit = 2500
    store.trim()
    left = [name for name in "abcd" if store.get("kind", digest(name)) is not None]
    assert left == ["a", "d"]


def test_what_a_dead_process_left_is_swept_and_what_a_live_one_writes_is_not(store: Store) -> None:
    store.put("kind", KEY, b"x")
    folder = entries(store)[0].parent
    dead, alive = folder / ".fresh-4194399-0", folder / f".fresh-{os.getpid()}-9"
    for path in (dead, alive):
        path.write_bytes(b"half")
    store.trim()
    assert not dead.exists()
    assert alive.exists()


def test_a_folder_that_cannot_be_written_is_told_once_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    store = Store(tmp_path / "file")
    store.put("kind", KEY, b"x")
    store.put("kind", digest("other"), b"x")
    assert store.get("kind", KEY) is None
    store.trim()
    assert store.complaints == [
        f"the cache in {tmp_path / 'file'} cannot be written (Not a directory), so that the next "
        "build may take longer. Name another folder in RESEARCH_CACHE."
    ]


def test_the_environment_names_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESEARCH_CACHE", "elsewhere")
    assert open_store().folder == Path("elsewhere")
    monkeypatch.delenv("RESEARCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert open_store().folder.name == "research"
