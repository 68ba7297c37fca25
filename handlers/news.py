"""/news — how many headlines name an exchange beside its normal days, and the newest of them."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.messages.cards.news import news_card, no_news_card
from bot.messages.model import Message


@command
async def news(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Count the headlines that name an exchange beside its normal days, and show the newest"""
    asked, answers = request.queries.exchange(exchange), request.queries.news
    known = await answers.of(asked) if answers.feeds else None
    if known is None:
        return no_news_card(asked, is_on=bool(answers.feeds))
    return news_card(
        asked, known.loudness, known.headlines, feeds=answers.feeds, read_at=known.read_at, now=request.now
    )
