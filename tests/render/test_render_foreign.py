"""Notebooks of others: what Jupyter shows of them is kept, and what is lost is told."""

from __future__ import annotations

import base64
import io
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from pypdf import PdfReader

from research.errors import RenderError
from research.render.blocks import (
    Callout,
    CodeBlock,
    CodeSpan,
    Definitions,
    Heading,
    Image,
    Link,
    ListBlock,
    MathBlock,
    MathSpan,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Text,
)
from research.render.document import read_document
from research.render.html import write_html
from research.render.publication import Document
from research.render.scope import words
from research.render.typst import write_pdf, write_typst

Make = Callable[..., NotebookNode]
Every = Callable[[Document, type], list[Any]]


def main(nb: NotebookNode) -> tuple[Any, ...]:
    """The blocks of an ordinary notebook."""
    return read_document(nb).sections[0].main


def body(nb: NotebookNode) -> str:
    """The main part of an ordinary notebook's page."""
    html = write_html(read_document(nb))
    return html[html.index("<main") : html.index("</main>")]


def printed(nb: NotebookNode) -> str:
    """All words of an ordinary notebook's PDF."""
    pages = PdfReader(io.BytesIO(write_pdf(read_document(nb)))).pages
    return "\n".join(page.extract_text() for page in pages)


def png() -> bytes:
    """A drawing as a kernel sends it."""
    out = io.BytesIO()
    Figure(figsize=(2, 1)).savefig(out, format="png")
    return out.getvalue()


def test_a_picture_cut_off_stops_an_edition_by_section_and_cell(edition: NotebookNode) -> None:
    cut = base64.b64encode(png()[:-200]).decode()
    nb = nbformat.from_dict(edition)
    nb.cells[11].outputs[0].data = nbformat.from_dict({"image/png": cut, "text/plain": "x"})
    with pytest.raises(
        RenderError, match=r"section rally, cell 12: the picture \(image/png\) cannot be read"
    ):
        read_document(nb)


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "webp"])
def test_a_picture_cut_off_is_told_in_a_notebook_and_prints(
    notebook: Make, every: Every, tmp_path: Path, kind: str
) -> None:
    from PIL import Image as Bitmap

    picture = Bitmap.effect_noise((64, 64), 50)
    picture.save(tmp_path / f"whole.{kind}")
    whole = (tmp_path / f"whole.{kind}").read_bytes()
    mime = f"image/{'jpeg' if kind == 'jpg' else kind}"
    kept, lost = (
        [{mime: base64.b64encode(data).decode(), "text/plain": "<Figure size 6x4>"}]
        for data in (whole, whole[: len(whole) // 2])
    )
    nb = notebook(kept, lost)
    assert len(every(read_document(nb), Image)) == 1
    assert every(read_document(nb), Callout) == [
        Callout("The picture of code cell 2 cannot be read. Run the cell again.")
    ]
    assert "cannot be read" in printed(nb)


def test_a_picture_file_cut_off_is_told_where_it_is_named(
    notebook: Make, every: Every, tmp_path: Path
) -> None:
    (tmp_path / "cut.png").write_bytes(png()[:-200])
    document = read_document(
        notebook("![x](cut.png)"), resources={"metadata": {"path": str(tmp_path)}}
    )
    assert every(document, Callout) == [Callout("Picture not found or not readable: cut.png")]


@pytest.mark.parametrize("source", ["<u>a</u>", "<font color=red>a</font>", "</b>a", "<mark>a"])
def test_tags_that_mean_nothing_here_leave_their_words(notebook: Make, source: str) -> None:
    (found,) = main(notebook(f"so {source} it is"))
    assert words(found.children) == "so a it is"
    assert not any(isinstance(part, (Styled, Link)) for part in found.children)


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("10<sup>6</sup>", Styled("sup", (Text("6"),))),
        ("CO<SUB>2</SUB>", Styled("sub", (Text("2"),))),
        ("<b>x</b>", Styled("strong", (Text("x"),))),
        ("<em>x</em>", Styled("emph", (Text("x"),))),
        ("<del>x</del>", Styled("strike", (Text("x"),))),
        ("<code>a < b</code>", CodeSpan("a < b")),
        ("<a href='https://e.org'>x</a>", Link("https://e.org", (Text("x"),))),
        (
            "<b>x <i>*y*</i></b>",
            Styled(
                "strong",
                (Text("x "), Styled("emph", (Styled("emph", (Text("y"),)),))),
            ),
        ),
        ("<b>never closed", Styled("strong", (Text("never closed"),))),
    ],
)
def test_inline_html_in_markdown_keeps_what_it_means(
    notebook: Make, source: str, part: Any
) -> None:
    (found,) = main(notebook(f"so {source}"))
    assert found.children[-1] == part
    (table,) = main(notebook(f"|a|\n|-|\n|{source}|"))
    assert table.body[0].cells[0].children[-1] == part


