"""The whole bot in the middle of an episode, asked on both platforms, for docs/gallery.md.

The clock stands still between questions, and moves in steps of 45 minutes or two hours, in which everything is read and
judged.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import __version__
from bot.cli.demo import demo_settings, demo_withdrawal_sources
from bot.commands.declaration import Caller, PlaceAccess
from bot.commands.dispatcher import CommandContext
from bot.domain.errors import AskerError
from bot.domain.incident import Incident, StepReason
from bot.domain.place import Place, Platform
from bot.messages.cards.alert import incident_card
from bot.messages.documents import Document
from bot.messages.model import Message
from bot.replay.clock import ReplayClock
from bot.replay.episode import Episode
from bot.replay.server import ReplayServer
from bot.service.application import Application
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import open_store

_READING_EVERY = timedelta(minutes=45)
LARGEST_STEP = timedelta(hours=2)
"""Of the clock: a reading of more than three hours ago is not judged."""
_STAGED_FOR = timedelta(hours=2)  # after the end of a fault, in which messages still speak of it
_TURN = timedelta(milliseconds=20)
_SETTLING_S = 0.15  # a turn of withdrawals takes a tenth of it
_QUESTIONS_AT_ONCE = 10  # that a person asks; from 20 on they are asked to wait, and the clock stands still
GROUP, CHANNEL = Place(Platform.TELEGRAM, "-1001234567890"), Place(Platform.DISCORD, "108")


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as both platforms get it at `now`.

    `asked` is what was typed or pressed, "" for what comes unasked. `figures` says where its figures are from. A
    platform that does not have this message has None. `is_pressed`: it answers a button, so that Telegram shows a short
    private one as a window over the chat. `replies_to` is the title of an earlier message that it is a reply to.
    """

    telegram: Message | None
    discord: Message | None
    now: datetime
    figures: str
    asked: str = ""
    is_pressed: bool = False
    replies_to: str = ""


@dataclass(slots=True)
class MessageCollection:
    """The messages by the names under which sheets show them."""

    messages: dict[str, ShownMessage] = field(default_factory=dict)

    def add(  # noqa: PLR0913 — what is shown of a message
        self, name: str, message: Message, now: datetime, figures: str, *, asked: str = "", on_discord: bool = True
    ) -> None:
        """Take a message that reads the same on both platforms; `asked` with a ▸ in front is a button."""
        self.messages[name] = ShownMessage(
            message,
            message if on_discord else None,
            now,
            figures,
            asked.removeprefix("▸"),
            is_pressed=asked.startswith("▸"),
        )

    def reply(self, name: str, earlier: str) -> None:
        """Make a message the reply to an earlier one."""
        first = self.messages[earlier].telegram
        title = f"{first.tone.icon} {first.title}" if first else ""
        self.messages[name] = replace(self.messages[name], replies_to=title)


