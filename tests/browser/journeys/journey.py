"""One person's way through the running dashboard: every step is said in words, and waits for the page, not for a clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.journeys import sight
from tests.browser.journeys.sight import PATIENCE

WIDE, TABLET, PHONE = (1440, 900), (820, 1180), (390, 844)
#: Counts what was asked of the server, and the runs of the page's script that have ended, from what the server sends (ForwardMsg.script_finished, field
#: {field}): the state in the document may change and change back within one frame.
COUNT_RUNS = f"""(() => {{
  window.ended = window.asked = window.calm = 0;
  const ended = bytes => {{
    for (let at = 0; at < bytes.length;) {{
      const read = () => {{ let n = 0, by = 1, b; do {{ b = bytes[at++]; n += (b & 127) * by; by *= 128; }} while (b & 128); return n; }};
      const tag = read(), kind = tag & 7;
      if (kind === 0) {{ const value = read(); if (tag >> 3 === {ForwardMsg.SCRIPT_FINISHED_FIELD_NUMBER}) return value !== {ForwardMsg.FINISHED_EARLY_FOR_RERUN}; }}
      else if (kind === 2) {{ const long = read(); at += long; }}
      else return false;
    }}
    return false;
  }};
  window.WebSocket = class extends WebSocket {{
    constructor(...given) {{
      super(...given);
      this.addEventListener('message', e => {{ if (e.data instanceof ArrayBuffer && ended(new Uint8Array(e.data))) window.ended++; }});
    }}
    send(...given) {{ window.asked++; return super.send(...given); }}
  }};
}})()"""
#: Asked once a frame: true when for some frames nothing has been going on.
STILL = """since => {
  const still = window.ended > since
    && document.querySelector('[data-testid="stApp"]')?.getAttribute('data-test-script-state') === 'notRunning'
    && document.querySelector('h1')
    && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]');
  window.calm = still ? window.calm + 1 : 0;
  return window.calm > 5;
}"""
PLACE = "() => [navigation.currentEntry.index, location.pathname + location.search]"
#: A new entry of the history that the page is told of as if somebody had come back to it.
TURN_TO = (
    "path => { History.prototype.pushState.call(history, {}, '', path); dispatchEvent(new PopStateEvent('popstate')); }"
)
MENU = ".st-key-menu_wide", ".st-key-menu_narrow"


class Journey:
    """A browser page with what has been done in it so far."""

    def __init__(self, page: Page, site: str):
        self.page, self.site = page, site
        self.steps: list[str] = []

    def say(self, words: str) -> None:
        """Write a step down."""
        self.steps.append(f"{len(self.steps) + 1}. {words}")

    def open(self, path: str = "/") -> None:
        """Open an address: the first page, or one that somebody was sent."""
        self.say(f"open {path}")
        self.page.goto(self.site + path, wait_until="commit")
        self.settle()

    def go(self, path: str) -> None:
        """Turn to another address in the same session, as the history's buttons do: a quarter of the work of opening it."""
        self.act(f"go to {path}", lambda: self.page.evaluate(TURN_TO, path))

    def act(self, words: str, do: Callable[[], object]) -> None:
        """Do something that runs the page, and wait until it has run."""
        self.say(words)
        since = self.page.evaluate("window.ended")
        do()
        self.settle(since)

    def insist(self, words: str, do: Callable[[], object]) -> None:
        """Do something until the page asks the server: a figure that is being drawn anew does not answer a click."""

        def again() -> None:
            asked = self.page.evaluate("window.asked")
            for _ in range(40):
                do()
                with suppress(PlaywrightTimeout):
                    self.page.wait_for_function("asked => window.asked > asked", arg=asked, timeout=3000)
                    return
            raise AssertionError(f"{words}: nothing answers")

        self.act(words, again)

    def settle(self, since: int = 0) -> None:
        """Wait until more runs than ``since`` have ended and none is going on."""
        self.page.evaluate("window.calm = 0")
        self.page.wait_for_function(STILL, arg=since)
        self.page.wait_for_function("() => !window.insightHolds || !window.insightHolds()")  # scrolled to its place

    def reload(self) -> None:
        self.say("reload")
        self.page.reload(wait_until="commit")
        self.settle()

    def back(self) -> None:
        self.act("go back", lambda: self.page.evaluate("history.back()"))

    def forward(self) -> None:
        self.act("go forward", lambda: self.page.evaluate("history.forward()"))

    def follow(self, link: Locator, words: str = "") -> None:
        """Follow a link: one step, one entry of the history, and the address that the link names."""
        goal = link.get_attribute("href") or ""
        at, before = self.place
        told = words or link.inner_text().split("\n")[-1]
        self.act(f"follow “{told}” to {unquote(goal)}", link.click)
        self.page.wait_for_url(lambda url: unquote(url).endswith(unquote(goal).lstrip("./")))
        now, after = self.place
        assert now - at == (after != before), f"{told}: {now - at} entries of the history for one step"

    def link(self, name: str | re.Pattern, **which: bool) -> None:
        """Follow the first link of that name on the page (not of the menu)."""
        found = self.main.get_by_role("link", name=name, **which).first
        expect(found).to_be_visible(timeout=PATIENCE)
        self.follow(found)

    def press(self, name: str | re.Pattern, **which: bool) -> None:
        """Press the last button of that name: what stands above may be a tab of the same name."""
        button = self.page.get_by_role("button", name=name, **which).last
        self.act(f"press “{name}”", button.click)

    def write(self, label: str, text: str) -> None:
        """Write into a field and leave it."""
        field = self.page.get_by_label(label, exact=True).first

        def do() -> None:
            field.fill(text)
            field.press("Tab")

        self.act(f"write “{text}” into “{label}”", do)

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a filter."""

        def do() -> None:
            field, wanted = (
                self.page.get_by_label(label, exact=True).first,
                self.page.get_by_role("option", name=option, exact=True),
            )
            field.scroll_into_view_if_needed()
            for _ in range(40):  # a page that still scrolls closes what was opened
                field.click()
                with suppress(PlaywrightTimeout):
                    wanted.wait_for(timeout=3000)
                    break
            wanted.click()

        self.act(f"choose “{option}” as “{label}”", do)
        self.page.keyboard.press("Escape")

    def type(self, label: str, day: str) -> None:
        """Type a day into a field of days and leave it."""

        def do() -> None:
            self.page.get_by_label(label, exact=True).get_by_role("spinbutton").first.click()
            self.page.keyboard.type(day)
            self.page.locator("h1").click()  # a day counts once its field is left

        self.act(f"type {day} into “{label}”", do)

    def listed(self) -> int:
        """Return how many cases the list says; it shows as many, up to its bound."""
        total, rows = sight.told(self.page)
        assert rows == min(total, sight.SHOWN)
        return total

    def menu(self, title: str) -> None:
        """Go to a page by the menu, wide or narrow."""
        found = self.entry(title)
        self.follow(found, f"menu {title}")
        expect(self.page.locator("h1")).to_have_text(title, timeout=PATIENCE)

    def entry(self, title: str) -> Locator:
        """Open the menu where the page stands in it, and return its link."""
        exactly = re.compile(rf"^{re.escape(title)}$")
        for place in MENU:
            menu = self.page.locator(place)
            if not menu.is_visible():
                continue
            direct = menu.get_by_role("link", name=exactly)
            if direct.count():
                return direct.first
            for button in menu.get_by_role("button").all():
                body = self.unfold(button)
                found = body.get_by_role("link", name=exactly)
                if found.count():
                    return found.first
                self.fold()
        raise AssertionError(f"no menu leads to {title}")

    def titles(self) -> list[str]:
        """Return the titles of all pages of the menu, in its order."""
        found: list[str] = []
        menu = next(m for place in MENU if (m := self.page.locator(place)).is_visible())
        for entry in menu.locator("a, button").all():
            if entry.evaluate("e => e.tagName") == "A":
                found.append(entry.inner_text().strip())
                continue
            body = self.unfold(entry)
            found += [a.inner_text().strip() for a in body.get_by_role("link").all()]
            self.fold()
        return found

    def unfold(self, button: Locator) -> Locator:
        """Open a part of the menu, whether or not one still stands open, and return it."""
        self.fold()
        button.click()
        body = self.page.get_by_test_id("stPopoverBody")
        expect(body).to_be_visible(timeout=PATIENCE)
        return body

    def fold(self) -> None:
        """Close what stands open over the page."""
        body = self.page.get_by_test_id("stPopoverBody")
        if body.count():
            self.page.keyboard.press("Escape")
        expect(body).to_have_count(0, timeout=PATIENCE)

    @property
    def main(self) -> Locator:
        return self.page.get_by_test_id("stMain")

    @property
    def place(self) -> tuple[int, str]:
        """Return the number of the history's entry, and path with query."""
        index, path = self.page.evaluate(PLACE)
        return int(index), unquote(path)

    @property
    def address(self) -> str:
        return self.place[1]

    def scrolled(self) -> int:
        """Return how far the page is scrolled down, in pixels."""
        return int(self.main.evaluate("e => e.scrollTop"))

    def is_scrolled_to(self, place: int) -> None:
        """Hold that the page comes to stand there."""
        self.page.wait_for_function(
            "place => Math.abs(document.querySelector('[data-testid=\"stMain\"]').scrollTop - place) < 5", arg=place
        )

    def says(self, text: str | re.Pattern) -> None:
        """Hold that the page shows a text."""
        expect(self.main.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


@contextmanager
def travelled(browser: Browser, site: str, folder: Path, size: tuple[int, int] = WIDE) -> Iterator[Journey]:
    """Yield a journey in a browser context of its own; where it fails its steps are told and a picture is kept."""
    context = new_context(browser, size)
    asked: list[str] = []
    context.on("request", lambda r: asked.append(r.url))
    journey = Journey(context.new_page(), site)
    journey.page.set_default_timeout(PATIENCE)
    faults: list[str] = []
    journey.page.on("pageerror", lambda e: faults.append(str(e)))
    try:
        yield journey
        assert faults == []
        assert [u for u in asked if not u.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))] == []
    except BaseException as error:
        picture = folder / "failed.png"
        journey.page.screenshot(path=picture)
        error.add_note("\n".join([*journey.steps, f"picture: {picture}", f"address: {journey.page.url}"]))
        raise
    finally:
        context.close()


def new_context(browser: Browser, size: tuple[int, int]) -> BrowserContext:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", accept_downloads=True)
    context.add_init_script(COUNT_RUNS)
    return context
