"""An edition appears whole or not at all, whoever is killed or comes at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from research.edition import publish as publishing
from research.edition.publish import probe, publish, recover, replace_file
from research.errors import UsageError

OLD = {"note.pdf": b"old", "gone.txt": b"x", "data/a.csv": b"1"}
NEW = {"note.pdf": b"new", "data/b.csv": b"2"}


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def scraps(home: Path) -> list[str]:
    return [path.name for path in home.iterdir() if path.name.startswith((".staging", ".old"))]


def killed_at(step: str, home: Path) -> None:
    """Publish NEW over what is there, in a process that is killed as it reaches `step`."""
    code = f"""
        import os, signal
        from pathlib import Path
        from research.edition import publish
        true_rename, seen = Path.rename, []
        def rename(self, target):
            seen.append(self)
            if {step!r} == "first rename" and len(seen) == 1: os.kill(os.getpid(), signal.SIGKILL)
            if {step!r} == "second rename" and len(seen) == 2: os.kill(os.getpid(), signal.SIGKILL)
            return true_rename(self, target)
        Path.rename = rename
        true_fsync, flushed = os.fsync, []
        def fsync(handle):
            flushed.append(handle)
            if {step!r} == "writing" and len(flushed) == 2: os.kill(os.getpid(), signal.SIGKILL)
            return true_fsync(handle)
        os.fsync = fsync
        publish.publish(Path({str(home / "2026-W05")!r}), {NEW!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert done.returncode == -9


def test_the_folder_holds_exactly_the_files_given(tmp_path: Path) -> None:
    folder = tmp_path / "mini" / "2026-W05"
    publish(folder, OLD)
    assert content(folder) == OLD
    publish(folder, NEW)
    assert content(folder) == NEW
    assert scraps(folder.parent) == []


def test_a_published_folder_can_be_read_by_others(tmp_path: Path) -> None:
    publish(tmp_path / "2026-W05", NEW)
    ordinary = tmp_path / "ordinary"
    ordinary.mkdir()
    assert (tmp_path / "2026-W05").stat().st_mode == ordinary.stat().st_mode


@pytest.mark.parametrize("step", ["writing", "first rename"])
def test_a_build_killed_before_the_swap_leaves_the_last_good_edition(
    tmp_path: Path, step: str
) -> None:
    publish(tmp_path / "2026-W05", OLD)
    killed_at(step, tmp_path)
    assert content(tmp_path / "2026-W05") == OLD
    recover(tmp_path)
    assert scraps(tmp_path) == []


def test_a_build_killed_between_the_two_renames_is_put_right_by_the_next(tmp_path: Path) -> None:
    publish(tmp_path / "2026-W05", OLD)
    killed_at("second rename", tmp_path)
    recover(tmp_path)
    assert content(tmp_path / "2026-W05") == OLD
    assert scraps(tmp_path) == []


def test_an_error_while_writing_leaves_the_last_good_edition_and_no_scraps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "2026-W05"
    publish(folder, OLD)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"2026-W05 was not published, .*: No space left"):
        publish(folder, NEW)
    assert content(folder) == OLD
    assert scraps(tmp_path) == []


def test_an_error_of_the_second_rename_puts_the_old_edition_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "2026-W05"
    publish(folder, OLD)
    true_rename = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.startswith(".staging"):
            raise PermissionError("in use")
        return true_rename(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(UsageError, match="in use"):
        publish(folder, NEW)
    assert content(folder) == OLD
    assert scraps(tmp_path) == []


def test_a_folder_that_can_be_made_and_written_is_left_as_it_was_found(tmp_path: Path) -> None:
    probe(tmp_path / "reports" / "mini" / "2026-W05")
    assert list((tmp_path / "reports" / "mini").iterdir()) == []


@pytest.mark.parametrize("file", ["reports", "reports/mini", "reports/mini/2026-W05"])
def test_a_file_in_the_place_of_a_folder_is_refused_by_name(tmp_path: Path, file: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("x", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        probe(tmp_path / "reports" / "mini" / "2026-W05")
    assert str(caught.value) == (
        "nothing was run, for the result could not be written to "
        f"{tmp_path / 'reports' / 'mini'}: {tmp_path / file} is not a folder. Put that right, or "
        "name another folder with --reports."
    )


def test_a_folder_in_which_nothing_can_be_made_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mkdir(self: Path, **options: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with pytest.raises(UsageError, match=rf"nothing can be made in {tmp_path} \(Permission denied"):
        probe(tmp_path / "reports" / "mini" / "2026-W05")


@pytest.mark.parametrize("write", [recover, lambda home: replace_file(home / "x.html", b"")])
def test_no_refusal_of_the_system_is_left_raw(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    (tmp_path / ".old-2026-W05").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("rename", "replace", "open"):
            patch.setattr(Path, name, _read_only)
        with pytest.raises(UsageError, match="read-only"):
            write(tmp_path)


def _read_only(self: Path, *rest: object) -> None:
    raise OSError(30, "read-only file system")


def test_of_many_builds_at_once_one_wins_whole(tmp_path: Path) -> None:
    folder = tmp_path / "2026-W05"
    editions = [dict.fromkeys(("a", "b", f"c{n}"), b"%d" % n) for n in range(12)]
    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(lambda files: publish(folder, files), editions))
    assert content(folder) in editions
    assert scraps(tmp_path) == []


def test_the_staging_of_a_live_process_is_left_alone(tmp_path: Path) -> None:
    live = tmp_path / f".staging-2026-W05-{os.getppid()}-0"
    live.mkdir()
    recover(tmp_path)
    assert live.is_dir()


def test_a_single_file_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "deep" / "index.html"
    replace_file(page, b"old")
    monkeypatch.setattr(os, "fsync", lambda handle: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        replace_file(page, b"new")
    assert content(tmp_path) == {"deep/index.html": b"old"}


def test_putting_right_waits_for_a_build_that_is_between_its_two_renames(tmp_path: Path) -> None:
    (tmp_path / ".old-2026-W05").mkdir()
    held, done = threading.Event(), threading.Event()

    def right() -> None:
        held.wait(10)
        recover(tmp_path)
        done.set()

    thread = threading.Thread(target=right)
    thread.start()
    with publishing._alone(tmp_path):
        held.set()
        assert not done.wait(0.3)
        (tmp_path / ".old-2026-W05").rename(tmp_path / "2026-W05")
    thread.join(10)
    assert done.is_set()
    assert (tmp_path / "2026-W05").is_dir()


def test_a_scrap_with_a_strange_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".staging-x").mkdir()
    recover(tmp_path)
    assert (tmp_path / ".staging-x").is_dir()
