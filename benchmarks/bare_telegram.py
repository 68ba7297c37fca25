"""A bot as python-telegram-bot's own examples write it, to compare with: every command has one fixed answer."""

import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import Application, CommandHandler, ContextTypes

Context = ContextTypes.DEFAULT_TYPE


def main(url: str, token: str, answers: str, transport: str) -> None:
    """Poll and answer until the process is told to end; `answers` is a file of HTML texts by command."""
    builder = Application.builder().token(token)
    if transport == "aiohttp":
        from bot.chat.telegram.transport import AiohttpRequest  # noqa: PLC0415 -- the bare bot must not pay for it

        builder = builder.base_url(lambda _: "")
        builder = builder.request(AiohttpRequest(token, url)).get_updates_request(AiohttpRequest(token, url))
    else:
        builder = builder.base_url(f"{url}/bot")
    application = builder.build()
    for name, text in json.loads(Path(answers).read_text(encoding="utf-8")).items():
        application.add_handler(CommandHandler(name, _replying(text)))
    application.run_polling()


def _replying(text: str) -> Callable[[Update, Context], Coroutine[Any, Any, None]]:
    async def reply(update: Update, _: Context) -> None:
        if update.message:
            await update.message.reply_text(text, parse_mode="HTML")

    return reply


if __name__ == "__main__":
    main(*sys.argv[1:])
