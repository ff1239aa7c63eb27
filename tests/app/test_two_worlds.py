"""Two councils that differ in nothing but how people voted tell the same, to the byte.

One town is set up to the moment that is looked at and copied. In each copy the same people come in
the same order and choose otherwise; then every address is asked for as every role, a phone follows
the round, and the commands are run. What may differ is what no page can choose: tokens, nonces,
and the hashes that stand for a ballot without telling it.
"""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.extensions import socketio
from app.factory import create_app
from app.residents.paper import SEEDS
from app.settings import Settings
from app.ticker import Ticker
from ballots.casting import cast_ballot
from ballots.disclosure import SECONDS_APART, DisclosureProfile
from ballots.hall import open_vote
from ballots.keys import KeyFolder
from ballots.outcome import outcome_of
from ballots.tally import publish_next
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import Attendee
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import ORDER, Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import MenuItem
from neighbourhoods.rounds import Round
from tests.app.test_access import ROLES
from tests.app.world import World, addresses, hold_assembly
from tests.builders import Clock, Town

# What a process measures of itself is of both towns here; tests/app/test_metrics.py looks at it.
BESIDE = ("static", "public.metrics")
# Whom each coming voter chooses, by the place of the project: 17 against 3, and 3 against 17.
ONE = [*[0] * 17, *[1] * 3]
OTHER = [*[3] * 3, *[1] * 17]
_HIDDEN = (
    (re.compile(rb"\b[0-9a-f]{128}\b"), b"signature"),
    (re.compile(rb"\b[0-9a-f]{64}\b"), b"hash"),
    (re.compile(rb"\b[0-9a-f]{32}\b"), b"nonce"),
    # The beginning of a hash, as the ledger's page shows it.
    (re.compile(rb"<code>[0-9a-f]{12}\xe2\x80\xa6"), b"hash"),
    (re.compile(rb'(nonce=")[^"]*'), rb"\1"),
    (re.compile(rb'(name="request_id"[^>]*value=")[^"]*'), rb"\1"),
    (re.compile(rb'(name="csrf_token"[^>]*value=")[^"]*'), rb"\1"),
    (re.compile(rb'(data-token=")[^"]*'), rb"\1"),
    (re.compile(rb'("challenge": ?")[^"]*'), rb"\1"),
    (re.compile(rb"('nonce-)[^']*"), rb"\1"),
    # What somebody can quote who asks about a page: the beginning of its request's id.
    (re.compile(rb"(<strong data-verbatim>)[0-9A-F]{8}<"), rb"\1<"),
    # The time that a phone is told is as old as its state, to the thousandth of a second.
    (re.compile(rb'("now":")[^"]*'), rb"\1"),
    (re.compile(rb'(data-moment=")[^"]*'), rb"\1"),
    # When a PDF was set, and what it calls itself.
    (re.compile(rb"(Date\(D:)\d{14}"), rb"\1"),
    (re.compile(rb"/ID ?\[[^\]]*\]"), b"/ID"),
    (re.compile(rb"(<(?:xmp|xmpMM|stEvt):(?:\w*Date|\w*ID|when)>)[^<]*"), rb"\1"),
)


def cast(
    session: Any, keys: KeyFolder, round_id: int, voter: int, choice: int, times: int = 1
) -> str:
    """Let the n-th on the roll choose a project; the code of the receipt."""
    the_round = session.get_one(Round, round_id)
    entry = session.query(RollEntry).filter_by(round_id=round_id, reference=f"R{voter}").one()
    code = projects_in(session, round_id)[choice].code
    request_id, nonce = f"{voter}-{times}", f"{voter:04d}{times:04d}"
    return cast_ballot(
        session, keys, the_round, entry, [code], request_id=request_id, client_nonce=nonce
    ).code


