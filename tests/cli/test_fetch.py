"""`research fetch` as a desk calls it, against a server on this machine."""

from __future__ import annotations

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from research import cli, terminal
from research.edition.fetch import fetching
from research.market.live.fetch import Outcome, Snapshots
from research.market.store import Vintage
from research.params import load

GOLD = json.dumps([{"d": "2026-01-29", "v": [5405.0]}, {"d": "2026-01-30", "v": [4981.85]}])
FEED = {
    "id": "lbma", "title": "LBMA", "address": "https://example.org", "licence": "none",
    "available": "date + 0 days at 15:30 Europe/London", "fresh_days": 5,
    "lines": [{"symbol": "gold_pm", "instrument": "gold"},
              {"symbol": "silver", "instrument": "silver"}],
}  # fmt: skip


def call(*arguments: object):
    return CliRunner().invoke(cli.main, [str(one) for one in arguments])


@pytest.fixture
def known(monkeypatch):
    """What a server on loopback gives by path; the environment names it as LBMA's address."""
    answers = {"/gold_pm.json": GOLD, "/silver.json": GOLD}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answers.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1769792400")
        monkeypatch.setenv("RESEARCH_LBMA_ADDRESS", f"http://127.0.0.1:{server.server_port}/")
        yield answers
        server.shutdown()
        thread.join()


@pytest.fixture
def note(tmp_path: Path, mini_note) -> Path:
    prose = "%load_ext research", "%%prose\nThe answer is {21 * 2:num0}."
    file = mini_note(tmp_path / "desk", {"front": ["# # Hello", *prose]}, feeds="sources.yaml")
    (file.parent / "sources.yaml").write_text(yaml.safe_dump({"feeds": [FEED]}), encoding="utf-8")
    return file


def test_all_that_was_fetched_lies_beside_the_parameters(known, note):
    result = call("fetch", note)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "lbma: 4 new and 0 revised prices",
        "Weekly snapshots in the store: 0 of consensus, 0 of ratings, 0 of rating counts",
    ]
    [record] = note.parents[1].glob("data/lbma/prices/*.json")
    assert record.name.startswith("20260130T170000Z-")
    again = call("fetch", note)
    assert again.exit_code == 0
    assert again.stdout.startswith("lbma: nothing new\n")


def test_what_failed_is_told_with_what_goes_stale_and_the_rest_is_kept(known, note):
    del known["/silver.json"]
    result = call("fetch", note)
    assert result.exit_code == 6
    assert "Error: lbma silver: http://127.0.0.1" in result.stderr
    assert "answered with status 404, and with nothing." in result.stderr
    assert result.stdout.splitlines()[:2] == [
        "lbma: 2 new and 0 revised prices", "  stale: silver (nothing yet)",
    ]  # fmt: skip
    assert list(note.parents[1].glob("data/lbma/prices/*.json"))


def test_a_dry_run_asks_for_nothing_and_writes_nothing(known, note):
    known.clear()
    result = call("fetch", note, "--dry-run")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "lbma: 2 requests, new"
    assert lines[1].startswith("  gold_pm: http://127.0.0.1:")
    assert lines[3] == "  stale: gold (nothing yet), silver (nothing yet)"
    assert (
        lines[4]
        == "Weekly snapshots in the store: 0 of consensus, 0 of ratings, 0 of rating counts"
    )
    assert not (note.parents[1] / "data").exists()


def test_an_edition_is_built_from_the_store_and_again_when_a_vintage_comes(known, note):
    assert call("fetch", note).exit_code == 0
    built = call("build", note, "--source", "store", "--as-of", "2026-01-30")
    assert built.exit_code == 6, built.output  # most of the universe has no price here
    assert "data as of 2026-01-30" in built.stdout
    assert "illustrative" not in built.stdout
    record = json.loads((note.parents[1] / "reports/mini/2026-W05/edition.json").read_bytes())
    assert record["source"] == "store"
    assert "market/LBMA:prices" in record["inputs"]
    same = call("build", note, "--source", "store", "--as-of", "2026-01-30")
    assert "up to date" in same.stdout
    known["/gold_pm.json"] = GOLD.replace("5405.0", "5404.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1769792460")
        assert "1 revised prices" in call("fetch", note).stdout
    other = call("build", note, "--source", "store", "--as-of", "2026-01-30")
    assert "up to date" not in other.stdout


def test_data_may_lie_elsewhere(known, note, tmp_path):
    assert call("fetch", note, "--data", tmp_path / "else").exit_code == 0
    assert list((tmp_path / "else").glob("lbma/prices/*.parquet"))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--source", "lmba"], "source 'lmba' is not in sources.yaml. Did you mean `lbma`?"),
        (["--data", "."], None),
    ],
)
def test_a_source_that_is_not_there_is_refused(known, note, tmp_path, monkeypatch, more, told):
    monkeypatch.chdir(tmp_path)
    result = call("fetch", note, *more)
    assert result.exit_code == (2 if told else 0)
    assert (told or "") in result.stderr


def test_an_address_that_is_none_is_refused(known, note, monkeypatch):
    monkeypatch.setenv("RESEARCH_LBMA_ADDRESS", "localhost:8000")
    result = call("fetch", note)
    assert result.exit_code == 2
    assert "RESEARCH_LBMA_ADDRESS is 'localhost:8000'; expected an address" in result.stderr


def test_a_note_without_live_sources_has_nothing_to_fetch(tmp_path, mini_note):
    result = call("fetch", mini_note(tmp_path / "desk", {"front": ["1"]}))
    assert result.exit_code == 2
    assert "the note names no live sources, so there is nothing to fetch." in result.stderr


def test_from_which_edition_on_todays_opinions_are_seen_is_said(capsys, note):
    moment = "2026-01-31T06:00:00Z"
    seen_from = fetching(load(note), moment=moment).seen_from
    assert seen_from(dt.date(2026, 1, 30)) == dt.date(2026, 1, 30)
    day = dt.date(2026, 1, 31)
    vintage = Vintage(
        source="yahoo", dataset="consensus", address="x", licence="y", sha256="0" * 64, size=1,
        fetched_at=dt.datetime(2026, 1, 31, 6, tzinfo=dt.UTC), rows=70, revised=0, first=day,
        last=day,
    )  # fmt: skip
    outcome = Outcome(source="yahoo", parts=1, vintages=(vintage,), failures=(), suffering=())
    gathered = [Snapshots(dataset="rating_counts", weeks=1, first=day)]
    assert terminal.tell_fetched([outcome], lambda: gathered, seen_from) == []
    assert capsys.readouterr().out.splitlines() == [
        "yahoo: 70 new and 0 revised consensus",
        "Weekly snapshots in the store: 1 of rating counts since 2026-01-31",
        "What was told of 2026-01-31 is seen by editions as of 2026-02-02 on.",
    ]
