from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Sensitivity, Severity
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.status import BotStatus
from bot.messages.cards.about import replay_over_line, source_notice, status_card
from bot.messages.cards.common import assets_sentence, source_name, trouble_sentence
from bot.messages.cards.errors import no_list_card
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.cards.subscriptions import subscribed_card, subscriptions_card, unsubscribed_card
from bot.messages.model import Message, Tone
from tests.builders import (
    BINANCE,
    CHAIN_MISSING,
    HOUR,
    NOON,
    OKX,
    flow,
    holding,
    incident,
    listing,
    signal,
    subscription,
)
from tests.messages.cards.plain import plain, said

KUCOIN = Exchange("kucoin", "KuCoin", "kucoin")

ON_DISCORD = Place(Platform.DISCORD, "7")


def snapshot(exchange: Exchange, share: float, reserves: float) -> ExchangeSnapshot:
    graded = signal(None, flows=[flow(share, reserves=reserves)])
    return ExchangeSnapshot(exchange, None, holding(reserves / 1e9, exchange=exchange.id), graded)


BINANCE_READ = ExchangeSnapshot(BINANCE, listing(), holding(58))
SNAPSHOTS = [snapshot(BINANCE, -0.02, 6e10), snapshot(OKX, 0.01, 9e9), snapshot(KUCOIN, -0.2, 3e9)]


@pytest.mark.parametrize(
    ("by", "order"),
    [
        (RankBy.OUTFLOW, ["KuCoin", "Binance", "OKX"]),
        (RankBy.OUTFLOW_USD, ["Binance", "KuCoin", "OKX"]),
        (RankBy.INFLOW, ["OKX", "Binance", "KuCoin"]),
        (RankBy.RESERVES, ["Binance", "OKX", "KuCoin"]),
    ],
)
def test_exchanges_are_ranked_as_asked(by: RankBy, order: list[str]) -> None:
    table = top_card(SNAPSHOTS, by, Window.DAY, NOON + HOUR).table

    assert table
    assert [row[0] for row in table.rows] == order
    assert {row[-1] for row in table.rows} == {"1 h"}


def test_held_windows_are_not_ranked_but_counted() -> None:
    held = ExchangeSnapshot(BINANCE, None, holding(60), signal(None, flows=[flow(hold=CHAIN_MISSING)]))
    unread = ExchangeSnapshot(replace(OKX, id="new"))

    text = said(top_card([*SNAPSHOTS[1:], held, unread], RankBy.OUTFLOW, Window.DAY, NOON))

    assert "2 of 4 exchanges are comparable over 24 h." in text
    assert "1 held." in text.splitlines()
    assert "Binance" not in text


def test_with_nothing_to_rank_it_says_where_to_look() -> None:
    card = top_card(SNAPSHOTS, RankBy.OUTFLOW, Window.MONTH, NOON)

    assert card.tone is Tone.TROUBLE
    assert "No exchange has a comparable figure for 30 d yet. /status says why." in said(card)


def test_a_ranking_without_readings_names_no_source() -> None:
    assert top_card([replace(SNAPSHOTS[0], reading=None)], RankBy.OUTFLOW, Window.DAY, NOON).footer == ()


def test_exchanges_are_listed_with_what_is_known_of_them() -> None:
    rows = [listing(), listing(OKX, total=None), listing(Exchange("nexo", "NEXO"))]

    text = said(exchanges_card(rows, [BINANCE_READ], NOON)).splitlines()

    assert text[0] == "Exchanges · 3 known, 1 watched"
    assert "binance | $58.0 B | watched" in text
    assert "okx | unknown | not read yet" in text
    assert "nexo | $65.0 B | no wallets" in text


def test_no_list_yet_says_what_to_do() -> None:
    assert "The list has not been fetched yet. Ask again in a minute" in said(exchanges_card([], [], NOON))


