"""`python -m tests.shots`: pictures of the real dashboard for the documentation, of the demo after a while.

They are written into `docs/images`, light and as wide as a laptop. It needs a Chromium, as the browser tests do.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium

IMAGES = Path(__file__).parent.parent / "docs" / "images"
AFTER = 100  # seconds: by then something of everything has happened
SIZE: ViewportSize = {"width": 1280, "height": 800}
PAGES: Mapping[str, str] = {
    "board": "/",
    "workflows": "/workflows?span=1h",
    "workflow": "/workflows/order-fulfilment?span=1h",
    "health": "/health",
    "audit": "/audit",
}
_LINK = re.compile(r"http://[^ ]+/sign-in\?code=\S+")


def main() -> None:
    executable = chromium()
    if executable is None:
        sys.exit("no browser found: NOSHOW_CHROMIUM may name one")
    IMAGES.mkdir(exist_ok=True)
    with _demo() as link, sync_playwright() as playwright:
        time.sleep(AFTER)
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)
        page.goto(link)
        for name, path in PAGES.items():
            _take(page, link.partition("/sign-in")[0] + path, name)
        page.goto(link.partition("/sign-in")[0] + "/")
        page.locator("a.id").first.click()
        _take(page, page.url, "order")
        browser.close()


def _take(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.wait_for_load_state("load")
    page.screenshot(path=IMAGES / f"{name}.png", full_page=name in ("workflow", "order"))
    print(IMAGES / f"{name}.png")


@contextmanager
def _demo() -> Iterator[str]:
    """A running one; the link that signs in."""
    command = [sys.executable, "-m", "noshow", "demo", "--port", "8093", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            yield next(found[0] for line in process.stdout if (found := _LINK.search(line)))
        finally:
            process.terminate()
            process.communicate()


if __name__ == "__main__":
    main()
