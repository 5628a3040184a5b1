"""YAML is read by the rules that editors use, and every fault of form has its line."""

from __future__ import annotations

import pytest

from research.params.where import read_yaml


@pytest.fixture
def read(tmp_path):
    def _read(text):
        path = tmp_path / "some.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(path, "params/some.yaml")

    return _read


def test_a_key_given_twice_is_refused_with_both_lines(read):
    _, faults = read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert [str(fault) for fault in faults] == [
        "params/some.yaml, line 5: b.c: given twice; the first is on line 3. Take one away."
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: 1\nb: [1, 2\nc: 3\n", 3), ('a: "x\n', 2), ("a: b: c\n", 1)],
)
def test_text_that_is_no_yaml_is_refused_with_its_line(read, text, line):
    tree, faults = read(text)
    assert tree is None
    assert faults[0].line == line
    assert faults[0].problem.startswith("not readable as YAML: ")
    assert faults[0].hint.startswith("Look for a missing quote")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a:\n\tb: 2\n", 2),
        ("a: 1\n\tb: 2\n", 2),
        ("é: ü\na:\n  b: 1\n \t- c\n", 4),
        ("a:\r\n\r\n  -\tb: 1\r\n    c: 2\r\n", 3),
        ("a: |\n\tx\n", 2),
    ],
)
def test_a_tab_is_named_with_its_line_and_its_cure(read, text, line):
    tree, faults = read(text)
    assert tree is None
    assert [str(fault) for fault in faults] == [
        f"params/some.yaml, line {line}: not readable as YAML: a tab stands where spaces belong. "
        "Indent with spaces."
    ]


def test_two_documents_in_one_file_are_refused(read):
    tree, faults = read("a: 1\n---\nb: 2\n")
    assert tree is None
    assert "expected a single document" in faults[0].problem


def test_an_empty_file_is_refused(read):
    assert str(read("# nothing\n")[1][0]) == "params/some.yaml, line 1: the file is empty."


def test_bytes_that_are_not_utf8_are_refused_with_their_line(read):
    fault = read(b"a: 1\nb: \xe9\n")[1][0]
    assert str(fault) == "params/some.yaml, line 2: byte 0xe9 is not UTF-8. Save the file as UTF-8."


def test_control_characters_are_refused(read):
    tree, faults = read("a: \x07\n")
    assert tree is None
    assert faults[0].problem.startswith("not readable as YAML: ")


def test_a_tag_of_another_language_is_refused(read):
    fault = read("a: !!python/object:os.system x\n")[1][0]
    assert (fault.line, fault.key) == (1, "a")
    assert "is not understood. Take it away." in str(fault)


def test_an_alias_that_contains_itself_is_refused(read):
    assert read("a: &a\n  b: *a\n")[1][0].problem == "an alias that contains itself."


def test_a_key_that_is_no_single_word_is_refused(read):
    assert read("? [a, b]\n: 1\n")[1][0].problem == "a key must be a single word or number."


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("Y", "Y"), ("true", True), ("False", False),
        ("~", None), ("", None), ("null", None), ('""', ""), ("'7'", "7"),
        ("7", 7), ("-7", -7), ("+7", 7), ("0", 0), ("0.5", 0.5), ("-.5", -0.5),
        ("1e5", 1e5), ("1.", 1.0), ("-1.5e-3", -0.0015),
        ("012", "012"), ("0x1f", "0x1f"), ("12:30", "12:30"),
        ("1_000", "1_000"), ("06-30", "06-30"),
        ("2026-01-28", "2026-01-28"), ("!!str 7", "7"), (".inf", float("inf")),
    ],
)  # fmt: skip
def test_plain_words_mean_what_an_editor_takes_them_for(read, written, value):
    tree, faults = read(f"a: {written}\n")
    assert faults == []
    found = tree.at("a")
    assert (found, type(found)) == (value, type(value))


def test_every_place_has_its_line_and_its_written_name(read):
    tree, _ = read("a:\n  - id: x\n    b: 1\n  - c\n")
    assert tree.line(("a", 0, "b")) == 3
    assert tree.line(("a", 0, "missing", "deeper")) == 2
    assert tree.key(("a", 0, "b")) == "a.x.b"
    assert tree.key(("a", 1)) == "a[1]"


def test_an_alias_is_read_as_what_it_stands_for(read):
    tree, faults = read("a: &a [1, 2]\nb: *a\n")
    assert faults == []
    assert tree.data == {"a": [1, 2], "b": [1, 2]}
