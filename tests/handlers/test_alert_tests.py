from dataclasses import replace

import pytest

from bot.domain.alert_tests import AlertTestOutcome, AlertTestResult
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.messages.model import Message, Tone
from tests.builders import HERE, HOUR, subscription
from tests.fakes.dispatcher import CHANNEL, MODERATOR, DispatcherBench
from tests.fakes.marking_language import mark_texts
from tests.messages.cards.plain import said

ON_DISCORD = Place(Platform.DISCORD, "7")


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    bench.moderates.add(ON_DISCORD)
    await bench.memory.subscriptions.add(subscription(None, mention="here"))
    await bench.memory.subscriptions.add(subscription(None, place=ON_DISCORD, mention="here"))
    return bench


async def ask(bench: DispatcherBench, line: str = "test", place: Place = HERE) -> Message:
    return await bench.ask(line, who=MODERATOR, place=place)


async def test_a_test_that_arrived_is_said_with_how_long_it_took(bench: DispatcherBench) -> None:
    answer = await ask(bench)

    assert (answer.title, answer.tone) == ("Test alert · arrived", Tone.GOOD)
    assert "It arrived after 0.5 s, by the same route as real alerts." in said(answer)
    assert "mention" not in said(answer)
    assert bench.alert_tester.asked == [(HERE, None)]


async def test_somebody_is_mentioned_only_where_that_was_asked_for(bench: DispatcherBench) -> None:
    without = await ask(bench, place=ON_DISCORD)
    assert "It mentioned nobody." in said(without)
    assert [action.command for action in without.actions] == ["test ping"]

    with_mention = await ask(bench, "test ping", ON_DISCORD)
    assert "It mentioned whom the subscription here mentions." in said(with_mention)
    assert with_mention.actions == ()
    assert bench.alert_tester.asked == [(ON_DISCORD, None), (ON_DISCORD, "here")]


@pytest.mark.parametrize(
    ("result", "title", "words"),
    [
        (AlertTestResult(AlertTestOutcome.WAITING, 6.0), "not there yet", "not arrived within 6 s: others are sent"),
        (AlertTestResult(AlertTestOutcome.NOT_SENT, 1.0), "not sent", "finds why in its log"),
        (AlertTestResult(AlertTestOutcome.NOBODY_DELIVERS), "not sent", "No worker of this bot delivers messages"),
        (AlertTestResult(AlertTestOutcome.TOO_SOON), "one a minute", "once a minute"),
        (
            AlertTestResult(AlertTestOutcome.REFUSED, 1.0, Obstacle.NO_RIGHTS, "Forbidden"),
            "refused",
            "It did not arrive: the bot lacks the right to write there. Give the bot the right to write here.",
        ),
        (
            AlertTestResult(AlertTestOutcome.REFUSED, 1.0, Obstacle.REFUSED, "Bad Request: odd."),
            "refused",
            "It did not arrive: Bad Request: odd. Put that right. Then try /test again.",
        ),
        (AlertTestResult(AlertTestOutcome.REFUSED, 1.0), "refused", "It did not arrive: "),
    ],
)
async def test_why_a_test_did_not_arrive_is_said_with_what_to_do(
    bench: DispatcherBench, result: AlertTestResult, title: str, words: str
) -> None:
    bench.alert_tester.result = result
    answer = await ask(bench)

    assert (answer.title, answer.tone) == (f"Test alert · {title}", Tone.TROUBLE)
    assert words in said(answer)


async def test_that_a_real_alert_would_not_come_is_said_too(bench: DispatcherBench) -> None:
    bench.missing_rights = ("Embed Links",)
    await bench.memory.mutes.mute(HERE, "binance", length=4 * HOUR, by="telegram:moderator")
    await bench.memory.subscriptions.remove(HERE, None, everything=True)
    answer = await ask(bench)

    assert (answer.title, answer.tone) == ("Test alert · arrived", Tone.TROUBLE)
    assert "The bot lacks rights here: Embed Links." in said(answer)
    assert "nothing is subscribed here" in said(answer)
    assert "would not be posted now: Binance is muted until 2022-12-13 16:00 UTC." in said(answer)


async def test_a_topic_is_tested_by_itself(bench: DispatcherBench) -> None:
    topic = replace(HERE, thread="7")
    bench.moderates.add(topic)
    await ask(bench, place=topic)
    assert bench.alert_tester.asked == [(topic, None)]


async def test_a_channel_is_tested_from_a_private_chat(bench: DispatcherBench) -> None:
    answer = await ask(bench, "test @channel")
    assert answer.title == "Test alert in @channel · arrived"
    assert bench.alert_tester.asked == [(CHANNEL, None)]


async def test_a_test_is_in_the_language_of_its_place_as_a_real_alert_is(
    bench: DispatcherBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_texts(monkeypatch)
    bench.memory.place_settings.kept[HERE] = PlaceSettings(language="es")

    await ask(bench)
    await ask(bench, place=ON_DISCORD)

    assert bench.alert_tester.languages == ["es", "en"]