def test_a_subscription_is_confirmed_in_full_and_shows_a_sample_marked_as_one() -> None:
    wanted = subscription(
        place=ON_DISCORD, severity=Severity.SEVERE, sensitivity=Sensitivity.EARLY, usd=5e7, share=0.03
    )
    wanted = replace(wanted, mention="here")

    card = subscribed_card(wanted, "Binance", ())
    text = said(card).splitlines()

    assert card.tone is Tone.GOOD
    assert text[1] == (
        "This place hears of Binance from severe on, preset early, at least $50.0 M and at least 3.0 % of reserves, "
        "with a mention on opening and escalation."
    )
    assert any(line.endswith("SAMPLE · Binance · elevated outflow") for line in text)
    assert not any("INC-" in line for line in text)


def test_what_the_bot_lacks_in_a_place_is_said_at_once() -> None:
    card = subscribed_card(subscription(None), None, ("Send Messages", "Embed Links"))

    assert card.tone is Tone.TROUBLE
    assert "The bot lacks rights here: Send Messages, Embed Links." in said(card)
    assert "Subscribed · all exchanges" in said(card)


@pytest.mark.parametrize(
    ("what", "count", "words"),
    [
        ("Binance", 1, "This place no longer hears of Binance."),
        (None, 3, "This place hears of nothing now (3 cancelled)."),
        ("Binance", 0, "This place has no subscription to Binance. /subscriptions lists what it has."),
        (None, 0, "This place has no subscription to anything."),
    ],
)
def test_cancelling_says_what_was_cancelled(what: str | None, count: int, words: str) -> None:
    assert words in said(unsubscribed_card(what, count))


def test_a_places_subscriptions_are_listed() -> None:
    subscriptions = [subscription(place=ON_DISCORD, usd=5e7, mention="here"), subscription(None), subscription("gone")]

    text = said(subscriptions_card(subscriptions, {"binance": "Binance"}, None)).splitlines()

    assert "🟡 Binance · from watch on · preset normal, at least $50.0 M · with a mention" in text
    assert "🟡 all exchanges · from watch on · preset normal" in text
    assert "🟡 gone · from watch on · preset normal" in text


def test_a_place_that_is_switched_off_learns_why() -> None:
    card = subscriptions_card([subscription()], {}, "the bot was removed")

    assert card.tone is Tone.TROUBLE
    assert "This place is switched off: the bot was removed." in said(card)


def status(  # noqa: PLR0913 — the parts of an answer that a test may name
    *,
    sources: dict[str, SourceHealth] | None = None,
    backlog: dict[tuple[Platform, Severity], int] | None = None,
    platforms: dict[Platform, str] | None = None,
    disabled: dict[Obstacle, int] | None = None,
    oldest: bool = False,
    ever_read: bool = True,
    standing_by: tuple[str, ...] = (),
    undelivered: tuple[str, ...] = (),
    misdirected: tuple[str, ...] = (),
    rates: dict[Platform, SendRate] | None = None,
) -> Message:
    return status_card(
        BotStatus(
            version="1.2.3",
            started_at=NOON - 26 * HOUR,
            now=NOON,
            sources=sources or {},
            exchanges=80,
            read=17,
            newest_reading=NOON - HOUR if ever_read else None,
            open_incidents=2,
            backlog=backlog or {},
            oldest_waiting=NOON - timedelta(minutes=3) if oldest else None,
            places=5,
            platforms=platforms or {},
            disabled=disabled or {},
            rates=rates or {},
            standing_by=standing_by,
            undelivered=undelivered,
            misdirected=misdirected,
        )
    )


def test_a_healthy_bot_says_so() -> None:
    card = status(
        sources={"defillama/cexs": SourceHealth("defillama/cexs", last_success=NOON - timedelta(minutes=4))},
        platforms={Platform.TELEGRAM: ""},
    )
    text = said(card).splitlines()

    assert card.tone is Tone.GOOD
    assert "Runwatch 1.2.3, up for 26 h." in text
    assert "telegram: connected" in text
    assert "Exchanges: 17 read of 80 listed" in text
    assert "Newest reading: 2022-12-13 11:00 UTC (ago)" in text
    assert "List: fetched 4 min ago" in text
    assert "Open incidents: 2" in text
    assert "Subscribed places: 5" in text
    assert "Waiting messages: none" in text


