"""A whole meeting with simulated phones: they join, follow, ask to speak, answer and vote."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.rehearsal.booth import Cast
from app.rehearsal.following import Follower, State, of_assembly
from app.rehearsal.office import OPTIONS, Office
from app.rehearsal.phones import ResidentPhone, StrayedError
from app.rehearsal.web import Browser

AT_A_TIME = 25
CONNECTED_WITHIN = 60.0
NEWS_WITHIN = 10.0
# People vote at a rate of a thousand a minute, and not all in one second.
A_SECOND = 1_000 / 60
_NUMBER = re.compile(r'wm-me__number">(\d+)<')
_DICE = random.SystemRandom()


@dataclass(frozen=True)
class Step:
    """What so many of so many phones reached, and the seconds that each of them took."""

    name: str
    reached: int
    of: int
    seconds: Sequence[float] = ()
    # What 95 of 100 must stay within.
    within: float | None = None

    @property
    def slow(self) -> float:
        """The seconds that 95 of 100 stayed within."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)] if self.seconds else 0.0

    @property
    def is_reached(self) -> bool:
        """Whether all of them reached it, and soon enough."""
        return self.reached == self.of and (self.within is None or self.slow <= self.within)


@dataclass
class Rehearsal:
    """One rehearsal; `tell` is told of each step as it is done."""

    office: Office
    base_url: str
    code: str
    voters: int
    tell: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    _phones: list[ResidentPhone] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _heard: dict[int, list[float]] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether every step was reached."""
        return all(step.is_reached for step in self.steps)

    async def run(self) -> None:
        """Walk through the meeting."""
        await self._office(self.office.begin)
        self._phones = [
            ResidentPhone(Browser(self.base_url), self.code, name=f"Simulated {number}")
            for number in range(1, self.voters + 1)
        ]
        try:
            await self._join()
            await self._connect()
            await self._hear_news()
            await self._speak()
            await self._answer()
            await self._vote()
        finally:
            await asyncio.gather(*(each.follower.stop() for each in self._phones if each.follower))

    def _done(self, name: str, reached: int, of: int, *more: object, **limits: float) -> None:
        seconds = more[0] if more else ()
        step = Step(name, reached, of, seconds, **limits)  # type: ignore[arg-type]
        self.steps.append(step)
        self.tell(step)

    async def _office(self, act: Callable[[], object]) -> object:
        return await asyncio.to_thread(act)

    async def _each(
        self, phones: Sequence[ResidentPhone], act: Callable[[ResidentPhone], Awaitable[bool]]
    ) -> list[float]:
        """Let every phone act, so many at a time; the seconds of those that reached it."""
        turns = asyncio.Semaphore(AT_A_TIME)

        async def one(phone: ResidentPhone) -> float | None:
            async with turns:
                began = time.monotonic()
                try:
                    reached = await act(phone)
                except (OSError, TimeoutError, StrayedError):
                    reached = False
                phone.browser.hang_up()
                return time.monotonic() - began if reached else None

        seconds = await asyncio.gather(*(one(phone) for phone in phones))
        return [each for each in seconds if each is not None]

    # --- the meeting -------------------------------------------------------------------------

    async def _join(self) -> None:
        async def join(phone: ResidentPhone) -> bool:
            page = await phone.join()
            found = _NUMBER.search(page.text)
            if found is not None:
                self._numbers.append(int(found.group(1)))
            return found is not None

        seconds = await self._each(self._phones, join)
        self._done("joined the meeting", len(seconds), self.voters, seconds)
        numbers = list(self._numbers)
        paired = await self._office(lambda: self.office.check_in(numbers))
        self._done("were checked in at the door", int(str(paired)), self.voters)

    async def _connect(self) -> None:
        channel, began = of_assembly(self.office.assembly_id, self.code), time.monotonic()
        for phone in self._phones:
            phone.follower = Follower(phone.browser, self.base_url, channel, self._note)
            phone.follower.start()
        followers = [phone.follower for phone in self._phones if phone.follower]
        await _until(lambda: all(each.is_connected for each in followers), CONNECTED_WITHIN)
        connected = sum(each.is_connected for each in followers)
        self._done("are connected by socket", connected, self.voters, [time.monotonic() - began])

    def _note(self, state: State) -> None:
        sent = datetime.fromisoformat(str(state["now"])).timestamp()
        self._heard.setdefault(int(state["version"]), []).append(max(0.0, time.time() - sent))

    async def _hear_news(self) -> None:
        version = int(str(await self._office(lambda: self.office.say("This is a rehearsal."))))
        await _until(lambda: len(self._heard.get(version, ())) >= self.voters, NEWS_WITHIN)
        seconds = self._heard.get(version, [])
        self._done(
            "heard what was put on the screens", len(seconds), self.voters, seconds, within=1.0
        )

    async def _speak(self) -> None:
        some = self._phones[:: max(1, self.voters // 20)]

        async def raise_hand(phone: ResidentPhone) -> bool:
            return (await phone.raise_hand()).status == 200

        seconds = await self._each(some, raise_hand)
        self._done("raised their hands", len(seconds), len(some), seconds, within=2.0)

    async def _answer(self) -> None:
        item_id = int(str(await self._office(self.office.turn_to_poll)))

        async def answer(phone: ResidentPhone) -> bool:
            option = _DICE.randrange(len(OPTIONS))
            return (await phone.answer_poll(item_id, option)).status == 200

        seconds = await self._each(self._phones, answer)
        answers = int(str(await self._office(lambda: self.office.answers(item_id))))
        self._done("answered the quick poll", answers, self.voters, seconds, within=2.0)

    async def _vote(self) -> None:
        round_id = int(str(await self._office(self.office.open_ballot)))
        cast: list[Cast] = []

        async def vote(phone: ResidentPhone) -> None:
            await asyncio.sleep(_DICE.uniform(0, max(5.0, self.voters / A_SECOND)))
            try:
                cast.append(await phone.cast(await phone.fill_in(round_id)))
            except (OSError, TimeoutError, StrayedError):
                return
            finally:
                phone.browser.hang_up()

        await asyncio.gather(*(vote(phone) for phone in self._phones))
        counted = [each for each in cast if each.is_counted]
        seconds = [each.seconds for each in counted]
        self._done(
            "received a receipt for their ballot", len(counted), self.voters, seconds, within=1.0
        )
        stored = int(str(await self._office(lambda: self.office.ballots(round_id))))
        self._done("of these ballots lie in the box", stored, len(counted))


async def _until(happens: Callable[[], bool], within: float) -> None:
    began = time.monotonic()
    while not happens() and time.monotonic() - began < within:
        await asyncio.sleep(0.05)
