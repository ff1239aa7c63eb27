"""The other phones in the hall: simulated ones, which do what the pages' scripts do."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self, TypeVar

from app.rehearsal.following import Follower, State, of_assembly, of_round
from app.rehearsal.phones import ResidentPhone
from app.rehearsal.web import Answer, Browser

Thing = TypeVar("Thing")
Marks = Mapping[str, str | list[str]]
PATIENCE = 60.0


class Crowd:
    """So many residents with a voter card and a phone each, beside the browser in a thread.

    `heard` is all that the meeting told their sockets, `tallies` all that its votes told.
    """

    def __init__(self, base_url: str, assembly_id: int, code: str, cards: Sequence[str]) -> None:
        self.base_url, self._channel = base_url, of_assembly(assembly_id, code)
        self.phones = [ResidentPhone(Browser(base_url), code, card=card) for card in cards]
        self.heard: list[State] = []
        self.tallies: list[State] = []
        self._watching: list[Follower] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._await(self._leave())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _await(self, act: Coroutine[Any, Any, Thing]) -> Thing:
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(PATIENCE)

    def _each(self, act: Callable[[int, ResidentPhone], Awaitable[Thing]]) -> list[Thing]:
        async def all_of_them() -> list[Thing]:
            acts = (act(number, phone) for number, phone in enumerate(self.phones))
            return await asyncio.gather(*acts)

        return self._await(all_of_them())

    def come_in(self) -> None:
        """Join, check in with one's voter card, and follow by socket."""

        async def come(_number: int, phone: ResidentPhone) -> Answer:
            await phone.join()
            page = await phone.check_in()
            phone.follower = Follower(phone.browser, self.base_url, self._channel, self._hear)
            phone.follower.start()
            return page

        assert all("You are checked in" in page.text for page in self._each(come))

    def _hear(self, state: State) -> None:
        self.heard.append(state)

    def answer(self, item_id: int, options: Sequence[int]) -> None:
        """Tap an answer of a quick poll each."""

        async def tap(number: int, phone: ResidentPhone) -> Answer:
            return await phone.answer_poll(item_id, options[number])

        assert {answer.status for answer in self._each(tap)} == {200}

    def vote(self, round_id: int, marks: Sequence[Marks]) -> None:
        """Fill in a paper each, by these marks, and cast it."""

        async def vote(number: int, phone: ResidentPhone) -> bool:
            paper = await phone.fill_in(round_id)
            form = ("csrf_token", "request_id", "client_nonce")
            kept = {name: value for name, value in paper.fields.items() if name in form}
            return (await phone.cast(replace(paper, fields=kept | dict(marks[number])))).is_counted

        assert all(self._each(vote))

    def watch(self, round_id: int) -> None:
        """Let one of them follow the figures of a vote, as its tally page does."""

        async def follow() -> None:
            channel = of_round(round_id)
            one = Follower(self.phones[0].browser, self.base_url, channel, self.tallies.append)
            self._watching.append(one)
            one.start()
            await one.reached.wait()

        self._await(follow())

    async def _leave(self) -> None:
        followers = [phone.follower for phone in self.phones if phone.follower]
        await asyncio.gather(*(one.stop() for one in [*followers, *self._watching]))