def test_a_setting_that_names_an_unreachable_chat_is_trouble() -> None:
    card = status(misdirected=("ERROR_CHAT leads nowhere.",))

    assert status().tone is Tone.GOOD
    assert card.tone is Tone.TROUBLE
    assert "⚠️ ERROR_CHAT leads nowhere." in said(card).splitlines()


def test_a_bot_that_has_read_nothing_says_so() -> None:
    card = status(ever_read=False)

    assert card.tone is Tone.TROUBLE
    assert "Newest reading: none yet" in said(card)
    assert "List: not fetched yet" in said(card)


def test_a_backlog_is_told_with_its_age_and_how_long_it_will_take() -> None:
    backlog = {(Platform.TELEGRAM, Severity.WATCH): 280, (Platform.DISCORD, Severity.SEVERE): 45}

    rates = {Platform.TELEGRAM: SendRate(28.0), Platform.DISCORD: SendRate(45.0)}
    text = said(status(backlog=backlog, oldest=True, rates=rates))
    assert "Waiting messages: 325, oldest 3 min ago, about 10 s to go" in text
    assert "Waiting messages: 325, about 10 s to go" in said(status(backlog=backlog, rates=rates))
    assert said(status(backlog=backlog)).splitlines()[-1] == "Waiting messages: 325"


def test_a_hundred_thousand_chats_take_an_hour_and_that_is_said() -> None:
    backlog = {(Platform.TELEGRAM, Severity.CRITICAL): 60_000, (Platform.TELEGRAM, Severity.WATCH): 40_000}

    assert "about 59 min to go" in said(status(backlog=backlog, rates={Platform.TELEGRAM: SendRate(28.0)}))


def test_a_paused_fan_out_is_told_with_its_reason() -> None:
    paused = SendRate(28.0, timedelta(minutes=4), "60 of the last 100 messages were refused")
    card = status(backlog={(Platform.TELEGRAM, Severity.WATCH): 28}, rates={Platform.TELEGRAM: paused})

    assert card.tone is Tone.TROUBLE
    assert "telegram: nothing is sent for 4 min: 60 of the last 100 messages were refused." in said(card)
    assert "about 4 min to go" in said(card)


def test_failing_sources_are_named_and_many_are_counted() -> None:
    failing_sources = {
        f"defillama/x{index}": SourceHealth(
            f"defillama/x{index}", failing_since=NOON - HOUR if index else None, fault=SourceFault.TIMEOUT
        )
        for index in range(7)
    }

    card = status(sources=failing_sources)

    assert card.tone is Tone.TROUBLE
    assert "⚠️ DefiLlama x0: timeout, since just now" in said(card)
    assert "⚠️ DefiLlama x1: timeout, since 1 h ago" in said(card)
    assert "… and 2 more sources that do not answer." in said(card)


def test_a_source_whose_answers_are_refused_says_why() -> None:
    refused = SourceHealth(
        "defillama/binance",
        failing_since=NOON - HOUR,
        fault=SourceFault.WRONG_EXCHANGE,
        detail="the body is of “OKX”, and Binance was asked for",
    )

    card = status(sources={refused.source: refused})

    assert card.tone is Tone.TROUBLE
    assert (
        "⚠️ DefiLlama binance: wrong exchange (the body is of “OKX”, and Binance was asked for); "
        "its answers are refused, since 1 h ago" in said(card)
    )
    assert plain(trouble_sentence(refused, NOON) or ()) == (
        "⚠️ The source contradicts itself; its answers were refused for 1 h (wrong exchange)."
    )


def test_what_an_upstream_says_of_its_own_failure_is_not_repeated() -> None:
    failing = SourceHealth("defillama/binance", failing_since=NOON, fault=SourceFault.BLOCKED, detail="HTTP 403: hello")

    assert "hello" not in said(status(sources={failing.source: failing}))


def test_impossible_values_of_a_source_that_works_are_named() -> None:
    partial = SourceHealth("defillama/binance", last_success=NOON, detail="ETH on Ethereum")

    card = status(sources={partial.source: partial})

    assert card.tone is Tone.GOOD
    assert "⚠️ DefiLlama binance: impossible values left out: ETH on Ethereum" in said(card)