class Copy:
    """One of the two councils."""

    def __init__(self, settings: Settings, clock: Clock, round_id: int) -> None:
        self.app: Flask = create_app(settings, clock=clock)
        self.app.config["WTF_CSRF_ENABLED"] = False
        self.app.config["RATELIMIT_ENABLED"] = False
        self.database: Database = self.app.extensions["wardmote"][1]
        self.keys = KeyFolder(settings.key_folder)
        self.clock, self.round_id = clock, round_id
        self.codes: set[str] = set()
        self.told: dict[str, object] = {}

    def vote(self, choices: Sequence[int], *, first: int = 1, times: int = 1) -> None:
        with self.database.writing() as session:
            for voter, choice in enumerate(choices, start=first):
                self.codes.add(cast(session, self.keys, self.round_id, voter, choice, times))
            session.commit()
        self.clock.moves(seconds=SECONDS_APART)

    def plain(self, body: bytes) -> bytes:
        """What was answered, without what stands for a ballot and does not tell it."""
        for code in self.codes:
            fours = " ".join(code[at : at + 4] for at in range(0, 16, 4))
            spelt = " ".join(
                "<span>" + "".join(f"<span>{letter}</span>" for letter in four) + "</span>"
                for four in fours.split()
            )
            for shown in (code, fours, spelt):
                body = body.replace(shown.encode(), b"code")
        for pattern, instead in _HIDDEN:
            body = pattern.sub(instead, body)
        return re.sub(rb'<path [^>]*stroke="#000"[^>]*>', b"<path>", body)

    def ask(self, name: str, client: FlaskClient, address: str) -> None:
        with client.get(address) as answer:
            headers = sorted(
                (key, self.plain(value.encode()))
                for key, value in answer.headers
                if key not in ("Set-Cookie", "Date")
                # The picture of one's own receipt is as long as its code makes it.
                and (key != "Content-Length" or not address.endswith("/counted"))
            )
            cookies = sorted(line.split("=")[0] for line in answer.headers.getlist("Set-Cookie"))
            self.told[f"{name} {address}"] = (
                answer.status_code,
                headers,
                cookies,
                self.plain(answer.get_data()),
            )

    def walk(self, world: World, roles: Sequence[str]) -> None:
        """Every address, as these roles and as a voter."""
        walked = [
            address
            for rule, phase, address in addresses(self.app, world, "GET")
            if phase in (None, Phase.VOTE) and rule.endpoint not in BESIDE
        ]
        for role in roles:
            who = ROLES[role]
            for address in walked:
                client = FlaskClient(self.app, self.app.response_class)
                person = who(world.town)
                with client.session_transaction() as kept:
                    kept[SEEDS] = {str(self.round_id): "drawn by lot"}
                    if person is not None:
                        kept["person_id"] = person.id
                self.ask(role, client, address)
        with self.database.reading() as session:
            entry = session.query(RollEntry).filter_by(round_id=self.round_id, reference="R1").one()
        for page in ("ballot", "counted", ""):
            client = FlaskClient(self.app, self.app.response_class)
            with client.session_transaction() as kept:
                kept[SEEDS] = {str(self.round_id): "drawn by lot"}
                kept["voter"] = {str(self.round_id): entry.id}
            self.ask("voter", client, f"/rounds/{self.round_id}/{page}".rstrip("/"))

    def listen(self, act: Callable[[], None]) -> None:
        """What a phone that follows the round hears meanwhile."""
        phone = socketio.test_client(self.app)
        self.told["join"] = phone.emit("join", {"round": self.round_id}, callback=True)
        ticker = Ticker(self.app, delay=float)
        ticker.tick()
        act()
        ticker.tick()
        self.clock.moves(seconds=SECONDS_APART)
        ticker.tick()
        self.told["heard"] = phone.get_received()
        phone.disconnect()

    def run(self, *words: str) -> None:
        result = self.app.test_cli_runner().invoke(args=[*words])
        self.told[" ".join(words)] = (result.exit_code, self.plain(result.output.encode()))


def held_vote(town: Town, assembly: Assembly) -> Round:
    """A vote of a minute in the hall, whose outcome waits for the reveal."""
    moment = town.session.info["clock"]()
    for number in range(2, 61):
        town.session.add(
            Attendee(
                assembly_id=assembly.id,
                reference=f"R{number}",
                name=f"Voter {number}",
                checked_in_at=moment,
            )
        )
    item = next(item for item in assembly.items if item.kind == ItemKind.BALLOT)
    item.seconds = 60
    assembly.stage.item_id = item.id
    town.session.flush()
    return open_vote(town.session, town.keys, item, town.facilitator).the_round


