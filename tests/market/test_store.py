"""The store of vintages: nothing lost, nothing twice, nothing half, nothing known too early."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from research.calendar import Calendar
from research.errors import DataError, UsageError
from research.market import Market
from research.market.sources import open_source
from research.market.store import Store, Vintage
from research.market.store.parquet import GROUP_ROWS, decode, encode
from research.market.store.source import StoreSource
from research.market.views import ordered, visible
from research.params.models import Feeds

Row = tuple[str, str, float]


def rows(*told: Row) -> pd.DataFrame:
    """Prices `(instrument, date, close)`, each public at 21:00 UTC of its day."""
    frame = pd.DataFrame(told, columns=["instrument", "date", "close"])
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.assign(
        adj_close=float("nan"), unit="USD/oz", price_type="fix", source="LBMA",
        available_at=(frame["date"] + pd.Timedelta(hours=21)).dt.tz_localize("UTC"),
    )  # fmt: skip


def moment(day: str, hour: int = 22) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00")


def add(store: Store, day: str, *told: Row, hour: int = 22, source: str = "lbma") -> Vintage | None:
    return store.add(
        source, "prices", rows(*told), fetched_at=moment(day, hour), address="https://x.org",
        licence="a test's own",
    )  # fmt: skip


def closes(store: Store, as_of: str) -> list[tuple[str, float]]:
    """What is known of gold at the end of a day."""
    told = ordered(store.read("lbma", "prices"), "prices")
    seen = visible(told, dt.date.fromisoformat(as_of)).newest()
    seen = seen[seen["instrument"] == "gold"]
    return [(f"{row.date:%m-%d}", row.close) for row in seen.itertuples()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data")


# ── what is kept ────────────────────────────────────────────────────────────


def test_a_vintage_and_its_record_say_where_everything_came_from(store):
    vintage = add(
        store, "2026-01-28", ("gold", "2026-01-27", 5064.25), ("gold", "2026-01-28", 5306.95)
    )
    assert vintage is not None
    assert vintage.name == f"lbma/prices/20260128T220000Z-{vintage.sha256[:8]}"
    record = json.loads((store.folder / f"{vintage.name}.json").read_bytes())
    size = (store.folder / f"{vintage.name}.parquet").stat().st_size
    assert record == {
        "source": "lbma", "dataset": "prices", "address": "https://x.org",
        "fetched_at": "2026-01-28T22:00:00Z", "licence": "a test's own",
        "sha256": vintage.sha256, "size": size, "rows": 2, "revised": 0,
        "first": "2026-01-27", "last": "2026-01-28",
    }  # fmt: skip
    assert store.vintages() == [vintage]


def test_fetching_again_what_did_not_change_adds_nothing(store):
    told = [("gold", "2026-01-27", 5064.25), ("silver", "2026-01-27", 110.0)]
    first = add(store, "2026-01-28", *told)
    assert add(store, "2026-01-28", *told) is None
    assert add(store, "2026-02-04", *told[::-1]) is None
    assert store.vintages() == [first]


def test_a_later_vintage_holds_only_what_is_new(store):
    add(store, "2026-01-27", ("gold", "2026-01-27", 5064.25))
    later = add(
        store, "2026-01-28", ("gold", "2026-01-27", 5064.25), ("gold", "2026-01-28", 5306.95)
    )
    assert later is not None
    assert (later.rows, later.revised, later.first) == (1, 0, dt.date(2026, 1, 28))


def test_a_missing_value_is_the_same_as_a_missing_value(store):
    frame = rows(("gold", "2026-01-27", 1.0)).assign(close=float("nan"), adj_close=2.0)
    given = {"fetched_at": moment("2026-01-28"), "address": "x", "licence": "y"}
    assert store.add("lbma", "prices", frame, **given) is not None
    assert store.add("lbma", "prices", frame, **given) is None


def test_a_row_that_is_not_public_yet_by_its_own_rule_is_not_final_and_left_out(store):
    vintage = add(
        store, "2026-01-28", ("gold", "2026-01-27", 1.0), ("gold", "2026-01-28", 9.9), hour=12
    )
    assert vintage is not None
    assert vintage.rows == 1
    assert closes(store, "2026-01-30") == [("01-27", 1.0)]


def test_the_same_rows_in_any_order_are_the_same_bytes():
    told = rows(
        ("gold", "2026-01-27", 1.0), ("silver", "2026-01-27", 2.0), ("gold", "2026-01-28", 3.0)
    )
    assert encode("prices", told) == encode("prices", told.iloc[::-1])


# ── what was known when ─────────────────────────────────────────────────────


def test_a_revision_is_known_since_it_was_fetched_and_not_before(store):
    add(store, "2026-01-26", ("gold", "2026-01-23", 100.0), ("gold", "2026-01-26", 101.0))
    revised = add(store, "2026-01-28", ("gold", "2026-01-23", 99.0), ("gold", "2026-01-26", 101.0))
    assert revised is not None
    assert (revised.rows, revised.revised) == (1, 1)
    assert closes(store, "2026-01-27") == [("01-23", 100.0), ("01-26", 101.0)]
    assert closes(store, "2026-01-28") == [("01-23", 99.0), ("01-26", 101.0)]


def test_a_value_that_comes_back_is_a_revision_too(store):
    for day, close in (("2026-01-26", 1.0), ("2026-01-27", 2.0), ("2026-01-28", 1.0)):
        assert add(store, day, ("gold", "2026-01-23", close))
    found = [closes(store, day)[0][1] for day in ("2026-01-26", "2026-01-27", "2026-01-28")]
    assert found == [1.0, 2.0, 1.0]


def test_history_is_seen_at_days_before_the_first_fetch(store):
    add(store, "2026-01-28", ("gold", "2010-01-04", 1121.5), ("gold", "2026-01-28", 5306.95))
    assert closes(store, "2010-01-29") == [("01-04", 1121.5)]


DAYS = pd.bdate_range("2025-01-01", periods=12).strftime("%Y-%m-%d")


@settings(max_examples=25)
@given(
    told=st.dictionaries(
        st.tuples(st.sampled_from(["gold", "silver"]), st.sampled_from(list(DAYS))),
        st.floats(1, 1e5),
        min_size=2,
        max_size=20,
    ),
    cut=st.integers(0, 20),
    turn=st.randoms(use_true_random=False),
)
def test_a_file_split_into_two_vintages_and_shuffled_tells_what_the_whole_does(
    tmp_path_factory, told, cut, turn
):
    folder = tmp_path_factory.mktemp("split")
    whole, split = Store(folder / "whole"), Store(folder / "split")
    every = [(*key, close) for key, close in told.items()]
    add(whole, "2026-01-26", *every)
    turn.shuffle(every)
    for day, part in (("2026-01-26", every[:cut]), ("2026-01-28", every[cut:])):
        if part:
            add(split, day, *part)
    for as_of in (dt.date(2025, 1, 8), dt.date(2026, 1, 30)):
        one, two = (
            visible(ordered(store.read("lbma", "prices"), "prices"), as_of).newest()
            for store in (whole, split)
        )
        pd.testing.assert_frame_equal(one, two)


def test_opinions_of_today_are_kept_whole_every_day_and_once_a_day(store):
    def opinion(value: float) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "instrument": ["bhp"], "item": ["eps"], "value": [value], "unit": ["USD"],
                "fiscal_year_end": pd.to_datetime(["2026-06-30"]), "source": ["Yahoo"],
                "available_at": pd.to_datetime(["2020-01-01"], utc=True),
            }
        )  # fmt: skip

    def fetch(day: str, value: float, hour: int = 20) -> Vintage | None:
        return store.add("yahoo", "consensus", opinion(value), fetched_at=moment(day, hour),
                         address="x", licence="y")  # fmt: skip

    assert fetch("2026-01-23", 1.5)
    assert fetch("2026-01-23", 1.5, hour=21) is None
    assert fetch("2026-01-30", 1.5)  # unchanged, and still so a week later
    assert fetch("2026-01-30", 1.6, hour=21)
    known = store.read("yahoo", "consensus")["available_at"]
    assert [f"{one:%m-%d %H}" for one in known] == ["01-23 20", "01-30 20", "01-30 21"]


# ── refusals ────────────────────────────────────────────────────────────────


def test_a_key_that_stands_twice_is_refused(store):
    with pytest.raises(DataError, match="lbma: 1 rows of its prices stand twice, such as gold"):
        add(store, "2026-01-28", ("gold", "2026-01-27", 1.0), ("gold", "2026-01-27", 2.0))
    assert store.vintages() == []


def test_a_clock_that_runs_behind_the_store_is_refused(store):
    add(store, "2026-01-28", ("gold", "2026-01-27", 1.0))
    with pytest.raises(UsageError, match=r"fetch is of 2026-01-27T22:00:00Z; expected a later"):
        add(store, "2026-01-27", ("gold", "2026-01-26", 1.0))
    with pytest.raises(UsageError, match=r"expected a later moment\. Set the clock"):
        add(store, "2026-01-28", ("gold", "2026-01-27", 2.0))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda data: data[:-1], r"has [\d,]+ bytes, and [\d,]+ were written"),
        (lambda data: data.replace(b"PAR1", b"PAR2"), "cannot be read"),
        (lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:], "cannot be read"),
    ],
    ids=["cut off", "another format", "one bit"],
)
def test_a_spoilt_vintage_is_told_by_name(store, damage, told):
    vintage = add(store, "2026-01-28", ("gold", "2026-01-27", 5064.25))
    path = store.folder / f"{vintage.name}.parquet"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"store: the vintage {vintage.name}.parquet {told}"):
        store.read("lbma", "prices")


def test_a_vintage_that_is_gone_is_told_by_name(store):
    vintage = add(store, "2026-01-28", ("gold", "2026-01-27", 5064.25))
    (store.folder / f"{vintage.name}.parquet").unlink()
    with pytest.raises(DataError, match=f"{vintage.name}.parquet cannot be read.*fetch lbma again"):
        store.read("lbma", "prices")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[:40], r"cannot be read \(JSONDecodeError\)"),
        (lambda text: text.replace('"rows"', '"row"'), r"cannot be read \(KeyError\)"),
        (lambda text: text.replace("2026-01-28T", "2026-01-29T"), "is that of another vintage"),
        (lambda text: text.replace('Z"', '"'), r"cannot be read \(ValueError\)"),
        (lambda text: text.replace('"rows": 1', '"rows": "1"'), r"cannot be read \(ValueError\)"),
    ],
)
def test_a_spoilt_record_is_told_by_name(store, change, told):
    vintage = add(store, "2026-01-28", ("gold", "2026-01-27", 5064.25))
    path = store.folder / f"{vintage.name}.json"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DataError, match=f"store: the record {vintage.name}.json {told}"):
        store.vintages()


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot be written to .*name another folder with --data"):
        add(Store(tmp_path / "data"), "2026-01-28", ("gold", "2026-01-27", 1.0))


def test_a_dataset_that_the_store_does_not_have_is_refused(store):
    with pytest.raises(UsageError, match="dataset 'weather' is not known; the store has prices"):
        store.add("lbma", "weather", pd.DataFrame(), fetched_at=moment("2026-01-28"), address="x",
                  licence="y")  # fmt: skip


# ── a writer that is killed ─────────────────────────────────────────────────

WRITER = """
import datetime as dt, sys
from pathlib import Path
import pandas as pd
from research.market.store import Store

