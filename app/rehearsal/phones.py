"""A resident with a phone in a meeting: joins, checks in, raises a hand, answers a poll, votes."""

import re
from dataclasses import dataclass, field

from app.rehearsal.booth import Cast, Paper, cast, fill_in
from app.rehearsal.following import Follower, State
from app.rehearsal.web import Answer, Browser

_OPTION = re.compile(r'name="option" value="(\d+-\d+)"')
_SCRIPT = {"Accept": "application/json"}


class StrayedError(Exception):
    """The server led a phone somewhere else than it leads people."""


@dataclass
class ResidentPhone:
    """One phone, in one meeting."""

    browser: Browser
    code: str
    card: str = ""
    name: str = "A resident"
    follower: Follower | None = None
    refusals: list[int] = field(default_factory=list)
    _token: str = ""

    @property
    def address(self) -> str:
        """The meeting's page."""
        return f"/a/{self.code}"

    @property
    def state(self) -> State | None:
        """What it was told last of the meeting."""
        return self.follower.state if self.follower else None

    async def join(self) -> Answer:
        """Open the address behind the QR code, and press the button."""
        page = await self._get(self.address)
        page = await self._post(f"{self.address}/join", {"csrf_token": page.token})
        self._token = page.token
        return page

    async def show_card(self) -> Answer:
        """Open the address behind the QR code of one's voter card."""
        return await self._get(f"/v/{self.card}")

    async def check_in(self) -> Answer:
        """Show one's voter card on the phone."""
        page = await self._get(f"{self.address}/check-in")
        fields = {"csrf_token": page.token, "code": self.card}
        return await self._post(f"{self.address}/check-in", fields)

    async def raise_hand(self) -> Answer:
        """Ask to speak."""
        fields = {"csrf_token": self._token, "name": self.name}
        return await self._post(f"{self.address}/hand", fields, _SCRIPT)

    async def answer_poll(self, item_id: int, option: int) -> Answer:
        """Tap an answer of a quick poll."""
        fields = {"csrf_token": self._token, "option": f"{item_id}-{option}"}
        return await self._post(f"{self.address}/poll", fields, _SCRIPT)

    async def fill_in(self, round_id: int) -> Paper:
        """Open the booth and choose."""
        paper, page = await fill_in(self.browser, f"/rounds/{round_id}/ballot")
        self._note(page)
        if paper is None:
            raise StrayedError(f"the booth answered {page.status} without a paper")
        return paper

    async def cast(self, paper: Paper, *, give_up_after: float = 120.0) -> Cast:
        """Send the ballot until it is answered."""
        done = await cast(self.browser, paper, give_up_after=give_up_after)
        if not done.is_counted:
            self.refusals.append(done.status)
        return done

    async def _get(self, path: str) -> Answer:
        return self._note(await self.browser.get(path))

    async def _post(
        self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None
    ) -> Answer:
        return self._note(await self.browser.post(path, fields, headers))

    def _note(self, answer: Answer) -> Answer:
        if answer.status >= 400:
            self.refusals.append(answer.status)
        return answer
