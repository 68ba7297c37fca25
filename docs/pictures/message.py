"""Draw the README's picture: one real alert and one real answer, as the bot's own renderers make them.

PYTHONPATH=. python docs/pictures/message.py > message.html
chromium --headless --no-sandbox --screenshot=docs/pictures/message.png --window-size=1240,900 /tmp/message.html

The messages come from the whole application, run over the episode `binance-2022`; only the bubbles are drawn.
"""

import asyncio
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import __version__
from bot.chat.discord.render import payload
from bot.chat.telegram.render import render
from bot.cli.ask import terminal_operator
from bot.config.settings import Settings
from bot.domain.incident import StepReason
from bot.messages.cards.alert import incident_card
from bot.messages.model import Message
from bot.replay.clock import ReplayClock
from bot.replay.episodes.catalogue import find_episode
from bot.replay.server import ReplayServer
from bot.service import logs
from bot.service.application import Application
from bot.service.metrics import Metrics
from bot.sources.defillama.source import DefiLlama
from bot.sources.http import Http
from bot.storage.store import open_store

_UNTIL = datetime(2022, 12, 13, 14, 30, tzinfo=UTC)

_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 24px; display: flex; gap: 24px; background: #e9edf0; font: 15px/1.4 sans-serif; }}
section {{ flex: 1 1 0; min-width: 0; align-self: flex-start; padding: 16px; border-radius: 12px; }}
h2 {{ margin: 0 0 12px; font-size: 13px; font-weight: 600; opacity: .7; }}
pre, code {{ font: 12.5px/1.35 monospace; }} pre {{ margin: 6px 0; padding: 8px; border-radius: 6px; }}
.telegram {{ background: #cfe3d0; }} .telegram pre {{ background: #f1f5f1; }}
.bubble {{ background: #fff; border-radius: 12px; padding: 10px 14px; white-space: pre-line; }}
.keys {{ display: flex; gap: 4px; margin-top: 4px; }}
.keys span {{ flex: 1; text-align: center; background: #ffffffb0; border-radius: 8px; padding: 7px; }}
.discord {{ background: #313338; color: #dbdee1; }} .discord pre, .discord code {{ background: #1e1f22; }}
.embed {{ background: #2b2d31; border-left: 4px solid; border-radius: 4px; padding: 12px 16px; white-space: pre-line; }}
.embed small {{ color: #a5a8ae; }} .title {{ font-weight: 700; }}
.fields {{ display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 8px; white-space: normal; margin-top: 8px; }}
.discord .keys span {{ flex: none; background: #4e5058; padding: 6px 14px; }}
</style>
<section class="telegram"><h2>Telegram · /reserves binance</h2><div class="bubble">{telegram}</div>{keys}</section>
<section class="discord"><h2>Discord · an alert</h2>{discord}</section>
"""


async def messages() -> tuple[Message, Message, datetime]:
    """Return an answer and an alert of the episode, and the time they were made at."""
    episode = find_episode("binance-2022")
    clock = ReplayClock.frozen(episode.live_start, episode.live_end)
    with TemporaryDirectory() as directory:
        async with ReplayServer(episode, clock) as server, Http() as http:
            settings = Settings(data_dir=Path(directory), defillama_url=server.url, redis_url=None)
            store = await open_store(settings.data_dir, clock=clock)
            source = DefiLlama(http, clock, url=server.url, name=f"Replay ({episode.label})")
            metrics = Metrics(clock, __version__)
            application = Application(settings, store=store, source=source, clock=clock, metrics=metrics)
            while clock.now() < _UNTIL:
                await application.poller.poll()
                await application.poller.poll_details()
                clock.advance(timedelta(minutes=45))
            context = terminal_operator()
            command = application.dispatcher.commands.get("reserves")
            incidents = await store.incidents.open()
            if command is None or not incidents:
                raise SystemExit("the episode shows no incident any more")
            answer = await application.dispatcher.answer_words(context, command, "binance")
            await store.close()
            return answer, incident_card(incidents[0], "Binance", StepReason.ESCALATED), clock.now()


def telegram(message: Message, now: datetime) -> tuple[str, str]:
    """Return the text and the buttons as Telegram would show them."""
    rendered = render(message, now)
    return rendered.html, "".join(_buttons([label for label, _ in row]) for row in rendered.buttons)


def discord(message: Message, now: datetime) -> str:
    """Return the embed as Discord would show it."""
    body = payload(message)
    embed: Mapping[str, Any] = body["embeds"][0]
    fields = "".join(
        f"<div><b>{_markdown(field['name'], now)}</b><br>{_markdown(field['value'], now)}</div>"
        for field in embed.get("fields", ())
    )
    rows = "".join(_buttons([button["label"] for button in row["components"]]) for row in body["components"])
    return (
        f'<div class="embed" style="border-color:#{embed["color"]:06x}"><span class="title">'
        f"{_markdown(embed['title'], now)}</span>\n{_markdown(embed.get('description', ''), now)}"
        f'<div class="fields">{fields}</div></div>{rows}'
    )


def _markdown(text: str, now: datetime) -> str:
    shown = escape(re.sub(r"\\([\\*_~`|>\[\]()#@<.!-])", r"\1", text), quote=False)
    shown = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", shown)
    shown = re.sub(r"^-# (.*)$", r"<small>\1</small>", shown, flags=re.MULTILINE)
    shown = re.sub(r"&lt;t:(\d+):R&gt;", lambda match: _ago(int(match[1]), now), shown)
    return re.sub(r"&lt;t:(\d+)(?::\w)?&gt;", lambda match: _date(int(match[1])), shown)


def _date(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %B %Y %H:%M}"


def _ago(then: int, now: datetime) -> str:
    return f"{round((now.timestamp() - then) / 60)} minutes ago"


def _buttons(labels: list[str]) -> str:
    return f'<div class="keys">{"".join(f"<span>{escape(label)}</span>" for label in labels)}</div>'


def main() -> None:
    """Write the page."""
    logs.configure("error", "text", ())
    answer, alert, now = asyncio.run(messages())
    text, keys = telegram(answer, now)
    sys.stdout.write(_PAGE.format(telegram=text, keys=keys, discord=discord(alert, now)))


if __name__ == "__main__":
    main()