store = Store(Path(sys.argv[1]))
first = len(store.vintages())
print("ready", flush=True)
for n in range(first, first + 1000):
    day = pd.Timestamp("2000-01-03") + pd.Timedelta(days=n)
    frame = pd.DataFrame({"instrument": [f"i{k}" for k in range(400)], "date": day})
    frame = frame.assign(close=float(n), adj_close=0.5, unit="USD", price_type="close", source="S",
                         available_at=day.tz_localize("UTC"))
    store.add("s", "prices", frame, address="x", licence="y",
              fetched_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=n))
    print(n, flush=True)
"""


@pytest.mark.parametrize("writing", ["", ".parquet.tmp", ".json.tmp", ".parquet", ".json"])
def test_whoever_is_killed_leaves_every_vintage_whole_and_no_half_one(tmp_path, writing):
    """Killed for good, again and again, once a file of the kind `writing` is seen to be there."""
    store = Store(tmp_path / "data")
    folder = store.folder / "s" / "prices"
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(store.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            done = int(writer.stdout.readline()) + 1
            before = set(folder.iterdir())
            while writing and not any(
                path.name.endswith(writing) for path in set(folder.iterdir()) - before
            ):
                assert writer.poll() is None
            os.kill(writer.pid, signal.SIGKILL)
        there = store.vintages()
        found = store.read("s", "prices")
        assert len(there) >= done
        assert len(found) == 400 * len(there)
        assert found["close"].nunique() == len(there)


@pytest.mark.parametrize("stop", range(8))
def test_a_stop_between_any_two_steps_of_writing_leaves_what_was_there(store, monkeypatch, stop):
    """Each flush and rename in turn is the last thing that a writer does."""
    first = add(store, "2026-01-27", ("gold", "2026-01-27", 1.0))
    steps = []

    class KilledError(BaseException):
        pass

    def step(real: Callable) -> Callable:
        def stepped(*given):
            if len(steps) == stop:
                raise KilledError
            steps.append(real)
            return real(*given)

        return stepped

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", step(os.fsync))
        patch.setattr(Path, "replace", step(Path.replace))
        if stop < 6:
            with pytest.raises(KilledError):
                add(store, "2026-01-28", ("gold", "2026-01-28", 2.0))
        else:
            add(store, "2026-01-28", ("gold", "2026-01-28", 2.0))
    visible_now = store.vintages()
    assert visible_now[0] == first
    assert len(visible_now) == (2 if stop >= 5 else 1)
    assert len(store.read("lbma", "prices")) == len(visible_now)
    add(store, "2026-01-28", ("gold", "2026-01-28", 2.0), hour=23)
    assert closes(store, "2026-01-30") == [("01-27", 1.0), ("01-28", 2.0)]
    assert not list(store.folder.rglob("*.tmp"))


# ── only what is asked for is read ──────────────────────────────────────────


def test_only_the_groups_of_rows_that_hold_the_instruments_are_read(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    days = pd.date_range("2000-01-03", periods=GROUP_ROWS // 2)
    names = [f"i{n:02}" for n in range(40)]
    frame = pd.DataFrame(
        {"instrument": np.repeat(names, len(days)), "date": np.tile(days, len(names))}
    ).assign(close=1.0, adj_close=1.0, unit="USD", price_type="close", source="S",
             available_at=pd.Timestamp("2020-01-01", tz="UTC"))  # fmt: skip
    path = tmp_path / "x.parquet"
    path.write_bytes(data := encode("prices", frame))
    asked = []
    real = pq.ParquetFile.read_row_groups

    def spy(self, groups, **more):
        asked.append((len(groups), more["columns"]))
        return real(self, groups, **more)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", spy)
    found = decode(path, "prices", size=len(data), keys={"i07", "i30"}, columns=("date", "close"))
    assert asked == [(2, ["date", "close", "instrument"])]
    assert pq.ParquetFile(path).num_row_groups == 20
    assert list(found) == ["date", "close"]
    assert len(found) == 2 * len(days)


def test_one_instrument_longer_than_a_group_of_rows_stays_in_one(tmp_path):
    days = pd.date_range("1900-01-01", periods=GROUP_ROWS + 5)
    frame = pd.DataFrame({"instrument": "gold", "date": days}).assign(
        close=1.0, adj_close=1.0, unit="USD", price_type="close", source="S",
        available_at=pd.Timestamp("2020-01-01", tz="UTC"),
    )  # fmt: skip
    path = tmp_path / "x.parquet"
    path.write_bytes(data := encode("prices", frame))
    assert len(decode(path, "prices", size=len(data), keys={"gold"})) == len(days)


THREADS = """
import os, sys
from pathlib import Path
import pandas, pyarrow.parquet
from research.market.store import Store

