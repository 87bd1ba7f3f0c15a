"""Checks of a page's HTML that need no browser."""

import re
from xml.etree.ElementTree import Element

import html5lib

# Errors that html5lib reports because it implements an older standard.
ALLOWED: set[str] = set()

LABELLED = {"input", "select", "textarea"}
UNLABELLED_TYPES = {"hidden", "submit", "button", "reset", "image"}


def parse(html: str) -> tuple[Element, list[str]]:
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document = parser.parse(html)
    errors = [
        f"line {line}, column {column}: {code} {variables}"
        for (line, column), code, variables in parser.errors
        if code not in ALLOWED
    ]
    return document, errors


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def structure_errors(document: Element) -> list[str]:
    """Errors in a page's outline, labels and references."""
    found: list[str] = []
    root = document if document.tag == "html" else document.find("html")
    if not (root.get("lang") or ""):
        found.append("html has no lang")
    titles = [text(title) for title in document.iter("title") if title in list(document.iter("head"))[0]]
    if len(titles) != 1 or not titles[0]:
        found.append(f"titles: {titles}")
    headings = [text(heading) for heading in document.iter("h1")]
    if len(headings) != 1 or not headings[0]:
        found.append(f"h1: {headings}")
    if len(list(document.iter("main"))) != 1:
        found.append("there is not exactly one main")
    ids = [element.get("id") for element in document.iter() if element.get("id") is not None]
    repeated = sorted({id for id in ids if ids.count(id) > 1})
    found += [f"the id {id} occurs more than once" for id in repeated]
    labelled_by_for = {label.get("for") for label in document.iter("label")}
    inside_labels = {id(field) for label in document.iter("label") for field in label.iter() if field.tag in LABELLED}
    for element in document.iter():
        if not isinstance(element.tag, str):
            continue
        for attribute in ("for", "aria-describedby", "aria-labelledby", "aria-controls", "form", "list"):
            for name in (element.get(attribute) or "").split():
                if name not in ids:
                    found.append(f"{element.tag}: {attribute} names {name}, which does not exist")
        is_shown = element.get("hidden") is None
        if element.tag in LABELLED and is_shown and element.get("type", "text") not in UNLABELLED_TYPES:
            has_label = element.get("id") in labelled_by_for or id(element) in inside_labels
            if not (has_label or element.get("aria-label") or element.get("aria-labelledby")):
                found.append(f"{element.tag} {element.get('name')} has no label")
        described_by = (element.get("aria-describedby") or "").split()
        if element.get("name") and element.tag in LABELLED:
            # A screen reader must announce the hint and the error of a field.
            descriptions = [f"{element.get('id')}-hint", f"{element.get('id')}-error"]
            missing = [name for name in descriptions if name in ids and name not in described_by]
            if missing:
                found.append(f"{element.tag} {element.get('name')} is not described by {missing}")
            if (descriptions[1] in ids) != (element.get("aria-invalid") == "true"):
                found.append(f"{element.tag} {element.get('name')} has no matching aria-invalid")
        if element.tag == "img" and element.get("alt") is None:
            found.append(f"img {element.get('src')} has no alt")
        if element.tag == "button" and not (text(element) or element.get("aria-label")):
            found.append("a button has no name")
        if element.get("style") or any(name.startswith("on") for name in element.keys()):
            found.append(f"{element.tag} has an inline style or script: {element.attrib}")
    return found


def scripts_and_styles(document: Element) -> tuple[list[str], list[str]]:
    """The URLs of the page's scripts and style sheets."""
    scripts = [e.get("src") for e in document.iter("script") if e.get("src")]
    styles = [e.get("href") for e in document.iter("link") if "stylesheet" in (e.get("rel") or "").split()]
    return scripts, styles


def fingerprinted(path: str) -> bool:
    return re.search(r"\.[\w-]{8,}\.\w+$", path) is not None