def test_powers_and_indices_are_raised_and_lowered_in_both(notebook: Make) -> None:
    nb = notebook("10<sup>6</sup> t of CO<sub>2</sub>")
    assert "10<sup>6</sup> t of CO<sub>2</sub>" in body(nb)
    sources, _ = write_typst(read_document(nb))
    source = sources["section-body.typ"]
    assert 'super("6")' in source
    assert 'sub("2")' in source


def test_a_script_within_a_line_is_dropped_with_its_text(notebook: Make) -> None:
    (found,) = main(notebook("before <script>alert(1)</script> after"))
    assert words(found.children).split() == ["before", "after"]


def test_html_lists_keep_their_numbers_and_nesting(notebook: Make) -> None:
    source = "<ul>\n<li>a\n<ol start='3'><li>b<li><b>c</b></ol>\n<li>d</li></ul>"
    inner = ListBlock(
        (
            (Paragraph((Text("b"),)),),
            (Paragraph((Styled("strong", (Text("c"),)),)),),
        ),
        start=3,
    )
    assert main(notebook(source)) == (
        ListBlock(((Paragraph((Text("a"),)), inner), (Paragraph((Text("d"),)),))),
    )
    assert re.search(r"• a\s+3\. b\s+4\. c\s+• d", printed(notebook(source)))


def test_html_blocks_do_not_run_together(notebook: Make) -> None:
    cases: list[tuple[str, list[tuple[type, str]]]] = [
        (
            "<details><summary>More</summary>hidden text</details>",
            [(Paragraph, "More"), (Paragraph, "hidden text")],
        ),
        (
            "<blockquote>said<p>more</p></blockquote>after",
            [(Quote, "said|more"), (Paragraph, "after")],
        ),
        (
            "<figure>drawn<figcaption>of it</figcaption></figure>",
            [(Paragraph, "drawn"), (Paragraph, "of it")],
        ),
        ("<div>one</div>two<hr>three", [(Paragraph, "one"), (Paragraph, "two"), (Rule, "")]),
        ("<h2>Head</h2>text", [(Heading, "Head"), (Paragraph, "text")]),
        ("<div>\n<li>alone</li></div>", [(ListBlock, "")]),
        (
            "<ul><li><table><tr><td>1</td></tr></table></li></ul><p>x",
            [(ListBlock, ""), (Paragraph, "x")],
        ),
    ]
    for source, wanted in cases:
        found = main(notebook(source))
        assert [type(b) for b in found][: len(wanted)] == [kind for kind, _ in wanted]
        for block, (_, said) in zip(found, wanted, strict=False):
            parts = block.blocks if isinstance(block, Quote) else (block,)
            if said:
                assert "|".join(words(part.children) for part in parts) == said


def test_terms_in_html_stay_apart_from_what_is_said(notebook: Make) -> None:
    source = "<dl>\n<dt>T</dt><dd>D</dd><dt>U<dd>E<dd>F</dl>"
    assert main(notebook(source)) == (
        Definitions(
            (
                ((Text("T"),), (Paragraph((Text("D"),)),)),
                ((Text("U"),), (Paragraph((Text("E"),)), Paragraph((Text("F"),)))),
            )
        ),
    )


def test_preformatted_html_keeps_its_lines(notebook: Make) -> None:
    source = "<pre><code class='language-python'>if a &lt; b:\n    <span>c</span>\n</code></pre>"
    assert main(notebook(source)) == (CodeBlock("if a < b:\n    c", "python"),)


