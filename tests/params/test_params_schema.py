"""The JSON Schemas are those of the records, and every file says which is its own."""

from __future__ import annotations

import json

import pytest

from research.params import schema

KINDS = {"mining-rally": "note", **{kind: kind for kind in schema.MODELS if kind != "note"}}


def test_the_committed_schemas_are_fresh(root, tmp_path):
    for path in schema.write(tmp_path / "schema"):
        committed = root / "params" / "schema" / path.name
        assert committed.read_bytes() == path.read_bytes(), f"stale: {path.name}"
    assert len(list((root / "params" / "schema").iterdir())) == len(schema.MODELS)


@pytest.mark.parametrize("name", KINDS)
def test_every_file_names_its_schema_on_its_first_line(root, name):
    path = root / "params" / f"{name}.yaml"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=schema/{KINDS[name]}.json"
    assert (path.parent / "schema" / f"{KINDS[name]}.json").is_file()


def test_schemas_refuse_unknown_keys_and_complete_known_values():
    note = json.loads(schema.as_json()["note"])
    assert note["additionalProperties"] is False
    assert note["properties"]["calendar"]["enum"] == ["NYSE", "London", "weekdays"]
    assert set(note["required"]) >= {"note", "title", "sections", "disclosures"}


def test_schemas_are_the_same_bytes_each_time():
    assert schema.as_json() == schema.as_json()
