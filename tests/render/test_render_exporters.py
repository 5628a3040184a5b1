"""The exporters as nbconvert and JupyterLab find them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import get_exporter
from nbformat import NotebookNode

from research.errors import RenderError
from research.render import fonts, pages
from research.render.document import read_document
from research.render.exporters import ResearchHTMLExporter, ResearchPDFExporter
from research.render.pages import write_pages
from research.render.publication import Document

Make = Callable[..., NotebookNode]


@pytest.mark.parametrize(
    ("name", "kind", "extension"),
    [
        ("research-html", ResearchHTMLExporter, ".html"),
        ("research-pdf", ResearchPDFExporter, ".pdf"),
    ],
)
def test_nbconvert_finds_them_and_jupyterlab_lists_them(
    name: str, kind: type, extension: str
) -> None:
    assert get_exporter(name) is kind
    assert kind().file_extension == extension
    assert kind.export_from_notebook


def test_an_ordinary_notebook_shows_its_code_unless_told_otherwise(notebook: Make) -> None:
    nb = notebook("# T", [{"text/plain": "'out'"}])
    html, _ = ResearchHTMLExporter().from_notebook_node(nb)
    assert "# shown" in html
    html, _ = ResearchHTMLExporter(exclude_input=True).from_notebook_node(nb)
    assert "# shown" not in html
    assert "&#x27;out&#x27;" in html


def test_an_edition_never_shows_its_code(edition: NotebookNode) -> None:
    html, _ = ResearchHTMLExporter(exclude_input=False).from_notebook_node(edition)
    assert "secret_function" not in html


def test_exporting_leaves_the_notebook_as_it_was(edition: NotebookNode) -> None:
    before = nbformat.writes(edition)
    ResearchPDFExporter().from_notebook_node(edition)
    assert nbformat.writes(edition) == before


def test_a_build_writes_the_bytes_that_the_exporters_give(edition: NotebookNode) -> None:
    made = write_pages(edition)
    assert list(made) == ["pdf", "html"]
    assert made["pdf"] == ResearchPDFExporter().from_notebook_node(edition)[0]
    assert made["html"].decode() == ResearchHTMLExporter().from_notebook_node(edition)[0]


def test_a_build_reads_the_notebook_once(
    edition: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Document] = []

    def counted(nb: NotebookNode) -> Document:
        read.append(read_document(nb))
        return read[-1]

    monkeypatch.setattr("research.render.pages.read_document", counted)
    write_pages(edition)
    assert len(read) == 1


def test_a_format_that_fails_is_told_and_of_two_the_first(
    edition: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(said: str) -> Callable[..., bytes]:
        def write(document: Document, *_: Any) -> bytes:
            raise RenderError(said)

        return write

    monkeypatch.setattr(pages, "_html", refuse("of HTML"))
    with pytest.raises(RenderError, match=r"^of HTML$"):
        write_pages(edition)
    monkeypatch.setattr(pages, "write_pdf", refuse("of PDF"))
    with pytest.raises(RenderError, match=r"^of PDF$"):
        write_pages(edition)


def test_all_else_is_done_while_typst_prints(
    edition: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    html, rest = Event(), Event()

    def pdf(
        document: Document, keep: Callable[[Any], None], typesetting: Callable[[], None]
    ) -> Any:
        done.append("source")
        keep({"main.typ": b""})
        typesetting()
        assert html.wait(60)
        assert rest.wait(60)
        done.append("PDF")
        return b""

    def page(document: Document) -> bytes:
        done.append("HTML")
        html.set()
        return b""

    monkeypatch.setattr(pages, "write_pdf", pdf)
    monkeypatch.setattr(pages, "_html", page)
    kept: list[Any] = []
    write_pages(
        edition,
        keep=kept.append,
        rehearsed=lambda: done.append("rehearsed"),
        meanwhile=rest.set,
    )
    assert (done[0], done[-1]) == ("source", "PDF")
    assert sorted(done[1:-1]) == ["HTML", "rehearsed"]
    assert kept == [{"main.typ": b""}]


def test_the_command_works_from_any_folder(notebook: Make, tmp_path: Path) -> None:
    nb = notebook("Some words\n\n![drawn](pic/f.svg)", [{"text/plain": "1"}])
    (tmp_path / "pic").mkdir()
    (tmp_path / "pic" / "f.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M0 0h9"/></svg>'
    )
    nbformat.write(nb, tmp_path / "other.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "research-pdf", "other.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "other.pdf").read_bytes().startswith(b"%PDF")


def test_reading_and_writing_need_no_nbconvert() -> None:
    code = (
        "import sys, research.render.pages;"
        "print([m for m in ('nbconvert', 'pandas', 'matplotlib', 'fontTools') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_font_that_is_not_installed_is_named() -> None:
    face = fonts.Face(
        family="X", weight=400, italic=False, package="research", file="no-such-font.otf"
    )
    with pytest.raises(fonts.RenderError, match=r"font no-such-font\.otf is not in the package"):
        _ = face.path
