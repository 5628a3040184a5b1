"""Formulas: one tree for both writers, code where a formula cannot be read whole."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from nbformat import NotebookNode
from pypdf import PdfReader

from research.render.document import read_document
from research.render.html import write_html
from research.render.maths import mathml, tree
from research.render.typst import write_pdf
from research.render.typst.maths import equation

Make = Callable[..., NotebookNode]
GOOD = [
    r"\beta^{-} = \frac{\mathrm{Cov}(r, m \mid m < 0)}{\mathrm{Var}(m)}",
    r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}",
    r"f(x)=\begin{cases} x & x \ge 0 \\ -x & \text{otherwise}\end{cases}",
    r"\begin{aligned} a &= b + c \\ d &= e \end{aligned}",
    r"\left(\frac{a}{b}\right)^2 \left|\frac ab\right| \left\{ x \right\}",
    r"\int_0^\infty e^{-x^2}\,dx, \binom{n}{k}, \sqrt[3]{x}, \hat{\sigma}, \overline{AB}",
    r"\sum_{i=1}^{n} x_i, \lim_{x\to 0}, \operatorname{argmin}_\theta, 50\%, \$5",
]
BAD = [r"\frac{a", r"\unknowncommand{x}", r"x & y", "", r"\text{<script>}"]


@pytest.mark.parametrize("latex", GOOD)
def test_a_formula_is_mathml_in_html_and_set_in_pdf(notebook: Make, latex: str) -> None:
    document = read_document(notebook(f"$$\n{latex}\n$$\n\nand ${latex}$ inline"))
    html = write_html(document)
    assert html.count("<math ") == 2
    reader = PdfReader(io.BytesIO(write_pdf(document)))
    assert "\\" not in reader.pages[0].extract_text()


@pytest.mark.parametrize("latex", BAD)
def test_a_formula_that_cannot_be_read_whole_is_printed_as_code(latex: str) -> None:
    if tree(latex) is not None:
        assert "<script" not in (mathml(latex, block=True) or "")
        return
    assert mathml(latex, block=True) is None
    assert equation(latex, block=False).startswith("raw(")


def test_words_in_a_formula_stay_words() -> None:
    assert 'upright("Cov")' in equation(r"\mathrm{Cov}(x)", block=False)
    assert equation("x", block=True) == 'math.equation(block: true, alt: "x", $\\u{78}$)'