@pytest.fixture
def one_town(
    town: Town, app: Flask, test_settings: Settings, clock: Clock, tmp_path: Path
) -> Iterator[Callable[..., tuple[Copy, ...]]]:
    """Make a round, do something in both copies, each with choices of its own; what each told."""
    copies: list[Copy] = []

    def make(
        choices: Sequence[Sequence[int]],
        profile: DisclosureProfile,
        act: Callable[[Copy, Sequence[int]], None],
        before: Sequence[int] = (),
        roles: Sequence[str] = ("anyone", "officer", "facilitator"),
        in_hall: bool = False,
    ) -> tuple[Copy, ...]:
        the_round = town.round(Phase.VOTE, voters=60, step=10, profile=profile)
        item = MenuItem(title="Tree", about="A tree.", category="Green", cost_pence=78_000)
        town.session.add(item)
        assembly = hold_assembly(town, the_round)
        if in_hall:
            the_round = held_vote(town, assembly)
        world = World(town, dict.fromkeys(ORDER, the_round), item, assembly)
        keys = KeyFolder(test_settings.key_folder)
        for voter, choice in enumerate(before, start=1):
            cast(town.session, keys, the_round.id, voter, choice)
        clock.moves(seconds=SECONDS_APART)
        if before:
            assert publish_next(town.session, keys, the_round) is not None
        clock.moves(seconds=SECONDS_APART)
        town.session.commit()
        app.extensions["wardmote"][1].dispose()
        for number, chosen in enumerate(choices):
            folder = tmp_path / f"copy-{number}"
            shutil.copytree(test_settings.var, folder, ignore=shutil.ignore_patterns("copy-*"))
            settings = replace(
                test_settings, var=folder, database_url=f"sqlite:///{folder / 'wardmote.db'}"
            )
            copy = Copy(settings, Clock(clock.moment), the_round.id)
            copies.append(copy)
            copy.listen(lambda copy=copy, chosen=chosen: act(copy, chosen))  # type: ignore[misc]
            copy.walk(world, roles)
            for words in (("count", str(the_round.id)), ("count", "--json", str(the_round.id))):
                copy.run(*words)
            copy.run("audit", str(the_round.id))
        return tuple(copies)

    yield make
    for copy in copies:
        copy.database.dispose()


def differences(one: Copy, other: Copy) -> list[str]:
    assert one.told.keys() == other.told.keys()
    return [
        f"{name}: {_where(repr(told), repr(other.told[name]))}"
        for name, told in one.told.items()
        if told != other.told[name]
    ]


def _where(one: str, other: str) -> str:
    """The first place at which two answers differ."""
    alike = (a == b for a, b in zip(one, other, strict=False))
    same = next((at for at, is_same in enumerate(alike) if not is_same), 0)
    return f"…{one[max(0, same - 80) : same + 40]} | {other[same : same + 40]}"


def test_of_a_sealed_vote_nothing_tells_how_people_vote(
    one_town: Callable[..., tuple[Copy, Copy]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.sealing.BATCH", 8)
    # Whose ballots a batch holds is drawn by lot: in both towns the same, so that choices alone
    # can differ.
    monkeypatch.setattr("ballots.sealing.secrets.SystemRandom", lambda: Random(7))

    def act(copy: Copy, choices: Sequence[int]) -> None:
        copy.vote(choices)
        copy.vote(choices[::-1][:5], times=2)

    one, other = one_town((ONE, OTHER), DisclosureProfile.SEALED, act, roles=[*ROLES])
    assert len(one.told) > 300
    assert differences(one, other) == []


def test_before_the_first_step_a_live_vote_tells_nothing(
    one_town: Callable[..., tuple[Copy, Copy]],
) -> None:
    one, other = one_town(
        (ONE[1:], OTHER[1:]), DisclosureProfile.LIVE, lambda copy, chosen: copy.vote(chosen)
    )
    assert differences(one, other) == []


def test_between_two_steps_neither_new_votes_nor_changed_ones_show(
    one_town: Callable[..., tuple[Copy, Copy]],
) -> None:
    def act(copy: Copy, choices: Sequence[int]) -> None:
        copy.vote(choices, times=2)  # twenty of whom some are covered
        copy.vote(choices[:4], first=21)

    one, other = one_town((ONE, OTHER), DisclosureProfile.LIVE, act, before=[0, 1, 2, 3, 0] * 4)
    assert differences(one, other) == []


def test_a_show_of_hands_tells_the_two_apart(
    one_town: Callable[..., tuple[Copy, Copy]],
) -> None:
    one, other = one_town(
        (ONE, OTHER), DisclosureProfile.OPEN, lambda copy, chosen: copy.vote(chosen)
    )
    found = differences(one, other)
    for place in ("heard", f"anyone /rounds/{one.round_id}/tally.json"):
        assert any(line.startswith(f"{place}: ") for line in found), place


def test_a_vote_whose_outcome_is_held_is_closed_and_tells_nobody_how_the_hall_decided(
    one_town: Callable[..., tuple[Copy, Copy]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.sealing.secrets.SystemRandom", lambda: Random(7))

    def act(copy: Copy, choices: Sequence[int]) -> None:
        copy.vote(choices)
        copy.clock.moves(seconds=60)

    one, other = one_town((ONE, OTHER), DisclosureProfile.SEALED, act, roles=[*ROLES], in_hall=True)
    for copy in (one, other):
        with copy.database.reading() as session:
            assert session.get_one(Round, copy.round_id).phase == Phase.COUNT
            assert outcome_of(session, copy.round_id) is None
    assert differences(one, other) == []
