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
    Callout,
    CodeBlock,
    CodeSpan,
    Definitions,
    FootnoteRef,
    Heading,
    Image,
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
from research.render.fragments import read_html
from research.render.scope import Scope, fold, tidy, words
from research.render.tables import from_markdown

_ROLES = {"strong": "strong", "em": "emph", "s": "strike"}


def read_markdown(text: str, scope: Scope) -> tuple[Block, ...]:
    """Blocks of a Markdown source: CommonMark, tables, strikethrough, maths, notes, terms.

    Raw HTML is read for its tables, pictures and words and never passed on.
    """
    root = SyntaxTreeNode(_parser().parse(text))
    return _Reader(root, scope).blocks(root.children)


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # A blank or a digit beside the dollar means money, as in Jupyter's own reading.
    parser.use(dollarmath_plugin, double_inline=True, allow_space=False, allow_digits=False)
    return parser.use(footnote_plugin).use(deflist_plugin)


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
            anchor = self.scope.anchor(words(children), words(children))
            return (Heading(int(node.tag[1]), children, anchor),)
        if kind == "paragraph":
            return self.paragraph(node)
        if kind in ("bullet_list", "ordered_list"):
            start = None if kind == "bullet_list" else int(node.attrs.get("start", 1))
            return (ListBlock(tuple(self.blocks(i.children) for i in node.children), start),)
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
            if child.type in ("image", "math_inline_double"):
                flush()
                found.append(
                    self.image(child) if child.type == "image" else MathBlock(child.content.strip())
                )
            else:
                line.append(child)
        flush()
        return tuple(found)

    def image(self, node: SyntaxTreeNode) -> Block:
        source, alt = str(node.attrs.get("src", "")), fold(node.content)
        if re.match(r"(https?:)?//", source, re.IGNORECASE):
            return Paragraph(self.scope.link(source, (Text(alt or source),)))
        media = self.scope.load_image(source)
        if media is None:
            return Callout(f"Picture not found: {fold(source)}")
        return Image(media=media, alt=alt or "Picture without a description")

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
        return tuple(part for node in nodes for part in self.inline(node))

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
        if kind == "html_inline":
            return (Break(),) if re.match(r"<br\s*/?>$", node.content, re.IGNORECASE) else ()
        return ()

    def footnote(self, id: int) -> FootnoteRef:
        if id in self.numbers:
            return FootnoteRef(self.numbers[id])
        self.numbers[id] = self.scope.footnote()
        return FootnoteRef(self.numbers[id], self.blocks(self.notes[id].children))
