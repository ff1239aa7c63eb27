"""A real Chromium beside the simulated phones, in the same loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, async_playwright

from tests.browser import FLAGS, HALL, PHONE, installed_browser


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium, closed in the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=installed_browser(), args=[*FLAGS]
        )
        try:
            yield browser
        finally:
            await browser.close()


async def new_phone(browser: Browser) -> Page:
    """A resident's phone: nothing in its caches, no cookies."""
    context = await browser.new_context(
        viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2, locale="en-GB"
    )
    context.set_default_timeout(20_000)
    return await context.new_page()


async def new_projector(browser: Browser) -> Page:
    """The projector of the hall."""
    context = await browser.new_context(viewport=HALL, locale="en-GB")
    context.set_default_timeout(20_000)
    return await context.new_page()