def test_html_of_any_depth_prints(notebook: Make) -> None:
    deep = "<ul><li><blockquote><b>" * 400 + "end"
    assert "end" in printed(notebook(deep))
    assert "end" in body(notebook("so " + "<b><i>" * 400 + "end"))


def test_a_heading_inside_a_quote_or_list_does_not_stop_the_pdf(notebook: Make) -> None:
    nb = notebook("# T\n\n> #### Quoted\n\n- ### Listed\n\n<ul><li><h5>In HTML</h5></li></ul>")
    for said in ("Quoted", "Listed", "In HTML"):
        assert said in printed(nb)


@pytest.mark.parametrize(
    ("source", "latex"),
    [
        (
            "\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}",
            r"\begin{align} a &= b \\ c &= d \end{align}",
        ),
        (r"\begin{equation*} x_1 * y_1 * z \end{equation*}",) * 2,
        (r"\\[ x^2 \\]", "x^2"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "before\n{}\nafter", "before {} after", "- {}"])
def test_displayed_formulas_need_no_dollars(
    notebook: Make, every: Every, around: str, source: str, latex: str
) -> None:
    source = source if "before {}" not in around else source.replace("\n", " ")
    if around.startswith("-"):
        source = source.replace("\n", "\n  ")
    document = read_document(notebook(around.format(source)))
    (found,) = every(document, MathBlock)
    assert " ".join(found.latex.split()) == latex
    assert '<math display="block"' in write_html(document)
    said = [words(p.children) for p in every(document, Paragraph)]
    assert said == (["before", "after"] if "before" in around else [])


@pytest.mark.parametrize("around", ["$$\n{}\n$$", "so $$\n{}\n$$ and", "$${}$$"])
def test_an_environment_between_dollars_is_one_formula(
    notebook: Make, every: Every, around: str
) -> None:
    latex = "\\begin{aligned}\na &= b\n\\end{aligned}"
    document = read_document(notebook(around.format(latex)))
    assert every(document, MathBlock) == [MathBlock(latex)]
    assert "$" not in "".join(words(p.children) for p in every(document, Paragraph))


def test_formulas_in_a_line_need_no_dollars(notebook: Make, every: Every) -> None:
    document = read_document(notebook(r"so \\(a_1 * b_1 * c\\) and \(not\) and `\\(code\\)`"))
    assert every(document, MathSpan) == [MathSpan("a_1 * b_1 * c")]
    assert every(document, CodeSpan) == [CodeSpan(r"\\(code\\)")]


def test_aligned_rows_stay_rows(notebook: Make) -> None:
    for name in ("align", "align*", "eqnarray", "gather", "alignat"):
        extra = "{2}" if name == "alignat" else ""
        nb = notebook(rf"\begin{{{name}}}{extra} a &= b \\[5pt] c &= d \end{{{name}}}")
        assert body(nb).count("<mtr>") == 2
        assert re.search(r"𝑎.*𝑏\s*\n.*𝑐.*𝑑", printed(nb))
        assert "5pt" not in printed(nb)


@pytest.mark.parametrize(
    "source",
    ["    \\begin{align} a \\end{align}", "```\n\\begin{align} a \\end{align}\n```"],
)
def test_code_that_holds_a_formula_stays_code(notebook: Make, source: str) -> None:
    assert main(notebook(source)) == (CodeBlock(r"\begin{align} a \end{align}"),)


def test_a_bare_formula_that_cannot_be_read_whole_is_code(notebook: Make) -> None:
    nb = notebook(r"\begin{align} \unknowncommand{x} \end{align}")
    assert r"<pre><code>\begin{align} \unknowncommand{x} \end{align}" in body(nb)
    assert "unknowncommand" in printed(nb)
    (left,) = main(notebook("open \\begin{align} a"))
    assert words(left.children) == "open \\begin{align} a"


@pytest.mark.parametrize("tag", ["remove", "remove-cell", "remove_cell"])
def test_a_removed_cell_is_not_read(notebook: Make, tag: str) -> None:
    nb = notebook("kept", "gone", [{"text/plain": "gone"}])
    nb.cells[1].metadata["tags"] = nb.cells[2].metadata["tags"] = [tag]
    assert main(nb) == (Paragraph((Text("kept"),)),)


@pytest.mark.parametrize(
    ("tag", "left"),
    [
        *((tag, "out") for tag in ("remove-input", "remove_input", "hide-input")),
        *((tag, "x = 1  # shown") for tag in ("remove-output", "remove_output", "hide-output")),
    ],
)
def test_tags_of_nbconvert_hide_input_or_output(notebook: Make, tag: str, left: str) -> None:
    nb = notebook([{"text/plain": "out"}])
    assert len(main(nb)) == 2
    nb.cells[0].metadata["tags"] = [tag]
    assert [block.text for block in main(nb)] == [left]


def test_tasks_have_boxes(notebook: Make) -> None:
    nb = notebook("- [ ] to do\n- [x] *done*, **all**\n- [link](https://e.org)\n- [y] words")
    (tasks,) = main(nb)
    said = [words(item[0].children) for item in tasks.items]
    assert said == ["☐ to do", "☑ done, all", "link", "[y] words"]
    assert "☐ to do" in printed(nb)


@pytest.mark.parametrize(
    "source", ["<img src='{}' alt='A' width=40>", "so <img src='{}' width='40px' alt='A'/>"]
)
@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_has_the_width_it_is_given(
    notebook: Make, every: Every, tmp_path: Path, source: str, kind: str
) -> None:
    (tmp_path / "f.png").write_bytes(png())
    (tmp_path / "f.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><path d="M0 0h9"/></svg>'
    )
    document = read_document(
        notebook(source.format(f"f.{kind}")), resources={"metadata": {"path": str(tmp_path)}}
    )
    (image,) = every(document, Image)
    assert image.alt == "A"
    assert (image.media.width_pt, image.media.height_pt) == (30, 15)
    assert re.search(r'<(img|svg) [^>]*width="40"', write_html(document))


def test_scripts_that_join_their_letters_are_left_to_the_readers_fonts(notebook: Make) -> None:
    html = write_html(read_document(notebook("مرحبا بالعالم, שָׁלוֹם, β⁻ א")))
    ranges = re.findall(r"unicode-range:([^}]*)", html)
    codes = [int(code, 16) for code in re.findall(r"U\+([0-9A-F]+)", "".join(ranges))]
    assert ord("⁻") in codes
    assert not any(0x590 <= code <= 0x6FF for code in codes)
    assert "system-ui" in html


def test_signs_that_no_font_has_are_named_in_a_warning(
    edition: NotebookNode, caplog: pytest.LogCaptureFixture
) -> None:
    nb = nbformat.from_dict(edition)
    signs = "".join(chr(0x4E00 + k) for k in range(12))
    nb.cells[10].source = f"Names {signs}"
    with caplog.at_level(logging.WARNING, "research.render"):
        write_pdf(read_document(nb))
    (record,) = caplog.records
    assert record.name == "research.render"
    said = record.getMessage()
    assert "12 signs that no font here has, printed as \ufffd: 一 (U+4E00), 丁 (U+4E01)" in said
    assert said.count("(U+") == 10
    assert "and 2 more" in said


def test_a_pdf_that_lacks_no_sign_says_nothing(
    edition: NotebookNode, caplog: pytest.LogCaptureFixture
) -> None:
    write_pdf(read_document(edition))
    assert not caplog.records


def test_nbconvert_shows_the_warning(notebook: Make, tmp_path: Path) -> None:
    nbformat.write(notebook("A sign of nobody: \U0001f9ff\u4e2d \ue123"), tmp_path / "n.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "research-pdf", "n.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "that no font here has" in done.stderr
    assert "(U+E123)" in done.stderr


def test_html_shown_by_code_is_read_like_html_in_markdown(notebook: Make) -> None:
    nb = new_notebook(cells=[new_code_cell("")])
    html = "<h3>H</h3><ul><li>x<sup>2</sup></li></ul><table><tr><td>a<p>b</p></td></tr></table>"
    bundle = nbformat.from_dict({"text/html": html, "text/plain": "<IPython.core.HTML>"})
    nb.cells[0].outputs = [new_output("display_data", data=bundle)]
    head, listed, table = main(nb)
    assert isinstance(head, Heading)
    assert listed.items[0][0].children[-1] == Styled("sup", (Text("2"),))
    assert isinstance(table, Table)
    assert words(table.body[0].cells[0].children) == "a b"
