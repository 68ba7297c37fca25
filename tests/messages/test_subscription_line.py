"""A command that says everything about a subscription makes exactly that one, whatever else the place has."""

from dataclasses import replace

import pytest

from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.messages.subscription_line import place_words, subscribe_line
from tests.builders import HERE, subscription
from tests.fakes.dispatcher import MODERATOR, DispatcherBench

ON_DISCORD = Place(Platform.DISCORD, "77")


@pytest.mark.parametrize(
    "wanted",
    [
        subscription(),
        subscription(severity=Severity.SEVERE, sensitivity=Sensitivity.EARLY, usd=5e7, share=0.03, mention="here"),
        subscription(usd=1234567.89, share=0.0125, mention="123456"),
        subscription(usd=2.5e9, share=1.0, mention="everyone"),
        subscription(usd=999.0),
        subscription(None, severity=Severity.ELEVATED, usd=1e3),
        subscription(None, share=0.5, mention="here"),
    ],
)
async def test_it_makes_the_same_subscription_again(wanted: Subscription) -> None:
    bench = DispatcherBench()
    await bench.load()
    if wanted.exchange:
        await bench.ask("subscribe all severe $70M 7% @everyone", who=MODERATOR)

    await bench.ask(subscribe_line(wanted, HERE), who=MODERATOR)

    made = next(kept for kept in await bench.memory.subscriptions.of_place(HERE) if kept.exchange == wanted.exchange)
    assert replace(made, created_by="", created_at=None) == wanted


def test_another_place_is_named_and_this_one_is_not() -> None:
    assert place_words(HERE, HERE) == ()
    assert place_words(HERE, ON_DISCORD) == ("-1001234567890",)
    assert place_words(ON_DISCORD, HERE) == ("<#77>",)
    assert subscribe_line(subscription("stress"), HERE) == "subscribe stress"
