"""Every command on every platform, each through the platform's own client, against the same service."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from io import StringIO

import pytest
import pytest_asyncio

from bot.chat.terminal import TerminalPlatform, converse
from bot.cli.ask import terminal_operator
from bot.commands.declaration import Access
from bot.domain.place import Subscription
from bot.messages.pictures import PictureKind
from bot.service.application import COMMANDS
from tests.fakes.discord_world import MEMBER_RIGHTS
from tests.fakes.telegram import Sent
from tests.servers import Server
from tests.world import MODERATOR, Running, running, world_of

EXPECTED = {
    "reserves": (
        {"exchange": "binance"},
        "Binance · $69.2 B · 24 h −$3.60 B (−5.0 %)",
        "Reserves without its own token",
    ),
    "flows": ({"exchange": "binance", "window": "24h"}, "Binance · 24 h −$3.60 B (−5.0 %)", "5.0 % of reserves"),
    "top": ({"by": "outflow"}, "Largest outflows by share · 24 h", "Exchanges with a 24 h figure: 3 of 3"),
    "compare": ({"a": "binance", "b": "ftx-2022"}, "FTX, November 2022", "reconstruction from published figures"),
    "chart": ({"exchange": "binance", "what": "flows"}, "Binance · net flow a day · 30 d", "24 h −$"),
    "verify": ({}, "Verify your inclusion proof", "I can check those of Bitget"),
    "drill": (
        {"exchange": "kraken", "asset": "USDT", "step": "requested"},
        "Kraken · your drill is under way",
        "Since",
    ),
    "rehearse": ({"rule": "early", "exchange": "binance"}, "Rehearsal · early sensitivity", "This rule would"),
    "exchanges": ({}, "Exchanges · 3 known, 3 watched", "kraken"),
    "withdrawals": ({"exchange": "okx"}, "OKX · withdrawals", "Withdrawals: unknown, no source."),
    "news": ({"exchange": "okx"}, "OKX · news", "News is off: "),
    "stress": ({"exchange": "okx"}, "OKX · stress test", "OKX — not enough data"),
    "por": ({"exchange": "kraken"}, "Kraken · proof of reserves", "Liabilities included · proof of 2025-09-30, "),
    "incidents": ({}, "Incidents", "INC-1"),
    "why": ({"incident": "INC-1"}, "INC-1 · Binance · why", "normal sensitivity"),
    "subscribe": ({"exchange": "okx"}, "Subscribed · OKX", "watch or worse, normal sensitivity"),
    "unsubscribe": ({"exchange": "kraken"}, "Unsubscribed · Kraken", "Kraken alerts are off here"),
    "subscriptions": ({}, "Subscriptions", "Binance"),
    "approve": (
        {"incident": "INC-42", "decision": "post"},
        "INC-42 · nothing waits",
        "No alert about it waits for a moderator there.",
    ),
    "settings": ({"name": "notices", "value": "off"}, "Settings · notices off", "Data notices: off"),
    "mute": ({"exchange": "okx", "duration": "4h"}, "Muted · OKX", "Nothing about OKX is posted here until"),
    "unmute": ({"exchange": "kraken"}, "Nothing to unmute", "muted"),
    "test": ({}, "Test alert", "A test changes no incident and no subscription."),
    "export": ({}, "Export", "In the file: "),
    "import": ({}, "That did not work", "answer the file with /import"),
    "help": ({}, "Runwatch · help", "/reserves · /flows · "),
    "status": ({}, "Status", "3 read of 3 listed"),
    "hold": (
        {"exchange": "kraken", "why": "wallets are being moved"},
        "Kraken · figures paused",
        "wallets are being moved",
    ),
    "release": ({"exchange": "kraken"}, "Kraken · released", "Its figures raise alerts again"),
    "privacy": ({}, "Privacy", "Questions are answered and forgotten"),
}
"""Of each command: what is asked, the title of the answer, and words that are in it."""

PNG = b"\x89PNG"
Ask = Callable[[Running, str, dict[str, str]], Awaitable[str]]


async def on_telegram(run: Running, name: str, given: dict[str, str]) -> str:
    """Return what an administrator of a group reads, another one each time: who asks 20 at once has to wait.

    What is for private chats alone is asked in theirs, and answered by no reply.
    """
    world = run.world
    line = " ".join((f"/{name}", *given.values()))
    command = COMMANDS.get(name)
    is_owners = command and command.access is Access.OWNER
    asker = world.ann if is_owners else world.telegram.user(f"Asker of {name}")
    world.group.members[asker.id] = "administrator"
    is_private = command is not None and command.private_only
    chat = world.telegram.private(asker) if is_private else world.group
    asked = world.telegram.say(chat, asker, line)

    def answers() -> list[str]:
        messages = world.telegram.messages_in(chat)
        return [message.text for message in messages if is_private or message.reply_to == asked]

    await world.telegram.until(answers, f"an answer to {line}")
    return answers()[0]


async def on_discord(run: Running, name: str, given: dict[str, str]) -> str:
    """Return what a moderator of a server reads, or anybody where anybody may ask, without the marks."""
    command = COMMANDS.get(name)
    rights = MODERATOR if command and command.access is Access.MODERATOR else MEMBER_RIGHTS
    user = run.world.owner if command and command.access is Access.OWNER else None
    answer = await run.world.discord.slash(name, given, channel=run.world.channel, user=user, permissions=rights)
    embed = answer.embed
    fields = (f"{field['name']} {field['value']}" for field in embed.get("fields", ()))
    marked = "\n".join((embed["title"], embed.get("description", ""), *fields))
    return re.sub(r"\\(.)", r"\1", marked.replace("**", ""))


async def on_the_terminal(run: Running, name: str, given: dict[str, str]) -> str:
    """Return what is printed when the line is typed at the prompt."""
    output = StringIO()
    end, beginning = os.pipe()
    os.write(beginning, " ".join((name, *given.values(), "\nquit\n")).encode())
    os.close(beginning)
    with os.fdopen(end) as typed:
        chat = TerminalPlatform(run.world.clock, out=output)
        await converse(run.application.dispatcher, terminal_operator(), chat, typed=typed)
    return output.getvalue().replace("\n    ", " ")


PLATFORMS: dict[str, Ask] = {"telegram": on_telegram, "discord": on_discord, "terminal": on_the_terminal}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(redis_process: Server) -> AsyncIterator[Running]:
    """Yield a service with INC-1 open at Binance, where every platform's place hears of Binance and Kraken."""
    async with world_of(redis_process) as world, running(world) as run:
        for exchange in ("binance", "kraken"):
            await run.subscribe(exchange)
            await run.application.store.subscriptions.add(Subscription(terminal_operator().place, exchange))
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1")
        yield run


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_a_command_is_answered_alike(run: Running, platform: str, name: str) -> None:
    given, title, words = EXPECTED[name]
    answer = await PLATFORMS[platform](run, name, given)
    first, *rest = (line for line in answer.splitlines() if line)
    assert title in first
    assert words in "\n".join(rest)