def test_a_platform_in_trouble_is_named() -> None:
    card = status(platforms={Platform.DISCORD: "no heartbeat"})

    assert card.tone is Tone.TROUBLE
    assert "discord: no heartbeat" in said(card)


def test_places_that_are_switched_off_are_counted_by_why() -> None:
    assert "Switched off: 3 (2 removed, 1 no rights)" in said(
        status(disabled={Obstacle.NO_RIGHTS: 1, Obstacle.REMOVED: 2})
    )
    assert "Switched off" not in said(status())


def test_what_another_worker_does_is_said_and_is_no_trouble() -> None:
    card = status(standing_by=("standing by: another worker polls the upstreams",))

    assert card.tone is Tone.GOOD
    assert "This worker is standing by: another worker polls the upstreams." in said(card)


def test_that_nobody_delivers_is_said_and_is_trouble() -> None:
    card = status(undelivered=("no worker delivers to telegram: start one with --role courier or all",))

    assert card.tone is Tone.TROUBLE
    assert "No alert is sent: no worker delivers to telegram: start one with --role courier or all." in said(card)


def test_the_operator_is_told_when_a_source_breaks_and_when_it_heals() -> None:
    healthy = SourceHealth("defillama/cexs", last_success=NOON)
    failing = SourceHealth("defillama/cexs", failing_since=NOON, fault=SourceFault.RATE_LIMITED)

    assert "Reason: rate limited. Nothing fires and nothing resolves on old data" in said(
        source_notice(healthy, failing)
    )
    assert "It had failed since 2022-12-13 12:00 UTC." in said(source_notice(failing, healthy))
    assert source_notice(healthy, healthy).title == "DefiLlama cexs answers again"


def test_the_rest_of_a_flow_is_summed_up() -> None:
    assert plain(assets_sentence(flow(-0.1, reserves=1e9), shown=1)) == "USDT −$60.0 M · everything else −$40.0 M"


def test_a_source_without_a_display_name_keeps_its_own() -> None:
    assert source_name("coinglass") == "coinglass"


def test_who_subscribes_during_an_incident_is_told_of_it() -> None:
    card = subscribed_card(subscription(), "Binance", (), [incident(severity=Severity.SEVERE)])

    assert "🔴 INC-42 is open now: severe. Its next change is posted here." in said(card)


def test_where_nobody_can_be_mentioned_no_mention_is_promised() -> None:
    mention = subscription(mention="here")
    on_discord = replace(mention, place=ON_DISCORD)

    assert "without the mention" in said(subscribed_card(mention, "Binance", ()))
    assert "with a mention" not in said(subscriptions_card([mention], {}, None))
    assert "with a mention on opening" in said(subscribed_card(on_discord, "Binance", ()))
    assert "with a mention" in said(subscriptions_card([on_discord], {}, None))


def test_an_exchange_that_left_the_list_says_so() -> None:
    unlisted = replace(listing(OKX), fetched_at=NOON - HOUR)

    table = exchanges_card([listing(), unlisted], [BINANCE_READ, SNAPSHOTS[1]], NOON).table

    assert table
    assert [row[-1] for row in table.rows] == ["watched", "not listed"]


@pytest.mark.parametrize(
    ("detail", "why"),
    [("the name api.llama.fi cannot be looked up", "the name api.llama.fi cannot be looked up"), ("", "unreachable")],
)
def test_a_list_that_cannot_be_fetched_says_why(detail: str, why: str) -> None:
    card = no_list_card(SourceHealth("defillama/cexs", fault=SourceFault.UNREACHABLE, detail=detail))

    assert f"DefiLlama's list of exchanges cannot be fetched: {why}." in said(card)
    assert card.tone is Tone.TROUBLE


def test_the_end_of_a_replay_says_what_to_type_where_something_can_be_typed() -> None:
    assert replay_over_line(has_prompt=False) == "The replay is over."
    assert replay_over_line(has_prompt=True).startswith("The replay is over. Ask for more, such as “top” or ")
