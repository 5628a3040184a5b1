"""A quote that is not in its source is refused, though the source itself is not kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from research.errors import UsageError
from research.params.quotes import SIZES, decode, encode, words, write

FILE = "sources/article-2026-01-28.txt"
TEXT = (
    "“We’ve seen it,” said Ann—an analyst. Gold rose 20% to $5,100, and copper fell −5%. "
    "U.K. miners remain "
    '"very underowned," a factor that counts; gold rose again, and silver with it.'
)
COPY = "Copy the words from the source, and write … for what is left out."


@pytest.fixture(scope="module")
def source():
    return decode(encode(TEXT.encode()))


# ── what is in the source, and what is not ──────────────────────────────────


@pytest.mark.parametrize(
    "quote",
    [
        "We've seen it",
        "we’ve SEEN it, said ann — an analyst",
        "Gold rose 20% to $5,100",
        "copper fell -5%",
        "uk",  # one word has no hash; the ledger asks for more
        "very underowned",
        "U.K. miners remain very underowned, a factor that counts",
        "Gold rose 20% … a factor that counts; gold rose again",
        "gold rose … gold rose ... silver with it",
        TEXT,
    ],
)
def test_words_of_the_source_stand_in_it(source, quote):
    assert source.departure(quote) is None


@pytest.mark.parametrize(
    ("quote", "word"),
    [
        ("Gold fell 20% to $5,100", "gold"),
        ("Gold rose 20 to $5,100", "20"),
        ("Gold rose 20% to £5,100", "£5,100"),
        ("copper fell 5%", "5%"),
        ("Gold rose 20% and copper fell", "and"),
        ("gold rose again and silver fell", "fell"),
        ("very unowned", "very"),
        ("a factor that counts … Gold rose 20% to $5,100", "20%"),
        ("silver with it … very underowned, a factor", "very"),
        ("Gold rose 20% to $5,100, and copper fell −5% … and copper fell", "and"),
    ],
)
def test_words_that_depart_from_the_source_are_found_where_they_do(source, quote, word):
    assert source.departure(quote) == word


def test_windows_that_stand_apart_make_no_run():
    text = "one two three four five. two three four five six. zero one two three four six"
    source = decode(encode(text.encode()))
    assert source.departure("one two three four five two") is None
    assert source.departure("one two three four five six") == "six"


def test_words_lose_capitals_typographic_signs_and_punctuation_at_their_ends():
    assert words("“It’s—as he said—‘high’: multi‑year, 2010–15 (net).” − 5") == [
        "it's", "as", "he", "said", "high", "multi-year", "2010-15", "net", "5",
    ]  # fmt: skip


def test_signs_that_a_number_needs_stay():
    assert words("$5,100 20% −5% +3 €1.50 5100 .5") == [
        "$5,100", "20%", "-5%", "+3", "€1.50", "5100", ".5",
    ]  # fmt: skip


# ── the file ────────────────────────────────────────────────────────────────


def test_a_line_of_the_file_can_be_made_by_hand():
    head, *lines = encode(b"One two, three FOUR five.").splitlines()
    assert head.endswith(hashlib.sha256(b"One two, three FOUR five.").hexdigest())

    def of(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    assert lines == [
        f"{of('one two')} {of('one two three')} {of('one two three four')}",
        f"{of('two three')} {of('two three four')} {of('two three four five')}",
        f"{of('three four')} {of('three four five')}",
        of("four five"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: text.replace("SHA-256", "MD5"),
        lambda text: text.rpartition(" ")[0],
        lambda text: text + "words of the article\n",
        lambda text: "\n".join([*text.splitlines()[:3], *text.splitlines()[4:]][:-1]),
        lambda text: text.splitlines()[0],
    ],
)
def test_a_file_of_anything_else_holds_no_fingerprints(change):
    assert decode(change(encode(TEXT.encode()))) is None


def test_the_file_holds_no_word_of_the_source(root, shared):
    text = (root / "params" / FILE).read_text(encoding="utf-8")
    article = (shared / "article.txt").read_text(encoding="utf-8")
    head, _, body = text.partition("\n")
    assert set(body) <= set("0123456789abcdef \n")
    assert len(body.splitlines()) == len(words(article)) - 1
    assert head == (
        f"# Fingerprints of the source with SHA-256 {hashlib.sha256(article.encode()).hexdigest()}"
    )


def test_the_committed_fingerprints_are_those_of_the_article(root, shared):
    written = (root / "params" / FILE).read_text(encoding="utf-8")
    assert written == encode((shared / "article.txt").read_bytes())


def test_a_file_is_written_once_and_the_same_anywhere(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    file = tmp_path / "sources" / "text.txt"
    made = write(tmp_path / "text.txt", file)
    assert made == decode(file.read_text(encoding="utf-8"))
    assert made.source_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()
    assert [len(made.windows[0]) - len(column) for column in made.windows] == [0, 1, 2]
    assert SIZES == (2, 3, 4)


def test_a_source_that_cannot_be_read_or_written_is_refused(tmp_path):
    text = tmp_path / "text.txt"
    with pytest.raises(UsageError) as caught:
        write(text, tmp_path / "out.txt")
    assert str(caught.value) == (
        f"{text} cannot be read: No such file or directory. Name the source as a text file."
    )
    text.write_bytes(b"one two\xff")
    with pytest.raises(UsageError) as caught:
        write(text, tmp_path / "out.txt")
    assert str(caught.value) == (
        f"{text}: byte 7 is not UTF-8. Save the source as plain text in UTF-8."
    )
    text.write_bytes(b"one two three")
    with pytest.raises(UsageError) as caught:
        write(text, tmp_path / "out.txt")
    assert str(caught.value) == (
        f"{text} has 3 words; expected at least 4. Name the file that holds the whole source."
    )
    text.write_text(TEXT, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        write(text, tmp_path)
    assert str(caught.value) == f"{tmp_path} cannot be written: Is a directory. Name another file."
    assert not (tmp_path / "out.txt").exists()


# ── the ledger ──────────────────────────────────────────────────────────────


def test_a_quote_that_is_not_in_the_source_is_refused(desk):
    line = desk.edit(
        "claims.yaml", "Gold futures surged to a record", "Gold futures rose to a record"
    )
    fault = desk.fault()
    assert (fault.key, fault.line) == ("claims.F1.quotes[0]", line)
    assert fault.problem == (
        '"Gold futures rose to a record $5,100 per ounce this week" is not in the source: the '
        'words from "rose" on differ.'
    )
    assert fault.hint == COPY


def test_an_invented_quote_is_refused_with_nothing_that_makes_it_pass(desk):
    desk.edit("claims.yaml", '["very underowned"]', '["grossly overvalued"]')
    told = str(desk.fault())
    assert told.endswith(
        'claims.M2.quotes[0]: "grossly overvalued" is not in the source: the words from '
        f'"grossly" on differ. {COPY}'
    )


def test_all_false_quotes_are_told_at_once(desk):
    desk.edit("claims.yaml", '"very underowned"', '"very overowned"')
    desk.edit("claims.yaml", "multi-year or all-time highs", "multi-year or all-time lows")
    assert [fault.key for fault in desk.faults()] == [
        "claims.F4.quotes[1]", "claims.M2.quotes[0]",
    ]  # fmt: skip


def test_words_left_out_are_marked_and_the_pieces_stand_in_order(desk):
    whole = "Gold futures surged to a record $5,100 per ounce this week"
    desk.edit("claims.yaml", whole, "Gold futures surged to … $5,100 per ounce this week")
    desk.load()
    desk.edit(
        "claims.yaml",
        "Gold futures surged to … $5,100 per ounce this week",
        "$5,100 per ounce this week … Gold futures surged to",
    )
    assert 'the words from "gold" on differ' in desk.fault().problem


@pytest.mark.parametrize(
    ("quotes", "quote", "found", "least"),
    [
        ('["very"]', "very", 1, 2),
        ('["very … underowned"]', "very … underowned", 1, 4),
        ('["…"]', "…", 0, 4),
        ('["very underowned … a technical factor that"]',
         "very underowned … a technical factor that", 2, 4),
    ],
)  # fmt: skip
def test_too_few_words_are_refused(desk, quotes, quote, found, least):
    desk.edit("claims.yaml", '["very underowned"]', quotes)
    fault = desk.fault()
    assert fault.problem == (
        f'"{quote}" is too short to be known again: it has a piece of {found}, expected at least '
        f"{least} words."
    )
    assert fault.hint == "Quote more of the sentence."


def test_words_strung_together_of_several_short_quotes_are_refused(desk):
    desk.edit("claims.yaml", '["very underowned"]', '["very underowned", "mining stocks"]')
    assert [fault.key for fault in desk.faults()] == [
        "claims.M2.quotes[0]", "claims.M2.quotes[1]",
    ]  # fmt: skip


def test_claims_without_fingerprints_of_their_source_are_refused(desk):
    desk.edit("claims.yaml", f"  fingerprints: {FILE}\n", "")
    fault = desk.fault()
    assert (fault.key, fault.problem) == (
        "source.fingerprints",
        "is missing: file of its fingerprints, relative to this one; `research fingerprint "
        "ARTICLE.txt FILE` makes it.",
    )


def test_a_file_of_fingerprints_that_is_not_there_is_told_with_the_nearest(desk):
    line = desk.edit("claims.yaml", FILE, "sources/article-2026-01-29.txt")
    assert str(desk.fault()) == (
        f"params/claims.yaml, line {line}: source.fingerprints: file "
        "sources/article-2026-01-29.txt does not exist. Did you mean `article-2026-01-28.txt`?"
    )
    desk.edit("claims.yaml", "sources/article-2026-01-29.txt", "elsewhere/x.txt")
    assert desk.fault().hint == ("Make it with `research fingerprint`, of the source's own text.")


def test_a_file_of_other_content_is_refused(desk):
    (desk.folder / "params" / FILE).write_bytes(b"\xff the words themselves")
    fault = desk.fault()
    assert fault.problem == f"file {FILE} holds no fingerprints."
    assert fault.hint == "Make it with `research fingerprint`, of the source's own text."


def test_fingerprints_of_another_text_are_refused(desk):
    file: Path = desk.folder / "params" / FILE
    file.write_text(
        file.read_text(encoding="utf-8").replace("9da0d01571", "0000000000"), encoding="utf-8"
    )
    fault = desk.fault()
    assert (fault.key, fault.problem) == (
        "source.fingerprints",
        "is made from another text than the source, by its `sha256`.",
    )
    assert fault.hint == "Run `research fingerprint` on the source and copy what it prints."


def test_the_fingerprints_are_an_input_of_every_edition(desk):
    before = desk.load()
    file: Path = desk.folder / "params" / FILE
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    after = desk.load()
    assert before.sources[f"params/{FILE}"] != after.sources[f"params/{FILE}"]
    assert before.fingerprint != after.fingerprint