BROKEN = ("Something broke", "no longer exists", "I don't recognise", "isn't possible", "The store is away")
"""What no button may be answered with, whoever presses it."""


async def buttons_on_telegram(run: Running, name: str, given: dict[str, str]) -> list[str]:
    """Ask in a new group, press every button of the answer, and return what each was answered with."""
    telegram, command = run.world.telegram, COMMANDS.get(name)
    is_owners = command and command.access is Access.OWNER
    asker = run.world.ann if is_owners else telegram.user(f"Asker of {name}")
    group = telegram.group(f"Buttons of {name}", admins=(asker,))

    def changes() -> int:
        return sum(1 + message.edits for message in telegram.messages_in(group))

    def is_answered(text: str, before: int) -> bool:
        return bool(text) or changes() > before

    telegram.say(group, asker, " ".join((f"/{name}", *given.values())))
    answer = await telegram.wait_for_message(group)
    answers = []
    for _, data in [button for row in answer.buttons for button in row]:
        presser, before = telegram.user(f"Presser of {data}"), changes()
        group.members[presser.id] = "administrator"
        # What takes the message's place would take its other buttons away: they are pressed as they were.
        callback = telegram.press(replace(answer, buttons=((("as it was", data),),)), data, presser)
        await telegram.until(partial(telegram.answered.__contains__, callback), f"a word on {data}")
        text = telegram.answered[callback].get("text", "")
        await telegram.until(partial(is_answered, text, before), f"an answer to {data}")
        answers.append(f"{data}: {text} {[message.text for message in telegram.messages_in(group)]}")
    return answers


