"""Accessibility violations of a page, found by axe-core, and horizontal overflow."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# https://github.com/dequelabs/axe-core/blob/develop/doc/API.md#axe-core-tags
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]

RUN = """async tags => {
    const results = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
    return results.violations.map(violation => ({
        rule: violation.id, help: violation.help,
        nodes: violation.nodes.slice(0, 3).map(node => ({html: node.html, why: node.failureSummary})),
    }));
}"""

# The elements that overflow the window, for the message.
OVERFLOW = """() => {
    const root = document.scrollingElement, limit = root.clientWidth;
    if (root.scrollWidth <= limit) return [];
    return [...document.querySelectorAll("body *")]
        .filter(element => element.getBoundingClientRect().right > limit + 0.5)
        .map(element => element.outerHTML.slice(0, 160)).slice(-5);
}"""


def violations(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    return [
        f"{violation['rule']}: {violation['help']}\n"
        + "\n".join(f"    {node['html'][:300]}\n    {node['why']}" for node in violation["nodes"])
        for violation in page.evaluate(RUN, TAGS)
    ]


def overflow(page: Page) -> list[str]:
    """The elements that make the page scroll sideways, which WCAG 1.4.10 forbids at 320 px."""
    if page.evaluate("() => document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth"):
        return []
    return ["the page scrolls sideways because of"] + ["    " + html for html in page.evaluate(OVERFLOW)]
