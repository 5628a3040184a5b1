"""The page as a reader's browser has it: accessible, self-contained, whole at every width."""

from __future__ import annotations

import csv
import importlib.util
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from pypdf import PdfReader

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Each chart: its name, what of it lies outside its frame, and its smallest words, in pixels.
SIZES = """() => [...document.querySelectorAll('.plot')].map(frame => {
  const drawing = frame.querySelector('svg');
  const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
  const sizes = [...drawing.querySelectorAll('text')].map(
    word => parseFloat(getComputedStyle(word).fontSize) * scale);
  return [frame.closest('figure').id, frame.scrollWidth - frame.clientWidth, Math.min(...sizes)];
})"""
WIDTHS = (360, 390, 768, 1280, 1920)
A4_PX, A4_LANDSCAPE_PX = 672, 1001  # between margins of 16 mm
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
AXE = """async ([context, options]) => {
  const found = await axe.run(context, {resultTypes: ['violations'], ...options});
  const told = rules => rules.flatMap(rule => rule.nodes.map(node =>
    [rule.id, node.target.join(' '), node.any.concat(node.all, node.none).map(c => c.message)]));
  return {violations: told(found.violations), incomplete: told(found.incomplete)};
}"""


def wide(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})


@cache
def engine() -> str:
    """axe-core, as the Python package brings it."""
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core is not installed")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def examine(page: Any, run_only: Any, within: str = "html", **options: Any) -> dict[str, list[Any]]:
    """What axe-core finds wrong inside an element, and what it could not tell."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(engine())
        # The shades that tell of more to the side are gradients, over which axe gives no verdict
        # on contrast; the words themselves stand on the paper.
        page.add_style_tag(content=".plot,.table{background:none!important}")
    return dict(page.evaluate(AXE, [within, {"runOnly": run_only, **options}]))


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_axe_finds_no_violation(either: Any, width: int) -> None:
    wide(either.page, width)
    assert examine(either.page, STANDARDS)["violations"] == []


def test_axe_can_tell_the_contrast_of_all_words_outside_drawings(
    visit: Callable[..., Any],
) -> None:
    page = visit(color_scheme="dark", viewport={"width": 1920, "height": 900}).page
    # Laid open: of words that are scrolled out of sight axe cannot tell.
    page.add_style_tag(
        content="body{max-width:none!important}.table{overflow:visible!important}"
        "th,td{position:static!important}"
    )
    page.evaluate("document.querySelectorAll('svg').forEach(one => one.remove())")
    found = examine(page, CONTRAST, resultTypes=["violations", "incomplete"])
    assert found["violations"] == []
    spared = "only non-text characters"
    assert [one for one in found["incomplete"] if spared not in " ".join(one[2])] == []


def test_axe_would_find_a_violation(visit: Callable[..., Any]) -> None:
    page = visit(color_scheme="light", viewport={"width": 800, "height": 600}).page
    page.evaluate("document.querySelector('h1').style.color = '#ddd'")
    page.evaluate(
        "document.querySelector('h1').insertAdjacentHTML('afterend', '<h5>too deep</h5>')"
    )
    rules = {one[0] for one in examine(page, STANDARDS, "header")["violations"]}
    assert {"color-contrast", "heading-order"} <= rules


def test_with_forced_colours_every_word_is_seen(visit: Callable[..., Any]) -> None:
    page = visit(color_scheme="light", forced_colors="active").page
    wide(page, 1280)
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    within = ".masthead,.contents,.front,.card,.ending,table.house"
    assert examine(page, CONTRAST, within)["violations"] == []


def test_the_page_asks_the_network_for_nothing(either: Any, html_file: Path) -> None:
    for height in (0, 0.5, 1):
        either.page.evaluate(f"scrollTo(0, {height} * document.body.scrollHeight)")
    fetched = [url for url in either.requests if not url.startswith("data:")]
    assert fetched == [html_file.as_uri()]
    assert either.requests.count(fetched[0]) == 1


def test_the_browser_has_nothing_to_complain_of(either: Any) -> None:
    assert either.complaints == []


def test_the_page_never_scrolls_sideways(either: Any) -> None:
    for width in WIDTHS:
        wide(either.page, width)
        assert either.page.evaluate("document.scrollingElement.scrollWidth") <= width, width


def test_no_words_are_cut_off_outside_what_scrolls(light: Any) -> None:
    for width in WIDTHS:
        wide(light.page, width)
        cut = light.page.evaluate("""() => [...document.querySelectorAll('p,li,dd,dt,h1,h2,h3,h4')]
          .filter(e => !e.closest('.contents,.skip') && e.getClientRects().length)
          .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline')
          .map(e => e.textContent)""")
        assert cut == [], width


def test_without_script_the_page_says_the_same(visit: Callable[..., Any], light: Any) -> None:
    bare = visit(color_scheme="light", java_script_enabled=False)
    for one in (bare, light):
        wide(one.page, 1280)
    assert bare.page.inner_text("body") == light.page.inner_text("body")
    assert bare.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_contents_stay_in_sight_and_mark_the_section_in_view(light: Any, width: int) -> None:
    page = light.page  # which holds no script, as other tests see to
    wide(page, width)
    if not page.evaluate("CSS.supports('selector(:target-current)')"):
        pytest.skip("this Chromium is older than CSS scroll target groups")
    anchors = page.evaluate("[...document.querySelectorAll('.contents a')].map(a => a.hash)")
    assert len(anchors) > 6
    for anchor in anchors[:-2]:  # the last ones are too short to reach the top of the window
        page.evaluate("id => document.querySelector(id).scrollIntoView()", anchor)
        page.wait_for_function(
            "id => document.querySelector('.contents a:target-current')?.hash == id", arg=anchor
        )
        box = page.locator(".contents a:target-current").bounding_box()
        assert box["y"] >= 0
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        title = page.locator(anchor).bounding_box()
        assert title["y"] >= (box["y"] + box["height"] if width < 1152 else 0) - 1


def test_on_a_telephone_a_table_of_words_becomes_cards_with_named_entries(light: Any) -> None:
    wide(light.page, 390)
    tables = light.page.locator("table.stacks")
    assert tables.count() > 0
    for table in tables.all():
        region = table.locator("xpath=..")
        assert region.evaluate("e => e.scrollWidth <= e.clientWidth")
        names = table.evaluate("""t => [...t.querySelectorAll('tbody td')]
          .filter(c => c.innerText.trim() || c.querySelector('svg'))
          .map(c => [getComputedStyle(c, '::before').content, t.tHead.rows[0].cells[c.cellIndex]
            .innerText])""")
        assert names
        assert all(shown == f'"{name}: "' for shown, name in names)
    wide(light.page, 1280)
    assert tables.first.locator("td").first.evaluate("e => getComputedStyle(e).display") == (
        "table-cell"
    )


def test_on_a_telephone_charts_are_read_without_moving_them_sideways(light: Any) -> None:
    wide(light.page, 390)
    seen = light.page.evaluate(SIZES)
    assert len(seen) >= 12
    assert [name for name, hidden, _ in seen if hidden > 1] == []
    smallest = {name: size for name, _, size in seen}
    assert smallest.pop("summary") > 9  # drawn for the wider column of page one
    assert {name: size for name, size in smallest.items() if size < 11} == {}


def test_the_names_of_rows_stay_in_sight_while_a_wide_table_scrolls(light: Any) -> None:
    wide(light.page, 390)
    region = light.page.locator(".table:has(.wide)").last
    assert region.evaluate("e => e.scrollWidth > e.clientWidth")
    region.evaluate("e => { e.scrollLeft = 150 }")
    name, edge = region.locator("tbody th[scope=row]").first, region.bounding_box()
    assert name.bounding_box()["x"] == pytest.approx(edge["x"], abs=1)
    region.evaluate("e => { e.scrollLeft = 0 }")


def test_every_disclosure_opens_and_its_file_is_the_one_in_the_print(
    light: Any, sample_edition: Path
) -> None:
    attached = PdfReader(sample_edition / "mining-rally.pdf").attachments
    wide(light.page, 1280)
    told = light.page.evaluate("""() => [...document.querySelectorAll('details')].map(one => {
      const link = one.querySelector('a[download]'), seen = [link.checkVisibility()];
      for (let n = 0; n < 2; n++) {
        one.querySelector('summary').click();
        seen.push(link.checkVisibility());
      }
      return [link.download, link.getAttribute('href'), seen];
    })""")
    assert len(told) > 10
    for name, address, seen in told:
        assert seen == [False, True, False]
        assert [unquote_to_bytes(address.partition(",")[2])] == attached[name]


def test_a_file_is_taken_out_of_the_page_by_two_clicks(light: Any, sample_edition: Path) -> None:
    wide(light.page, 390)
    light.page.locator("#summary summary").click()
    with light.page.expect_download() as told:
        light.page.locator("#summary a[download]").click()
    light.page.locator("#summary summary").click()
    assert told.value.suggested_filename == "summary.csv"
    beside = sample_edition / "data" / "summary.csv"
    assert Path(told.value.path()).read_bytes() == beside.read_bytes()


def test_behind_every_drawing_stand_its_numbers_as_a_table(
    light: Any, sample_edition: Path
) -> None:
    drawn = light.page.locator("figure:has(> .plot)")
    assert drawn.count() > 8
    for figure in drawn.all():
        rows = figure.locator("details tbody tr")
        last = rows.last.locator("th,td").all_text_contents()
        file = sample_edition / "data" / f"{figure.get_attribute('id')}.csv"
        lines = file.read_text(encoding="utf-8").splitlines()
        assert 0 < rows.count() <= min(len(lines) - 1, 40)
        assert last[0] == next(csv.reader(lines[-1:]))[0]


def test_printed_nothing_is_cut_and_nothing_is_on_it_that_only_a_screen_needs(
    visit: Callable[..., Any],
) -> None:
    page = visit(color_scheme="dark", viewport={"width": A4_PX, "height": 1000}).page
    page.emulate_media(media="print", color_scheme="dark")
    over = """edge => [...document.querySelectorAll('body *')].filter(e =>
      e.getClientRects().length && e.getBoundingClientRect().right > edge + 1)"""
    assert page.evaluate(f"({over})({A4_PX}).every(e => e.closest('figure:has(.broad)'))")
    wide(page, A4_LANDSCAPE_PX)
    assert page.evaluate(f"({over})({A4_LANDSCAPE_PX}).length") == 0
    assert not page.locator(".contents").is_visible()
    assert not page.locator("details").first.is_visible()
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


def test_chromium_understands_every_rule_of_the_style_sheet(light: Any, root: Path) -> None:
    sheet = (root / "src/research/render/html/page.css").read_text(encoding="utf-8")
    sheet = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    known = light.page.evaluate("""() => {
      const count = rules => [...rules].reduce((n, r) => n + 1 + count(r.cssRules ?? []), 0);
      return count(document.styleSheets[0].cssRules);
    }""")
    fonts = light.page.evaluate("""() =>
      [...document.styleSheets[0].cssRules].filter(r => r.type == CSSRule.FONT_FACE_RULE).length""")
    assert known == fonts + sheet.count("{")
    declared = re.findall(r"(?<=[{;])\s*([\w-]+)\s*:\s*([^;{}]+)(?=[;}])", sheet)
    assert len(declared) > 200
    foreign = light.page.evaluate(
        "all => all.filter(([name, value]) => !CSS.supports(name, value.trim()))", declared
    )
    assert foreign == []