async def buttons_on_discord(run: Running, name: str, given: dict[str, str]) -> list[str]:
    """Ask as a moderator, press every button of the answer, and return what each was answered with."""
    world, command = run.world, COMMANDS.get(name)
    user = world.owner if command and command.access is Access.OWNER else None
    asked = await world.discord.slash(name, given, channel=world.channel, user=user, permissions=MODERATOR)
    answers = []
    for row in list(asked.message["components"]):
        for button in row["components"]:
            answer = await world.discord.press(
                button["custom_id"], channel=world.channel, message=dict(asked.message), permissions=MODERATOR
            )
            answers.append(f"{button['custom_id']}: {answer.text}")
    return answers


BUTTONS = {"telegram": buttons_on_telegram, "discord": buttons_on_discord}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
@pytest.mark.parametrize("platform", BUTTONS)
async def test_every_button_of_an_answer_leads_somewhere(run: Running, platform: str, name: str) -> None:
    for answer in await BUTTONS[platform](run, name, EXPECTED[name][0]):
        assert not any(words in answer for words in BROKEN), answer


@pytest.mark.asyncio(loop_scope="module")
async def test_an_open_incident_completes(run: Running) -> None:
    world = run.world
    [choice] = await world.discord.autocomplete("why", "incident", "bin", channel=world.channel)
    assert choice["value"] == "INC-1"
    assert choice["name"].startswith("INC-1 · Binance · ")


@pytest.mark.asyncio(loop_scope="module")
async def test_what_was_given_is_not_offered_again(run: Running) -> None:
    world = run.world
    choices = await world.discord.autocomplete("compare", "b", "", channel=world.channel, given={"a": "binance"})
    assert {choice["value"] for choice in choices} >= {"okx", "kraken", "ftx-2022"}
    assert "binance" not in {choice["value"] for choice in choices}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("what", PictureKind)
async def test_a_chart_arrives_as_a_picture(run: Running, what: PictureKind) -> None:
    """Typed on Telegram, pressed as a button on Discord, drawn by the real process."""
    world = run.world
    asked = world.telegram.say(world.group, world.telegram.user(f"Asker of {what}"), f"/chart binance {what}")

    def answers() -> list[Sent]:
        return [message for message in world.telegram.messages_in(world.group) if message.reply_to == asked]

    await world.telegram.until(answers, f"the chart of {what}")
    (on_telegram,) = answers()
    on_discord = await world.discord.press(f"run:chart binance {what}", channel=world.channel)
    assert (on_telegram.photo or b"").startswith(PNG), on_telegram.text
    (attachment,) = on_discord.message["attachments"]
    assert bytes.fromhex(attachment["png"]).startswith(PNG)
    assert on_telegram.labels == tuple(button["label"] for button in on_discord.message["components"][0]["components"])


@pytest.mark.asyncio(loop_scope="module")
async def test_a_chart_that_many_ask_for_at_once_is_uploaded_once(run: Running) -> None:
    telegram = run.world.telegram
    groups = [telegram.group(f"Group {number}") for number in range(20)]
    telegram.requests.clear()
    for group in groups:
        telegram.say(group, telegram.user(f"Asker in {group.title}"), "/chart binance composition")
    await telegram.until(lambda: all(telegram.messages_in(group) for group in groups), "a chart in every group")
    photos = {message.photo for group in groups for message in telegram.messages_in(group)}
    sent = [given["photo"] for method, given in telegram.requests if method == "sendphoto"]
    assert None not in photos
    assert len(photos) < 3  # two where a new reading came meanwhile
    assert sum(photo.startswith("upload:") for photo in sent) <= len(photos)


REFUSALS = {
    Access.OWNER: ("is for the owner of this bot", MODERATOR),
    Access.MODERATOR: ("for the people who moderate this place", MEMBER_RIGHTS),
}
"""What those read who may not use a command, and the rights on Discord that are not enough."""


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("name", "access"), [(command.name, command.access) for command in COMMANDS if command.access in REFUSALS]
)
async def test_what_not_everybody_may_do_is_refused_to_everybody_else(run: Running, name: str, access: Access) -> None:
    world, given, (refusal, rights) = run.world, EXPECTED[name][0], REFUSALS[access]
    bob = world.telegram.user("Bob")
    world.telegram.say(world.group, bob, " ".join((f"/{name}", *given.values())))
    answer = await world.telegram.wait_for_message(world.group, containing=refusal)
    assert "That did not work" in answer.text
    on_discord = await world.discord.slash(name, given, channel=world.channel, permissions=rights)
    assert refusal in on_discord.text
    assert on_discord.ephemeral
