"""Casting a ballot as the booth's script does: the same request id until there is an answer."""

import asyncio
import random
import re
import secrets
from dataclasses import dataclass

from app.rehearsal.web import Answer, Browser

FIRST_WAIT, LONGEST_WAIT = 1.0, 20.0
_DICE = random.SystemRandom()
_PROJECT = re.compile(r'name="project"[^>]*?value="([^"]+)"|value="([^"]+)"[^>]*?name="project"')
_MARK = re.compile(r'type="radio"[^>]*name="(mark-[^"]+)" value="([^"]*)"')
_REQUEST = re.compile(r'name="request_id"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Paper:
    """A booth's page, filled in."""

    path: str
    fields: dict[str, str | list[str]]

    @property
    def request_id(self) -> str:
        """What this sending is called; a retry bears the same."""
        return str(self.fields["request_id"])


@dataclass(frozen=True)
class Cast:
    """What became of a ballot."""

    status: int
    receipt: str
    commitment: str
    # How often it was sent, and seconds from the first sending to the answer.
    sendings: int
    seconds: float

    @property
    def is_counted(self) -> bool:
        """Whether the server gave a receipt for it."""
        return bool(self.receipt)


async def fill_in(browser: Browser, path: str, most: int = 3) -> tuple[Paper | None, Answer]:
    """Open the booth and choose projects by lot; no paper if the booth has none."""
    page = await browser.get(path)
    requests = _REQUEST.search(page.text)
    choices = _choices(page.text, most)
    if page.status != 200 or requests is None or not choices:
        return None, page
    fields: dict[str, str | list[str]] = {
        "csrf_token": page.token,
        "request_id": requests.group(1),
        "client_nonce": secrets.token_hex(16),
        **choices,
    }
    return Paper(path, fields), page


def _choices(page: str, most: int) -> dict[str, str | list[str]]:
    """Some of the projects ticked, or a mark for each, whatever the paper asks for."""
    marks: dict[str, list[str]] = {}
    for name, value in _MARK.findall(page):
        marks.setdefault(name, []).append(value)
    if marks:
        return {name: _DICE.choice(values) for name, values in marks.items()}
    codes = sorted({one or two for one, two in _PROJECT.findall(page)})
    return {"project": _DICE.sample(codes, min(len(codes), most))} if codes else {}


async def cast(browser: Browser, paper: Paper, *, give_up_after: float = 120.0) -> Cast:
    """Send a paper until it is answered: away, 429 and 5xx are tried again, with the same id."""
    loop = asyncio.get_running_loop()
    began, wait, sendings, status = loop.time(), FIRST_WAIT, 0, 0
    while loop.time() - began < give_up_after:
        sendings += 1
        try:
            answer = await browser.post(paper.path, paper.fields, {"Accept": "application/json"})
            status = answer.status
        except (OSError, TimeoutError):
            browser.hang_up()
            status = 0
        if status and status < 500 and status != 429:
            receipt = (answer.json or {}).get("receipt") or {}
            code, commitment = str(receipt.get("code", "")), str(receipt.get("commitment", ""))
            return Cast(status, code, commitment, sendings, loop.time() - began)
        await asyncio.sleep(wait / 2 + _DICE.random() * wait / 2)
        wait = min(wait * 2, LONGEST_WAIT)
    return Cast(status, "", "", sendings, loop.time() - began)
