"""Whether alerts can come is concluded from facts: each rule at its limits, and which sentence says it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.guards.staleness import MAX_AGE
from bot.domain.obstacles import (
    AlertFacts,
    ClockFacts,
    FigureFacts,
    JobState,
    ListFacts,
    ObstacleKind,
    PausedSending,
    PollFacts,
    PriceFacts,
    QueueFacts,
    WithdrawalFacts,
)
from bot.messages.number_format import clock
from bot.messages.obstacles import STUCK_QUEUE, alert_obstacles
from tests.builders import DAY, HOUR, NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
POLLS = PollFacts(last_good=NOON - 5 * MINUTE, interval=10 * MINUTE)
LIST = ListFacts(fetched_at=NOON - 5 * MINUTE, changed_at=NOON - HOUR, usd=100e9)
_RETRYING = ": no alert opens or closes until the source is back; retrying every 10 min"
FINE = AlertFacts(
    now=NOON,
    polls=POLLS,
    figures=(
        FigureFacts("Binance", 60e9, as_of=NOON - HOUR, answered_at=NOON - 20 * MINUTE),
        FigureFacts("OKX", 20e9, as_of=NOON - 7 * HOUR, answered_at=NOON - 6 * HOUR),
        FigureFacts("Kraken", 15e9, as_of=NOON - HOUR, answered_at=NOON - 20 * MINUTE),
        FigureFacts("Gate", 5e9, as_of=NOON - HOUR, answered_at=NOON - 20 * MINUTE),
    ),
    exchange_list=LIST,
    platforms={"telegram": "", "discord": ""},
    jobs=(JobState("poll", 10 * MINUTE, 9 * MINUTE),),
)


def said(facts: AlertFacts) -> list[str]:
    return [obstacle.sentence for obstacle in alert_obstacles(facts)]


def kinds(facts: AlertFacts) -> list[ObstacleKind]:
    return [obstacle.kind for obstacle in alert_obstacles(facts)]


def figures(*names: str, **changes: object) -> AlertFacts:
    """Return fine facts, but for the figures of some exchanges."""
    changed = [replace(known, **changes) if known.exchange in names else known for known in FINE.figures]  # type: ignore[arg-type]
    return replace(FINE, figures=changed)


def test_nothing_is_in_the_way_of_a_bot_that_works() -> None:
    """OKX was calm and is asked every six hours: seven hours old, and an hour old when it was told."""
    assert alert_obstacles(FINE) == []


def test_a_worker_that_only_delivers_needs_no_readings() -> None:
    assert alert_obstacles(AlertFacts(NOON)) == []


def test_a_store_that_takes_nothing_is_said_first() -> None:
    facts = replace(FINE, store_fault="The store is away: no answer.", platforms={"telegram": "not connected yet"})
    assert said(facts) == ["store: The store is away: no answer.", "telegram: not connected yet"]


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (5 * HOUR, "the clock of this machine is 5 h fast: set it right (NTP); until then the time of Telegram and"),
        (-3 * MINUTE, "the clock of this machine is 3 min slow: set it right (NTP)"),
    ],
)
def test_a_wrong_clock_is_said_with_whose_time_is_used(ahead: timedelta, words: str) -> None:
    [obstacle] = alert_obstacles(replace(FINE, clock=ClockFacts(ahead, by=("Telegram", "api.llama.fi"))))
    assert obstacle.kind is ObstacleKind.CLOCK
    assert obstacle.sentence.startswith(words)


def test_a_clock_that_one_other_contradicts_is_doubted() -> None:
    assert said(replace(FINE, clock=ClockFacts(doubted_by=("api.llama.fi", -5 * HOUR)))) == [
        "by the time of api.llama.fi the clock of this machine is 5 h slow, and nobody else confirms that: check it"
    ]


def test_before_the_first_poll_that_is_all_there_is_to_say() -> None:
    assert said(AlertFacts(NOON, polls=PollFacts(None, 10 * MINUTE))) == ["first poll pending"]


def test_names_that_are_on_no_list_are_said_while_there_is_no_good_poll() -> None:
    nothing_listed = PollFacts(None, 10 * MINUTE, unlisted=("okxx", "binnance"))
    [obstacle] = alert_obstacles(AlertFacts(NOON, polls=nothing_listed))
    assert (obstacle.kind, obstacle.sentence) == (
        ObstacleKind.LIST,
        "EXCHANGES names what is not listed: binnance, okxx",
    )
    assert said(replace(FINE, polls=replace(POLLS, unlisted=("okxx",)))) == []


@pytest.mark.parametrize(
    ("age", "fault", "sentences"),
    [
        (20 * MINUTE, "", []),
        (20 * MINUTE + SECOND, "", [f"last good poll was 20 min ago{_RETRYING}"]),
        (8 * HOUR, "blocked", [f"last good poll was 8 h ago (blocked){_RETRYING}"]),
    ],
)
def test_one_poll_may_fail_and_two_may_not(age: timedelta, fault: str, sentences: list[str]) -> None:
    assert said(replace(FINE, polls=replace(POLLS, last_good=NOON - age, fault=fault))) == sentences


def test_that_nobody_polls_is_said_only_while_polls_are_missing() -> None:
    nobody = "no worker polls the upstreams: start one with --role poller or all"
    for last_good, before in ((None, "first poll pending"), (NOON - HOUR, f"last good poll was 1 h ago{_RETRYING}")):
        polls = PollFacts(last_good, 10 * MINUTE, is_anybody_polling=False)
        assert said(replace(FINE, polls=polls)) == [before, nobody]
    assert said(replace(FINE, polls=replace(POLLS, is_anybody_polling=False))) == []


@pytest.mark.parametrize(("age_when_told", "is_said"), [(MAX_AGE, False), (MAX_AGE + SECOND, True)])
def test_figures_are_old_by_what_the_source_says_of_them_when_it_answers(
    age_when_told: timedelta, *, is_said: bool
) -> None:
    answered_at = NOON - 10 * MINUTE
    facts = figures("Binance", as_of=answered_at - age_when_told, answered_at=answered_at)
    assert kinds(facts) == ([ObstacleKind.FIGURES] if is_said else [])


def test_figures_that_stand_still_are_told_with_their_part_of_all_reserves() -> None:
    facts = figures("Binance", "OKX", as_of=NOON - 8 * HOUR, answered_at=NOON)
    assert said(facts) == [
        (
            "the source has not updated Binance and OKX (80.0 % of all reserves) since 2022-12-13 04:00 UTC (8 h): no "
            "alert about them can open until it does"
        )
    ]


@pytest.mark.parametrize(("usd", "is_said"), [(9.9e9, False), (10e9, True)])
def test_a_tenth_of_all_reserves_is_a_large_part(usd: float, *, is_said: bool) -> None:
    small = FigureFacts("Gate", usd, as_of=NOON - DAY, answered_at=NOON)
    large = FigureFacts("Binance", 100e9 - usd, as_of=NOON - HOUR, answered_at=NOON)
    assert bool(said(replace(FINE, figures=(small, large)))) is is_said


def test_figures_without_a_value_that_stand_still_are_all_there_is() -> None:
    worthless = FigureFacts("Gate", 0.0, as_of=NOON - DAY, answered_at=NOON)
    assert "has not updated Gate (100.0 % of all reserves) since" in said(replace(FINE, figures=(worthless,)))[0]


def test_of_many_exchanges_the_largest_are_named() -> None:
    stuck = tuple(FigureFacts(f"X{size}", size * 1e9, NOON - DAY, NOON) for size in range(1, 8))
    assert said(replace(FINE, figures=stuck))[0].startswith(
        "the source has not updated X7, X6, X5 and 4 more (100.0 % of"
    )


@pytest.mark.parametrize(("age", "is_said"), [(MAX_AGE, False), (MAX_AGE + SECOND, True)])
def test_figures_that_cannot_be_read_are_said_once_they_are_too_old(age: timedelta, *, is_said: bool) -> None:
    facts = figures("Binance", as_of=NOON - age, answered_at=NOON - age + MINUTE, is_failing=True)
    assert said(facts) == (
        [
            (
                "the figures of Binance (60.0 % of all reserves) could not be read for 3 h: no alert about them "
                "can open; the log says what the source answers"
            )
        ]
        if is_said
        else []
    )


def test_while_no_poll_succeeds_that_is_said_and_not_every_consequence() -> None:
    failing = figures("Binance", as_of=NOON - 8 * HOUR, answered_at=NOON - 8 * HOUR, is_failing=True)
    assert said(replace(failing, polls=replace(POLLS, last_good=NOON - 8 * HOUR))) == [
        f"last good poll was 8 h ago{_RETRYING}"
    ]


def test_figures_that_were_never_answered_again_are_no_standstill() -> None:
    assert said(figures("Binance", as_of=NOON - 8 * HOUR, answered_at=None)) == []


@pytest.mark.parametrize(("unchanged_for", "is_said"), [(MAX_AGE, False), (MAX_AGE + SECOND, True)])
def test_a_list_whose_figures_do_not_change_over_many_polls_stands_still(
    unchanged_for: timedelta, *, is_said: bool
) -> None:
    facts = replace(FINE, exchange_list=replace(LIST, changed_at=LIST.fetched_at - unchanged_for))
    assert kinds(facts) == ([ObstacleKind.FIGURES] if is_said else [])
    if is_said:
        assert said(facts) == [
            (
                "the source has not updated its exchange list since 2022-12-13 08:54 UTC (3 h 5 min): no alert can "
                "open until it does"
            )
        ]


def test_a_standstill_is_said_once_where_list_and_amounts_stand_still() -> None:
    facts = figures("Binance", as_of=NOON - 8 * HOUR, answered_at=NOON)
    both = replace(facts, exchange_list=replace(LIST, changed_at=NOON - 8 * HOUR))
    assert kinds(both) == [ObstacleKind.FIGURES]


@pytest.mark.parametrize(
    ("left_out", "is_said"),
    [
        ({"Gate": (9.9e9, NOON - HOUR)}, False),
        ({"OKX": (10e9, NOON - HOUR)}, True),
        ({"OKX": (20e9, LIST.fetched_at - 7 * DAY)}, True),
        ({"OKX": (20e9, LIST.fetched_at - 7 * DAY - SECOND)}, False),
        ({"OKX": (6e9, NOON - HOUR), "Kraken": (5e9, NOON - HOUR)}, True),
    ],
)
def test_a_list_that_lacks_a_tenth_of_all_reserves_is_said(
    left_out: dict[str, tuple[float, object]], *, is_said: bool
) -> None:
    facts = replace(FINE, exchange_list=replace(LIST, left_out=left_out))  # type: ignore[arg-type]
    assert kinds(facts) == ([ObstacleKind.LIST] if is_said else [])


def test_what_a_list_leaves_out_is_named_largest_first() -> None:
    left_out = {"Kraken": (15e9, NOON - HOUR), "Binance": (60e9, NOON - HOUR)}
    assert said(replace(FINE, exchange_list=replace(LIST, left_out=left_out))) == [
        (
            "the source's list has been without Binance and Kraken since 2022-12-13 11:00 UTC: outflows there are "
            "noticed late or not at all until it is complete again"
        )
    ]


@pytest.mark.parametrize(("pause", "is_said"), [(59 * SECOND, False), (MINUTE, True)])
def test_a_long_pause_of_sending_is_said_with_its_reason(pause: timedelta, *, is_said: bool) -> None:
    facts = replace(FINE, paused=(PausedSending("telegram", pause, "60 of the last 100 messages were refused"),))
    sentence = "telegram: sending is paused for 1 min (60 of the last 100 messages were refused); all messages wait"
    assert said(facts) == ([sentence] if is_said else [])


def test_a_duty_that_nobody_has_is_said() -> None:
    nobody = "no worker delivers to telegram: start one with --role courier or all"
    assert [(found.kind, found.sentence) for found in alert_obstacles(replace(FINE, idle_duties=(nobody,)))] == [
        (ObstacleKind.WORKERS, nobody)
    ]


@pytest.mark.parametrize(("unmoved_for", "is_said"), [(STUCK_QUEUE, False), (STUCK_QUEUE + SECOND, True)])
def test_a_queue_that_does_not_move_is_said(unmoved_for: timedelta, *, is_said: bool) -> None:
    facts = replace(FINE, queues=(QueueFacts("telegram", 12, unmoved_for),))
    sentence = (
        "telegram: 12 messages are waiting and none has been sent for 10 min: look for “delivery” in the log, then "
        "restart the bot"
    )
    assert said(facts) == ([sentence] if is_said else [])


def test_a_queue_behind_a_platform_that_is_away_or_paused_is_explained_by_that() -> None:
    stuck = replace(FINE, queues=(QueueFacts("telegram", 12, HOUR),))
    assert kinds(replace(stuck, platforms={"telegram": "no answer"})) == [ObstacleKind.PLATFORM]
    paused = (PausedSending("telegram", 5 * MINUTE, "too fast"),)
    assert kinds(replace(stuck, paused=paused)) == [ObstacleKind.REFUSALS]
    assert kinds(replace(stuck, platforms={"discord": "no answer"})) == [ObstacleKind.PLATFORM, ObstacleKind.QUEUE]


@pytest.mark.parametrize(
    ("job", "sentences"),
    [
        (JobState("poll", 10 * MINUTE, 25 * MINUTE), []),
        (
            JobState("poll", 10 * MINUTE, 25 * MINUTE + SECOND),
            ["the job “poll” has not finished for 25 min: restart the bot"],
        ),
        (
            JobState("poll", 10 * MINUTE, SECOND, crash="KeyError"),
            ["the job “poll” fails (KeyError); it is retried, and the log has the details"],
        ),
    ],
)
def test_jobs_that_hang_or_crash_are_said(job: JobState, sentences: list[str]) -> None:
    assert said(replace(FINE, jobs=(job,))) == sentences


def test_what_other_parts_report_is_said_and_told_apart() -> None:
    reported = {ObstacleKind.IDENTITY: ("another bot's data",), ObstacleKind.STORED_DATA: ("a", "", "b")}
    found = alert_obstacles(replace(FINE, reported=reported))
    assert [obstacle.sentence for obstacle in found] == ["another bot's data", "a", "b"]
    assert len({(obstacle.kind, obstacle.about) for obstacle in found}) == 3
    (left,) = alert_obstacles(replace(FINE, reported={ObstacleKind.STORED_DATA: ("", "", "b")}))
    assert left == found[-1]


ALL_SILENT = "all 27 exchanges that are asked whether withdrawals are open give no answer"
NO_CRITICAL = ": outflow alerts still come, but none can become critical until one of them answers"


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        (None, ""),
        (WithdrawalFacts(asked=0, silent=0), ""),
        (WithdrawalFacts(asked=27, silent=0, answered_at=NOON), ""),
        (WithdrawalFacts(asked=27, silent=26, blocked=26, answered_at=NOON), ""),
        (
            WithdrawalFacts(asked=27, silent=27, answered_at=NOON - 20 * MINUTE),
            f"{ALL_SILENT} since 2022-12-13 11:40 UTC (20 min){NO_CRITICAL}",
        ),
        (
            WithdrawalFacts(asked=27, silent=27, blocked=3),
            f"{ALL_SILENT}; 3 of them refuse this network or region, so set PROXY_URL{NO_CRITICAL}",
        ),
        (
            WithdrawalFacts(asked=1, silent=1, blocked=1),
            (
                "the exchange that is asked whether withdrawals are open gives no answer; it refuses this network or "
                f"region, so set PROXY_URL{NO_CRITICAL.replace('one of them', 'it')}"
            ),
        ),
    ],
)
def test_that_no_exchange_tells_of_withdrawals_is_said_and_that_some_do_not_is_not(
    facts: WithdrawalFacts | None, sentence: str
) -> None:
    assert said(replace(FINE, withdrawals=facts)) == ([sentence] if sentence else [])


def test_alerts_come_all_the_same_where_withdrawals_or_prices_alone_are_not_told() -> None:
    assert [kind for kind in ObstacleKind if kind.is_partial] == [ObstacleKind.WITHDRAWALS, ObstacleKind.PRICES]


LONG_AGO, RECENTLY = NOON - 2 * HOUR, NOON - 6 * MINUTE


@pytest.mark.parametrize(
    ("answered_at", "sentence"),
    [
        ({}, ""),  # switched off
        ({"Kraken": RECENTLY, "Binance": RECENTLY, "Coinbase": None}, ""),
        ({"Kraken": RECENTLY}, ""),  # the only one that is asked: nothing is broken
        (
            {"Kraken": RECENTLY, "DefiLlama prices": LONG_AGO},
            (
                f"of the sources of stablecoin prices only Kraken answers since {clock(LONG_AGO)}: no alert about a "
                "stablecoin can be worse than watch until DefiLlama prices answers"
            ),
        ),
        (
            {"Kraken": None, "DefiLlama prices": LONG_AGO},
            (
                f"no source of stablecoin prices answers since {clock(LONG_AGO)} (Kraken and DefiLlama prices): no "
                "alert about a stablecoin can open; all others still come"
            ),
        ),
        (
            {"Kraken": None},
            (
                "no source of stablecoin prices answers (Kraken): no alert about a stablecoin can open; all others "
                "still come"
            ),
        ),
    ],
)
def test_that_too_few_sources_of_prices_answer_is_said(answered_at: dict[str, datetime | None], sentence: str) -> None:
    assert said(replace(FINE, prices=PriceFacts(answered_at))) == ([sentence] if sentence else [])
