"""The little of CSS that a table keeps: colours, weight and alignment of single cells."""

from __future__ import annotations

import re


def rules(html: str) -> dict[str, dict[str, str]]:
    """What a Styler's style sheet says about single cells, by id."""
    found: dict[str, dict[str, str]] = {}
    for sheet in re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL | re.IGNORECASE):
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
            declared = declarations(body)
            for selector in selectors.split(","):
                if re.fullmatch(r"\s*#[\w-]+\s*", selector):
                    found.setdefault(selector.strip()[1:], {}).update(declared)
    return found


def declarations(css: str) -> dict[str, str]:
    """Colour, ground, weight and alignment; every value is checked, nothing else passes."""
    found = {}
    for item in css.split(";"):
        key, _, value = (part.strip().lower() for part in item.partition(":"))
        if key == "background":
            key = "background-color"
        if key in ("color", "background-color"):
            value = colour(value)
        elif key not in ("font-weight", "text-align"):
            continue
        if value:
            found[key] = value
    return found


def colour(value: str) -> str:
    """A CSS colour as #rrggbb, or nothing where it is none or transparent."""
    if re.fullmatch(r"#[0-9a-f]{6}", value):
        return value
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        return "#" + "".join(2 * digit for digit in value[1:])
    rgb = re.fullmatch(r"rgb\((\d{1,3}),\s*(\d{1,3}),\s*(\d{1,3})\)", value)
    if rgb:
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in rgb.groups())
    if re.fullmatch(r"[a-z]{3,20}", value):
        from matplotlib.colors import CSS4_COLORS

        return str(CSS4_COLORS.get(value, "")).lower()
    return ""