before = len(os.listdir("/proc/self/task"))
assert len(Store(Path(sys.argv[1])).read("lbma", "prices", keys={"gold"})) == 1
sys.exit(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_leaves_no_thread_behind_so_that_kernels_can_be_forked(store):
    add(store, "2026-01-28", ("gold", "2026-01-27", 5064.25), ("silver", "2026-01-27", 110.0))
    command = [sys.executable, "-c", THREADS, str(store.folder)]
    assert subprocess.run(command, check=False).returncode == 0


# ── the source ──────────────────────────────────────────────────────────────


@pytest.fixture
def fed(params, tmp_path):
    """The note's parameters in a folder of their own, with LBMA as the only live source."""
    (tmp_path / "params").mkdir()
    line = {"symbol": "gold_pm", "instrument": "gold"}
    feeds = Feeds.model_validate({"feeds": [{
        "id": "lbma", "title": "LBMA", "address": "https://x.org", "licence": "y", "fresh_days": 5,
        "available": "date + 0 days at 15:30 Europe/London", "lines": [line],
    }]})  # fmt: skip
    return params.model_copy(update={"feeds": feeds, "path": str(tmp_path / "params" / "n.yaml")})


def test_the_source_opens_at_a_date_as_sample_and_files_do(fed, store):
    add(store, "2026-01-28", ("gold", "2026-01-26", 5090.8), ("gold", "2026-01-27", 5064.25),
        ("silver", "2026-01-27", 110.0))  # fmt: skip
    add(store, "2026-01-30", ("gold", "2026-01-26", 5091.0), ("gold", "2026-01-28", 5306.95))
    market = Market.open(fed, source="store", as_of="2026-01-28")
    quote = market.latest("gold")
    assert (quote.value, str(quote.unit), quote.price_type) == (5306.95, "USD/oz", "fix")
    assert quote.source == "LBMA"
    assert market.source.title == "LBMA"
    assert not market.illustrative
    assert list(market.closes(["gold"]).frame["gold"]) == [5090.8, 5064.25, 5306.95]
    assert market.latest("silver") is None  # not fed by this note
    later = Market.open(fed, source="store")
    assert later.as_of == dt.date(2026, 1, 28)


def test_the_source_names_the_records_of_its_vintages_as_inputs(fed, store):
    one = add(store, "2026-01-28", ("gold", "2026-01-27", 5064.25))
    add(store, "2026-01-28", ("gold", "2026-01-27", 1.0), source="elsewhere")
    source = open_source("store", fed)
    assert list(source.inputs()) == [f"{one.name}.json"]


def test_another_store_may_be_named(fed, tmp_path):
    other = Store(tmp_path / "other")
    add(other, "2026-01-28", ("gold", "2026-01-27", 5064.25))
    assert open_source("store:../other", fed).last_session == dt.date(2026, 1, 27)


def test_a_note_without_live_sources_has_no_store(params, store):
    with pytest.raises(UsageError, match="source `store` needs live sources, and the note names"):
        open_source("store", params)


def test_an_empty_store_is_refused(fed, store):
    with pytest.raises(DataError, match=r"the store data/ holds nothing of lbma;.*research fetch"):
        open_source("store", fed)


def test_a_store_without_a_price_on_a_session_is_refused(store):
    add(store, "2026-01-28", ("gold", "2026-01-24", 5064.25))  # a Saturday
    with pytest.raises(DataError, match="has no price on a session of the calendar NYSE"):
        StoreSource(store, {"lbma": {"gold"}}, Calendar("NYSE"))
