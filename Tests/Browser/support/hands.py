"""How a person works a page: with a pointer, or with the keyboard alone."""

from datetime import datetime

from playwright.sync_api import Locator, Page, expect

FOCUS = """element => {
    const here = document.activeElement;
    if (!here || here === document.body || here === document.documentElement) return {where: "the document"};
    const style = getComputedStyle(here), box = here.getBoundingClientRect();
    const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    return {
        where: here.outerHTML.slice(0, 200),
        reached: here === element || (here.matches("summary") && here === element),
        isMarked: isOutlined || style.boxShadow !== "none",
        isInView: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    };
}"""


class Pointer:
    """Clicks, as with a mouse or a finger."""

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

    def arrived(self) -> None:
        """A page has come."""


class Keyboard:
    """Tab, Enter, Space and letters, and nothing else. Whatever has the focus must show it."""

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
            # Firefox and some Chromiums open the list: Enter would submit nothing there, Escape would undo.
            expect(target.locator("option:checked")).to_have_text(value)
        elif kind == "datetime-local":
            # Its parts in the order of Chromium's own language, English: 12/24/2027, 07:30 PM.
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

    def arrived(self) -> None:
        """On a new page the first Tab offers to skip what every page repeats, and skipping leads into the page."""
        self.page.keyboard.press("Tab")
        first = self.page.evaluate(
            "() => ({href: document.activeElement.getAttribute('href'), text: document.activeElement.textContent})"
        )
        assert (first["href"] or "").startswith("#"), f"the first Tab on {self.page.url} reaches {first}"
        assert "skip" in first["text"].lower(), first

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        element = target.element_handle()
        seen: list[str] = []
        for _ in range(250):
            focus = self.page.evaluate(FOCUS, element)
            if focus.get("reached"):
                return
            self.page.keyboard.press("Tab")
            focus = self.page.evaluate(FOCUS, element)
            if focus["where"] != "the document":
                assert focus["isMarked"], f"on {self.page.url} nothing shows that this has the focus: {focus['where']}"
                assert focus["isInView"], f"on {self.page.url} this has the focus and is out of view: {focus['where']}"
            seen.append(focus["where"])
        raise AssertionError(f"Tab never reaches {target} on {self.page.url}:\n" + "\n".join(dict.fromkeys(seen)))
