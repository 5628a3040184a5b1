"""Reading files leaves nothing behind that a fork of the process could not take along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

READ = """
import json, os, sys
from pathlib import Path
import pandas, pyarrow.csv, pyarrow.parquet
from research.market.sources.catalogue import Entry
from research.market.sources.readers import read_table

entry = Entry.model_validate({
    "source": "A vendor", "licence": "own", "files": {"gold": sys.argv[1]}, "unit": "USD/oz",
    "columns": {"date": "date", "close": "price"},
    "available": "date + 0 days at 16:00 America/New_York",
})
state = lambda: [len(os.listdir(f"/proc/self/{one}")) for one in ("task", "fd")]
before = state()
table = read_table(Path(sys.argv[1]).read_bytes(), sys.argv[1], entry, ["date", "price"])
print(json.dumps([before, state(), len(table.frame)]))
"""


@pytest.mark.parametrize("name", ["gold.csv", "gold.parquet"])
def test_a_file_that_was_read_leaves_no_thread_and_no_open_file(tmp_path: Path, name: str) -> None:
    rows = pd.DataFrame({"date": ["2024-01-02", "2024-01-03"] * 500, "price": "2000.5"})
    path = tmp_path / name
    rows.to_csv(path, index=False) if name.endswith("csv") else rows.to_parquet(path)
    # Threads that libraries start as they are imported are those of a zygote's surroundings.
    env = {**os.environ, "JE_ARROW_MALLOC_CONF": "background_thread:false"}
    told = subprocess.run(
        [sys.executable, "-c", READ, str(path)], env=env, capture_output=True, text=True, check=True
    )
    before, after, count = json.loads(told.stdout)
    assert count == len(rows)
    assert after == before
