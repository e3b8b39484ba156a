"""crawlee-python: each slide is a request of its own, two at a time. argv: URL, output folder, slides, Chromium."""

import asyncio
import sys
from pathlib import Path

from crawlee import ConcurrencySettings, Request
from crawlee.configuration import Configuration
from crawlee.crawlers import PlaywrightCrawler, PlaywrightCrawlingContext
from crawlee.storage_clients import MemoryStorageClient


async def main(url: str, out: str, slides: int, chromium: str) -> None:
    crawler = PlaywrightCrawler(
        browser_launch_options={"executable_path": chromium, "args": ["--no-sandbox"]},
        browser_new_context_options={
            "viewport": {"width": 1920, "height": 1080},
            "screen": {"width": 1920, "height": 1080},
        },
        fingerprint_generator=None,
        headless=True,
        concurrency_settings=ConcurrencySettings(min_concurrency=2, max_concurrency=2, desired_concurrency=2),
        storage_client=MemoryStorageClient(),
        configuration=Configuration(purge_on_start=True),
        configure_logging=False,
    )

    @crawler.router.default_handler
    async def take(context: PlaywrightCrawlingContext) -> None:
        number = int(context.request.unique_key)
        await context.page.evaluate("top => window.scrollTo(0, top)", number * 1080)
        await context.page.screenshot(path=Path(out) / f"{number + 1:04d}.png")

    await crawler.run([Request.from_url(url, unique_key=str(number)) for number in range(slides)])


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
