"""How a user operates a page: with a pointer, or with the keyboard alone."""

from datetime import datetime

from playwright.sync_api import ElementHandle, Locator, Page, expect

# The focused element, whether it is the wanted element, and whether its focus is visible. The focus is visible if the
# element, or the card that it covers, has an outline or a ring.
FOCUS = """wanted => {
    const here = document.activeElement;
    if (!here || here === document.body || here === document.documentElement) return null;
    const rings = element => {
        const style = getComputedStyle(element);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none";
    };
    const card = here.closest("article, li, .ticket");
    // Chromium itself draws the ring of the button inside a field for a date or time.
    const isPicker = /^(date|time)/.test(here.type ?? "") && !here.matches(":focus-visible");
    const box = here.getBoundingClientRect();
    return {
        html: here.outerHTML.slice(0, 200),
        reached: here === wanted,
        isMarked: isPicker || rings(here) || card !== null && card.matches(":focus-within") && rings(card),
        isInView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    };
}"""


def focus(page: Page, wanted: ElementHandle | None = None) -> dict | None:
    """The focused element, or None. Fails if its focus is not visible."""
    found = page.evaluate(FOCUS, wanted)
    if found:
        assert found["isMarked"], f"on {page.url} the focus of this element is not visible: {found['html']}"
        assert found["isInView"], f"on {page.url} the focused element is out of view: {found['html']}"
    return found


class Pointer:
    """Uses controls by clicking them, as with a mouse or a finger."""

    name = "pointer"

    def __init__(self, page: Page):
        self.page = page

    def press(self, target: Locator) -> None:
        target.click()

    def fill(self, target: Locator, value: str) -> None:
        if target.evaluate("element => element.localName") == "select":
            target.select_option(label=value)
        else:
            target.fill(value)

    def page_loaded(self) -> None:
        """Called after each page load."""


class Keyboard:
    """Tab, Enter, Space and typing only. Every focused element must show its focus."""

    name = "keyboard"

    def __init__(self, page: Page):
        self.page = page

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter" if target.evaluate("e => e.localName") == "a" else "Space")

    def fill(self, target: Locator, value: str) -> None:
        self._reach(target)
        kind = target.evaluate("element => element.localName === 'select' ? 'select' : element.type")
        if kind == "select":
            self.page.keyboard.type(value)
            expect(target.locator("option:checked")).to_have_text(value)
        elif kind == "datetime-local":
            # The parts in the order of Chromium's own language, English: 12/24/2027, 07:30 PM.
            when = datetime.fromisoformat(value)
            self.page.keyboard.type(when.strftime("%m%d%Y"))
            self.page.keyboard.press("Tab")
            self.page.keyboard.type(when.strftime("%I%M%p"))
            expect(target).to_have_value(value)
        elif kind == "date":
            self.page.keyboard.type(datetime.fromisoformat(value).strftime("%m%d%Y"))
            expect(target).to_have_value(value)
        else:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(value)
            expect(target).to_have_value(value)

    def page_loaded(self) -> None:
        """Checks that the first Tab on a new page reaches the skip link."""
        self.page.keyboard.press("Tab")
        found = focus(self.page)
        assert found and 'class="skip"' in found["html"], f"the first Tab on {self.page.url} reaches {found}"

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        element = target.element_handle()
        seen: list[str] = []
        if self.page.evaluate("element => document.activeElement === element", element):
            return
        for _ in range(250):
            self.page.keyboard.press("Tab")
            found = focus(self.page, element)
            if found and found["reached"]:
                return
            seen.append(found["html"] if found else "the document")
        raise AssertionError(f"Tab never reaches {target} on {self.page.url}:\n" + "\n".join(dict.fromkeys(seen)))
