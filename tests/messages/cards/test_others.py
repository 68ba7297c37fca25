from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.obstacles import AlertObstacle, ObstacleKind
from bot.domain.place import Obstacle, Place, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity
from bot.domain.signal import Note, NoteReason
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.status import BotStatus, SourceStatus, StoredCounts
from bot.messages.cards.about import replay_over_line, status_card
from bot.messages.cards.common import (
    assets_sentence,
    holds_by_reason,
    note_sentence,
    source_name,
    trouble_sentence,
)
from bot.messages.cards.errors import no_list_card
from bot.messages.cards.obstacles import obstacle_notice
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.model import Message, Tone
from tests.builders import (
    BINANCE,
    CHAIN_MISSING,
    HOUR,
    NOON,
    OKX,
    flow,
    holding,
    listing,
    quiet_days,
    signal,
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
    assert table.chat_rows == 10


def test_a_ranking_says_once_how_old_its_figures_are() -> None:
    card = top_card(SNAPSHOTS, RankBy.OUTFLOW, Window.DAY, NOON + HOUR)
    late = flow(-0.01, at=NOON - 3 * HOUR)
    mixed = top_card(
        [*SNAPSHOTS, replace(SNAPSHOTS[0], signal=signal(None, flows=[late]))], RankBy.OUTFLOW, Window.DAY, NOON
    )

    assert plain(card.footer) == "DefiLlama · as of 2022-12-13 12:00 UTC (ago)"
    assert plain(mixed.footer) == "DefiLlama · as of 2022-12-13 12:00 UTC (ago) · oldest 2022-12-13 09:00 UTC (ago)"


def test_figures_that_cannot_be_compared_are_not_ranked_but_counted() -> None:
    held = ExchangeSnapshot(BINANCE, None, holding(60), signal(None, flows=[flow(hold=CHAIN_MISSING)]))
    unread = ExchangeSnapshot(replace(OKX, id="new"))

    text = said(top_card([*SNAPSHOTS[1:], held, unread], RankBy.OUTFLOW, Window.DAY, NOON))

    assert "Exchanges with a 24 h figure: 2 of 4." in text
    assert "Share of reserves 24 h ago, own token excluded." in text
    assert "1 more is unclear: /flows <exchange> says why." in text.splitlines()
    assert "2 more are unclear" in said(top_card([SNAPSHOTS[1], held, held], RankBy.OUTFLOW, Window.DAY, NOON))
    assert "Binance" not in text


def test_a_ranking_says_that_what_is_at_its_end_went_the_other_way() -> None:
    left, came = (replace(SNAPSHOTS[0], signal=signal(None, flows=[flow(share)])) for share in (-0.02, 0.01))
    for by, words in (
        (RankBy.OUTFLOW, "Those with a + have an inflow."),
        (RankBy.OUTFLOW_USD, "Those with a + have an inflow."),
        (RankBy.INFLOW, "Those with a − have an outflow."),
    ):
        assert words in said(top_card([left, came], by, Window.DAY, NOON))
        same = came if by is RankBy.INFLOW else left
        assert "Those with" not in said(top_card([same], by, Window.DAY, NOON))


def test_with_nothing_to_rank_it_says_where_to_look() -> None:
    card = top_card(SNAPSHOTS, RankBy.OUTFLOW, Window.HOUR, NOON)

    assert card.tone is Tone.TROUBLE
    assert "No 1 h figures yet. Try /top 24h. /status says why." in said(card)
    assert "No 24 h figures yet. /status says why." in said(top_card([], RankBy.OUTFLOW, Window.DAY, NOON))
    first_day = replace(SNAPSHOTS[0], signal=signal(None), days=quiet_days(1))
    assert "No 24 h figures yet. 24 h works from 2022-12-" in said(
        top_card([first_day], RankBy.OUTFLOW, Window.DAY, NOON)
    )


def test_with_nothing_to_rank_yet_it_says_from_when_on() -> None:
    young = [replace(SNAPSHOTS[0], days=quiet_days(2))]

    text = said(top_card(young, RankBy.OUTFLOW, Window.WEEK, NOON))

    assert "No 7 d figures yet. Try /top 24h; 7 d works from 2022-12-14 12:00 UTC." in text


def test_a_long_list_of_exchanges_says_that_every_one_can_be_asked_for() -> None:
    listed = [listing(replace(OKX, id=f"x{index}")) for index in range(16)]

    assert "The largest come first; every other one can be asked for by its name." in said(
        exchanges_card(listed, [], NOON)
    )
    assert "come first" not in said(exchanges_card(listed[:15], [], NOON))


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


def status(  # noqa: PLR0913 — the parts of an answer that a test may name
    *,
    sources: dict[str, SourceHealth] | None = None,
    backlog: dict[tuple[Platform, Severity], int] | None = None,
    platforms: dict[Platform, str] | None = None,
    disabled: dict[Obstacle, int] | None = None,
    oldest: bool = False,
    ever_read: bool = True,
    standing_by: tuple[str, ...] = (),
    obstacles: tuple[AlertObstacle, ...] | None = (),
    misdirected: tuple[str, ...] = (),
    rates: dict[Platform, SendRate] | None = None,
    store_is_away: bool = False,
    for_owner: bool = True,
    price_sources: Sequence[SourceStatus] | None = None,
) -> Message:
    stored = StoredCounts(
        open_incidents=2,
        backlog=backlog or {},
        oldest_waiting=NOON - timedelta(minutes=3) if oldest else None,
        places=5,
        disabled=disabled or {},
        rates=rates or {},
    )
    return status_card(
        BotStatus(
            version="1.2.3",
            started_at=NOON - 26 * HOUR,
            now=NOON,
            sources=sources or {},
            exchanges=80,
            read=17,
            newest_readings={"defillama": NOON - HOUR} if ever_read else {},
            platforms=platforms or {},
            stored=None if store_is_away else stored,
            obstacles=obstacles,
            standing_by=standing_by,
            misdirected=misdirected,
            price_sources=price_sources,
        ),
        for_owner=for_owner,
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
    assert "Alerts are working." in text
    assert "DefiLlama: newest figures 1 h ago, list read 4 min ago." in text
    assert "Open incidents: 2" in text
    assert "Subscribed places: 5" in text
    assert "Waiting messages: none" in text


def test_a_setting_that_names_an_unreachable_chat_is_trouble() -> None:
    card = status(misdirected=("ERROR_CHAT leads nowhere.",))

    assert status().tone is Tone.GOOD
    assert card.tone is Tone.TROUBLE
    assert "⚠️ ERROR_CHAT leads nowhere." in said(card).splitlines()


def test_a_bot_that_has_read_nothing_says_so() -> None:
    failing = SourceHealth("defillama/cexs", failing_since=NOON, fault=SourceFault.TIMEOUT)
    card = status(ever_read=False, sources={failing.source: failing})

    assert card.tone is Tone.TROUBLE
    assert "DefiLlama: no figures yet." in said(card).splitlines()
    assert ("⚠️ DefiLlama's exchange list is down (timeout). No alert opens or closes until it is back.") in said(card)


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


def test_a_pause_of_sending_counts_into_how_long_it_will_take() -> None:
    paused = SendRate(28.0, timedelta(minutes=4), "60 of the last 100 messages were refused")
    card = status(backlog={(Platform.TELEGRAM, Severity.WATCH): 28}, rates={Platform.TELEGRAM: paused})

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
    assert "⚠️ DefiLlama's figures of x0 cannot be read (timeout)\n" in said(card)
    assert "⚠️ DefiLlama's figures of x1 cannot be read (timeout) for 1 h" in said(card)
    assert "… and 2 more that cannot be read." in said(card)


def test_an_exchange_that_the_source_does_not_know_is_said_in_words() -> None:
    unknown = SourceHealth("defillama/gate", failing_since=NOON - HOUR, fault=SourceFault.UNKNOWN_SLUG)
    card = status(sources={"defillama/gate": unknown})
    assert "⚠️ DefiLlama has no figures of gate, so no outflow alert can come\n" in said(card)


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
        "⚠️ DefiLlama's figures of binance are refused for 1 h: wrong exchange (the body is of “OKX”, and Binance was "
        "asked for)" in said(card)
    )
    assert plain(trouble_sentence(refused, NOON) or ()) == (
        "⚠️ The source has contradicted itself for 1 h (wrong exchange); shown is what it said before."
    )


def test_what_an_upstream_says_of_its_own_failure_is_not_repeated() -> None:
    failing = SourceHealth("defillama/binance", failing_since=NOON, fault=SourceFault.BLOCKED, detail="HTTP 403: hello")

    assert "hello" not in said(status(sources={failing.source: failing}))


def test_impossible_values_of_a_source_that_works_are_named() -> None:
    partial = SourceHealth("defillama/binance", last_success=NOON, detail="ETH on Ethereum")

    card = status(sources={partial.source: partial})

    assert card.tone is Tone.GOOD
    assert "⚠️ DefiLlama's figures of binance: impossible values left out (ETH on Ethereum)" in said(card)


DISCONNECTED = AlertObstacle(ObstacleKind.PLATFORM, "discord: no heartbeat.", "discord")


def test_owners_read_every_reason_why_alerts_may_not_come_and_members_that_they_may_not() -> None:
    full = AlertObstacle(ObstacleKind.STORE, "store: its disk is full")
    for_owner = status(obstacles=(full, DISCONNECTED), platforms={Platform.DISCORD: "no heartbeat"})
    for_member = status(obstacles=(full, DISCONNECTED), for_owner=False)

    assert for_owner.tone is for_member.tone is Tone.TROUBLE
    assert said(for_owner).splitlines()[1:5] == [
        "Alerts may not arrive right now:",
        "⚠️ store: its disk is full.",
        "⚠️ discord: no heartbeat.",
        "Runwatch 1.2.3, up for 26 h.",
    ]
    assert said(for_member).splitlines()[1:] == [
        "Alerts may not arrive right now. Whoever runs this bot has been told why.",
        "Runwatch 1.2.3, up for 26 h.",
        "DefiLlama: newest figures 1 h ago.",
        "Exchanges: 17 read of 80 listed",
    ]


def test_status_answers_while_the_store_is_away() -> None:
    away = AlertObstacle(ObstacleKind.STORE, "store: The store is away: no answer.")
    card = status(obstacles=(away,), store_is_away=True)

    assert "⚠️ store: The store is away: no answer." in said(card)
    assert "Open incidents" not in said(card)


def test_a_program_that_answers_one_question_does_not_say_whether_alerts_can_come() -> None:
    assert "Alerts" not in said(status(obstacles=None))


def test_an_obstacle_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    full = AlertObstacle(ObstacleKind.STORE, "store: its disk is full")
    began = obstacle_notice([full], [], [DISCONNECTED])
    ended = obstacle_notice([], [full], [])

    assert said(began).splitlines() == [
        "Alerts may not arrive",
        "⚠️ Store: its disk is full.",
        "1 earlier problem lasts; /status lists everything.",
    ]
    assert said(ended).splitlines() == ["Alerts work again", "Over: Store: its disk is full."]
    assert (began.tone, ended.tone) == (Tone.TROUBLE, Tone.GOOD)
    assert obstacle_notice([], [full], [DISCONNECTED]).title == "Alerts may not arrive"


def test_where_only_critical_alerts_cannot_come_that_is_said_and_no_more() -> None:
    silent = AlertObstacle(ObstacleKind.WITHDRAWALS, "all 27 exchanges give no answer")
    assert obstacle_notice([silent], [], []).title == "Critical alerts cannot open"
    assert obstacle_notice([silent], [], [DISCONNECTED]).title == "Alerts may not arrive"
    for_owner, for_member = status(obstacles=(silent,)), status(obstacles=(silent,), for_owner=False)
    assert said(for_owner).splitlines()[1:3] == [
        "Alerts are working, except critical ones:",
        "⚠️ all 27 exchanges give no answer.",
    ]
    assert said(for_member).splitlines()[1] == "Alerts are working, except critical ones."


def test_places_that_are_switched_off_are_counted_by_why() -> None:
    assert "Paused places: 3 (2 removed, 1 no rights)" in said(
        status(disabled={Obstacle.NO_RIGHTS: 1, Obstacle.REMOVED: 2})
    )
    assert "Paused places" not in said(status())


def test_what_another_worker_does_is_said_and_is_no_trouble() -> None:
    card = status(standing_by=("standing by: another worker polls the upstreams",))

    assert card.tone is Tone.GOOD
    assert "This worker is standing by: another worker polls the upstreams." in said(card)


def test_the_rest_of_a_flow_is_summed_up() -> None:
    assert plain(assets_sentence(flow(-0.1, reserves=1e9), shown=1)) == "USDT −$60.0 M · everything else −$40.0 M"


def test_a_source_without_a_display_name_keeps_its_own() -> None:
    assert source_name("coinglass") == "coinglass"


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
    assert "README.md says how to run your own bot." in replay_over_line(has_prompt=False)
    assert replay_over_line(has_prompt=True).startswith("The replay is over. Ask for more: “top”, ")


def test_while_the_bot_was_offline_is_said_with_its_times() -> None:
    offline = Note(NoteReason.BLIND, "", at=NOON - 3 * HOUR, until=NOON)

    assert plain(note_sentence(offline)) == "The bot was offline from 2022-12-13 09:00 UTC to 2022-12-13 12:00 UTC."
    assert plain(note_sentence(replace(offline, at=None))) == "The bot was offline for a while."


def test_where_the_details_of_a_hold_differ_it_is_said_whose_they_are() -> None:
    other = replace(CHAIN_MISSING, detail="Tron, 14.2 % of reserves")

    assert holds_by_reason([("24 h", CHAIN_MISSING), ("72 h", CHAIN_MISSING), ("7 d", other)]) == [
        (
            ("24 h", "72 h", "7 d"),
            "chain missing (24 h, 72 h: Tron, 14.0 % of reserves; 7 d: Tron, 14.2 % of reserves)",
        )
    ]


PRICES = (
    SourceStatus("DefiLlama prices", SourceHealth("prices/DefiLlama prices", last_success=NOON)),
    SourceStatus("Kraken", SourceHealth("prices/Kraken", fault=SourceFault.TIMEOUT, failing_since=NOON)),
    SourceStatus("Coinbase"),
    SourceStatus("Binance", is_off=True),
)


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (
            PRICES,
            (
                "Stablecoin prices: 1 of 3 sources answer. Timeout: Kraken. Not asked yet: Coinbase. "
                "Switched off: Binance."
            ),
        ),
        (PRICES[:1], "Stablecoin prices: 1 of 1 source answers."),
        (PRICES[3:], "Stablecoin prices: not asked for, so nothing is told about a coin below its peg."),
        ((), "Stablecoin prices: not asked for, so nothing is told about a coin below its peg."),
    ],
)
def test_status_says_which_sources_of_prices_answer_and_which_are_off(
    sources: Sequence[SourceStatus], told: str
) -> None:
    assert told in said(status(price_sources=sources))


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ([ObstacleKind.WITHDRAWALS], "Alerts are working, except critical ones"),
        ([ObstacleKind.PRICES], "Alerts are working, except those about stablecoins"),
        (
            [ObstacleKind.WITHDRAWALS, ObstacleKind.PRICES],
            "Alerts are working, except critical ones and those about stablecoins",
        ),
    ],
)
def test_status_says_which_alerts_work_while_some_cannot_come(kinds: Sequence[ObstacleKind], told: str) -> None:
    obstacles = tuple(AlertObstacle(kind, "why") for kind in kinds)

    assert f"{told}:" in said(status(obstacles=obstacles))
    assert f"{told}." in said(status(obstacles=obstacles, for_owner=False))


@pytest.mark.parametrize(
    ("kinds", "title"),
    [
        ([ObstacleKind.WITHDRAWALS], "Critical alerts cannot open"),
        ([ObstacleKind.PRICES], "Alerts about stablecoins cannot open"),
        (
            [ObstacleKind.PRICES, ObstacleKind.WITHDRAWALS],
            "Critical alerts and those about stablecoins cannot open",
        ),
        ([ObstacleKind.PRICES, ObstacleKind.STORE], "Alerts may not arrive"),
    ],
)
def test_the_notice_to_the_operator_is_titled_by_which_alerts_cannot_come(
    kinds: Sequence[ObstacleKind], title: str
) -> None:
    assert obstacle_notice([AlertObstacle(kind, "why") for kind in kinds], [], []).title == title
