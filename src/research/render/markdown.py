"""Markdown to blocks, parsed once so that HTML and PDF cannot disagree."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

from research.render.blocks import (
    Block,
    Break,
    CodeBlock,
    CodeSpan,
    Definitions,
    FootnoteRef,
    Heading,
    Inlines,
    ListBlock,
    MathBlock,
    MathSpan,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Text,
)
from research.render.formulas import formulas_plugin
from research.render.fragments import read_html
from research.render.images import read_image
from research.render.line import Line, read_tag
from research.render.scope import Scope, fold, tidy, words
from research.render.tables import from_markdown

_ROLES = {"strong": "strong", "em": "emph", "s": "strike"}


def read_markdown(text: str, scope: Scope) -> tuple[Block, ...]:
    """Blocks of a Markdown source: CommonMark, tables, strikethrough, maths, notes, terms, tasks.

    Raw HTML is read for what it says and never passed on.
    """
    root = SyntaxTreeNode(_parser().parse(text))
    return _Reader(root, scope).blocks(root.children)


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # A blank or a digit beside the dollar means money, as in Jupyter's own reading.
    parser.use(dollarmath_plugin, double_inline=True, allow_space=False, allow_digits=False)
    return parser.use(formulas_plugin).use(footnote_plugin).use(deflist_plugin)


class _Reader:
    def __init__(self, root: SyntaxTreeNode, scope: Scope) -> None:
        self.scope = scope
        self.numbers: dict[int, int] = {}
        self.notes = {
            note.meta["id"]: note
            for block in root.children
            if block.type == "footnote_block"
            for note in block.children
        }

    def blocks(self, nodes: Iterable[SyntaxTreeNode]) -> tuple[Block, ...]:
        return tuple(block for node in nodes for block in self.block(node))

    def block(self, node: SyntaxTreeNode) -> tuple[Block, ...]:
        kind = node.type
        if kind == "heading":
            children = self.inlines(node.children)
            if node.parent is not None and node.parent.type != "root":
                # Levels are counted among the headings of a section; one in a quote has no place.
                return (Paragraph((Styled("strong", children),)),)
            anchor = self.scope.anchor(words(children), words(children))
            return (Heading(int(node.tag[1]), children, anchor),)
        if kind == "paragraph":
            return self.paragraph(node)
        if kind in ("bullet_list", "ordered_list"):
            start = None if kind == "bullet_list" else int(node.attrs.get("start", 1))
            items = tuple(_task(self.blocks(item.children)) for item in node.children)
            return (ListBlock(items, start),)
        if kind == "dl":
            return (self.definitions(node),)
        if kind == "blockquote":
            return (Quote(self.blocks(node.children)),)
        if kind in ("fence", "code_block"):
            language = node.info.split()[0] if kind == "fence" and node.info.strip() else ""
            return (CodeBlock(node.content.rstrip("\n"), language),)
        if kind in ("math_block", "math_block_label"):
            return (MathBlock(node.content.strip()),)
        if kind == "table":
            return (from_markdown(node, self.inlines),)
        if kind == "hr":
            return (Rule(),)
        if kind == "html_block":
            return read_html(node.content, self.scope)
        return ()

    def paragraph(self, node: SyntaxTreeNode) -> tuple[Block, ...]:
        """A paragraph; pictures in it stand on their own between its parts."""
        inline = node.children[0].children if node.children else []
        found: list[Block] = []
        line: list[SyntaxTreeNode] = []

        def flush() -> None:
            children = tidy(self.inlines(line))
            if children:
                found.append(Paragraph(children))
            line.clear()

        for child in inline:
            displayed = self.displayed(child)
            if displayed is None:
                line.append(child)
            else:
                flush()
                found.append(displayed)
        flush()
        return tuple(found)

    def displayed(self, node: SyntaxTreeNode) -> Block | None:
        """What stands on its own though it was written within a line."""
        if node.type == "math_inline_double":
            return MathBlock(node.content.strip())
        if node.type == "image":
            return read_image(self.scope, {**_source(node), "alt": node.content})
        if node.type == "html_inline":
            name, given = read_tag(node.content)
            if name == "img" and given is not None:
                return read_image(self.scope, given)
        return None

    def definitions(self, node: SyntaxTreeNode) -> Definitions:
        items: list[tuple[Inlines, tuple[Block, ...]]] = []
        for child in node.children:
            if child.type == "dt":
                items.append((self.inlines(child.children), ()))
            elif items:
                term, said = items[-1]
                items[-1] = (term, said + self.blocks(child.children))
        return Definitions(tuple(items))

    def inlines(self, nodes: Iterable[SyntaxTreeNode]) -> Inlines:
        line = Line(self.scope)
        for node in nodes:
            if node.type == "html_inline":
                line.tag(node.content)
            else:
                line.add(*self.inline(node))
        return line.take()

    def inline(self, node: SyntaxTreeNode) -> Inlines:
        kind = node.type
        if kind == "inline":
            return tidy(self.inlines(node.children))
        if kind == "text":
            return (Text(fold(node.content)),) if node.content else ()
        if kind == "softbreak":
            return (Text(" "),)
        if kind == "hardbreak":
            return (Break(),)
        if kind in _ROLES:
            return (Styled(_ROLES[kind], self.inlines(node.children)),)  # type: ignore[arg-type]
        if kind == "code_inline":
            return (CodeSpan(fold(node.content)),)
        if kind in ("math_inline", "math_inline_double"):
            return (MathSpan(node.content.strip()),)
        if kind == "link":
            return self.scope.link(str(node.attrs.get("href", "")), self.inlines(node.children))
        if kind == "image":
            return (Text(fold(node.content)),)
        if kind == "footnote_ref":
            return (self.footnote(node.meta["id"]),)
        return ()

    def footnote(self, id: int) -> FootnoteRef:
        if id in self.numbers:
            return FootnoteRef(self.numbers[id])
        self.numbers[id] = self.scope.footnote()
        return FootnoteRef(self.numbers[id], self.blocks(self.notes[id].children))


def _source(node: SyntaxTreeNode) -> dict[str, str]:
    return {key: str(value) for key, value in node.attrs.items()}


def _task(item: tuple[Block, ...]) -> tuple[Block, ...]:
    """An item of a list; one that begins with `[ ]` or `[x]` has a box for it."""
    match item:
        case (Paragraph(children=(Text(text), *rest)), *others):
            box = re.match(r"\[([ xX])\] ", text)
            if box:
                sign = "☐" if box[1] == " " else "☑"
                return (Paragraph((Text(f"{sign} {text[4:]}"), *rest)), *others)
    return item