@dataclass(frozen=True, slots=True)
class Replay:
    """The bot in the middle of an episode; `names` are those of the exchanges."""

    application: Application
    clock: ReplayClock
    episode: Episode
    collection: MessageCollection
    exchanges: tuple[str, ...]

    @property
    def figures(self) -> str:
        """Return what is said of the figures of this episode."""
        at, staging = self.clock.now(), self.episode.staging
        is_staged = staging is not None and any(
            fault.since <= at <= fault.until + _STAGED_FOR for fault in staging.faults
        )
        return f"{self.episode.title}: {self.episode.label}{'; that data are missing is staged' if is_staged else ''}"

    @property
    def names(self) -> dict[str, str]:
        """Return the exchanges' names by id."""
        return dict(self.application.dispatcher.queries.names())

    async def ask(  # noqa: PLR0913 — who asks what, how, and what has to be so before
        self,
        name: str,
        asked: str,
        *,
        who: str = "moderator",
        button: str = "",
        documents: tuple[Document, ...] = (),
        before: str = "",
    ) -> None:
        """Ask on both platforms as a member, a moderator or the owner, and take the answers.

        `button` is the label of what was pressed, "" where it was typed. `documents` come with the command, one on each
        platform. `before` is asked before each: what one platform has released is not paused any more on the other.
        """
        answers: list[Message] = []
        for number, place in enumerate((GROUP, CHANNEL)):
            identity = f"{place.platform}:{len(self.collection.messages) // _QUESTIONS_AT_ONCE}"
            context = _context(place, who, identity, documents[number] if documents else None)
            if before:
                await self._answer(context, before)
            answers.append(await self._answer(context, asked))
        telegram, discord = answers
        self.collection.messages[name] = ShownMessage(
            telegram, discord, self.clock.now(), self.figures, button or asked, is_pressed=bool(button)
        )

    async def _answer(self, context: CommandContext, asked: str) -> Message:
        word, _, rest = asked.removeprefix("/").partition(" ")
        command = self.application.dispatcher.commands.get(word)
        if command is None:
            raise SystemExit(f"there is no /{word} any more")
        return await self.application.dispatcher.answer_words(context, command, rest)

    def alert(self, name: str, incident: Incident, reason: StepReason, *, replies_to: str = "") -> None:
        """Take the alert of an incident as it is posted now, in reply to the message of another name."""
        subject = self.names.get(incident.subject, incident.subject)
        card = incident_card(incident, subject, reason, self.names)
        self.collection.add(name, card, self.clock.now(), self.figures)
        if replies_to:
            self.collection.reply(name, replies_to)

    async def until(
        self, is_true: Callable[[Incident], bool], subject: str, step: timedelta = _READING_EVERY
    ) -> Incident:
        """Let time pass until an incident of a subject is as it is wanted, and return it."""
        while self.clock.now() < self.clock.end:
            for incident in await self.application.store.incidents.recent(50, subject=subject):
                if is_true(incident):
                    return incident
            await self.pass_time(step)
        raise SystemExit(f"the episode {self.episode.id} has no such incident any more")

    async def pass_time(self, span: timedelta) -> None:
        """Let time pass, and have everything read and judged every 45 minutes."""
        while span > timedelta():
            step = min(span, LARGEST_STEP)
            self.clock.advance(step)
            span -= step
            await self.application.poller.poll()
            await self.application.poller.poll_details()
            await self.application.withdrawal_poller.fetch(self.exchanges)
            await asyncio.sleep(_SETTLING_S)


def _context(place: Place, who: str, identity: str, document: Document | None) -> CommandContext:
    """Return the context of Ann, who is a member, the moderator of both places, or the owner of the bot.

    With another `identity` for every few questions none of them is taken for a flood.
    """

    async def may_moderate(_: Place) -> bool:
        return who != "member"

    async def find(text: str) -> Place:
        raise AskerError(f"There is no {text}.")

    async def missing(_: Place) -> tuple[str, ...]:
        return ()

    async def read() -> Document:
        if document is None:
            raise AskerError("There is no file.")
        return document

    return CommandContext(
        place,
        Caller(identity, is_owner=who == "owner", may_moderate=may_moderate, name="Ann"),
        PlaceAccess(find, missing),
        document=read if document else None,
    )


@asynccontextmanager
async def replay_of(
    episode: Episode, start: datetime, collection: MessageCollection, exchanges: tuple[str, ...]
) -> AsyncIterator[Replay]:
    """Run the bot on an episode, its clock standing at `start`; `exchanges` are asked about their withdrawals."""
    clock = ReplayClock.frozen(start, episode.live_end)
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="runwatch-gallery-")))
        server = await stack.enter_async_context(ReplayServer(episode, clock))
        http = await stack.enter_async_context(Http())
        settings = demo_settings(server, directory)
        store = await open_store(directory / "store", clock=clock)
        stack.push_async_callback(store.close)
        application = Application(
            settings,
            store=store,
            source=DefiLlama(http, clock, url=server.url, name=f"Replay ({episode.label})"),
            clock=clock,
            metrics=Metrics(clock, __version__),
            withdrawal_sources=demo_withdrawal_sources(server, settings, http, clock),
            withdrawal_turn=_TURN,
        )
        replay = Replay(application, clock, episode, collection, exchanges)
        await replay.pass_time(timedelta(minutes=1))
        serving = asyncio.create_task(application.withdrawal_poller.serve())
        try:
            yield replay
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
