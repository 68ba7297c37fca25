"""Whether an alert can open and arrive now: one pure function from facts to the reasons why not, most harmful first.

Example: 62 % of all reserves are at exchanges whose newest figures the source gave at 05:00 and still gives at 13:00.
Nothing can open there, so there is one obstacle of kind `figures`: "the source has not updated Binance and OKX (62 % of
all reserves) since 2026-10-05 05:00 UTC (8 h): no alert about them can open until it does". With 6 % there is none:
somewhere a small exchange's figures always stand still, and `/status` shows the age of those that people ask for.

Operators alone read the sentences, in `/status`, ERROR_CHAT and the log: they are in English, whoever asks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.detection.guards.staleness import MAX_AGE
from bot.detection.pegs import MAX_AGE as PRICES_MAX_AGE
from bot.domain.obstacles import (
    AlertFacts,
    AlertObstacle,
    ClockFacts,
    FigureFacts,
    JobState,
    ListFacts,
    ObstacleKind,
    PollFacts,
)
from bot.language.languages import ENGLISH
from bot.language.translation import written_in
from bot.messages.number_format import clock, percent, span

LARGE_PART = 0.10
"""Of all reserves: what is known of a smaller part may be old without a word to everybody. Of the exchanges that are
listed only the four or five largest hold as much."""
STUCK_QUEUE = timedelta(minutes=10)
"""A message that is due is sent within seconds; a platform's pauses of a minute or two are no standstill."""
_LONG_PAUSE = timedelta(minutes=1)  # a 429 pauses for seconds; longer ones are a circuit breaker's, or a restriction
_POLLS_MISSED = 2  # intervals: one poll may fail without an alarm
_JOB_MISSED = 2  # turns
_JOB_GRACE = timedelta(minutes=5)  # a job of every few seconds may wait for a store that is away, or for a slow body
_LEFT_OUT_FOR = timedelta(days=7)  # what was left out for longer was given up by the source, and is no news
_MAX_NAMED = 3


def alert_obstacles(facts: AlertFacts) -> Sequence[AlertObstacle]:
    """Return why alerts may not open or arrive at present, most harmful first; nothing when they can."""
    with written_in(ENGLISH):
        return _obstacles(facts)


def _obstacles(facts: AlertFacts) -> Sequence[AlertObstacle]:
    return [
        *_store(facts.store_fault),
        *_clock(facts.clock),
        *_platforms(facts.platforms),
        *_polls(facts.polls, facts.now),
        *_figures(facts),
        *_left_out(facts.exchange_list),
        *_paused(facts),
        *(_obstacle(ObstacleKind.WORKERS, sentence, about="deliveries") for sentence in facts.idle_duties),
        *_queues(facts),
        *_jobs(facts.jobs),
        *_withdrawals(facts),
        *_prices(facts),
        # Told apart by their places: a sentence that counts something must not look like a new one every time.
        *(
            _obstacle(kind, sentence, about=f"reported {number}")
            for kind, sentences in facts.reported.items()
            for number, sentence in enumerate(sentences)
            if sentence
        ),
    ]


def _obstacle(kind: ObstacleKind, sentence: str, *, about: str = "") -> AlertObstacle:
    return AlertObstacle(kind, sentence, about)


def _store(fault: str) -> Iterator[AlertObstacle]:
    if fault:
        yield _obstacle(ObstacleKind.STORE, f"store: {fault}")


def _clock(facts: ClockFacts) -> Iterator[AlertObstacle]:
    if facts.machine_ahead:
        yield _obstacle(
            ObstacleKind.CLOCK,
            f"the clock of this machine is {_ahead(facts.machine_ahead)}: set it right (NTP); until then the time of "
            f"{_enumerated(facts.by)} is used",
        )
    elif facts.doubted_by:
        name, ahead = facts.doubted_by
        yield _obstacle(
            ObstacleKind.CLOCK,
            f"by the time of {name} the clock of this machine is {_ahead(ahead)}, and nobody else confirms that: "
            "check it",
        )


def _ahead(by: timedelta) -> str:
    return f"{span(abs(by))} {'fast' if by > timedelta() else 'slow'}"


def _platforms(troubles: Mapping[str, str]) -> Iterator[AlertObstacle]:
    for platform, trouble in troubles.items():
        if trouble:
            yield _obstacle(ObstacleKind.PLATFORM, f"{platform}: {trouble}", about=platform)


def _polls(facts: PollFacts | None, now: datetime) -> Iterator[AlertObstacle]:
    if facts is None:
        return
    if facts.last_good is None and facts.unlisted:
        names = ", ".join(sorted(facts.unlisted))
        yield _obstacle(ObstacleKind.LIST, f"EXCHANGES names what is not listed: {names}", about="EXCHANGES")
    elif facts.last_good is None:
        yield _obstacle(ObstacleKind.POLLS, "first poll pending", about="first")
    elif _is_overdue(facts, now):
        fault = f" ({facts.fault})" if facts.fault else ""
        yield _obstacle(
            ObstacleKind.POLLS,
            f"last good poll was {span(now - facts.last_good)} ago{fault}: no alert opens or closes until the source "
            f"is back; retrying every {span(facts.interval)}",
        )
    else:
        return
    if not facts.is_anybody_polling:
        yield _obstacle(
            ObstacleKind.WORKERS, "no worker polls the upstreams: start one with --role poller or all", about="poll"
        )


def _is_overdue(facts: PollFacts | None, now: datetime) -> bool:
    return bool(facts and facts.last_good and now - facts.last_good > _POLLS_MISSED * facts.interval)


def _figures(facts: AlertFacts) -> Iterator[AlertObstacle]:
    """Yield that figures stand still at the source, or cannot be had; while all polls fail, that alone is said."""
    frozen = [figures for figures in facts.figures if _stands_still(figures)]
    failing = [figures for figures in facts.figures if _cannot_be_had(figures, facts.now) and figures not in frozen]
    if _is_large(frozen, facts.figures):
        since = max(figures.as_of for figures in frozen)
        yield _obstacle(
            ObstacleKind.FIGURES,
            f"the source has not updated {_named(frozen, facts.figures)} since {clock(since)} "
            f"({span(facts.now - since)}): no alert about them can open until it does",
            about="frozen",
        )
    elif _list_stands_still(facts.exchange_list):
        since = facts.exchange_list.changed_at if facts.exchange_list else facts.now
        yield _obstacle(
            ObstacleKind.FIGURES,
            f"the source has not updated its exchange list since {clock(since)} ({span(facts.now - since)}): no alert "
            "can open until it does",
            about="frozen",
        )
    if _is_large(failing, facts.figures) and not _is_overdue(facts.polls, facts.now):
        yield _obstacle(
            ObstacleKind.FIGURES,
            f"the figures of {_named(failing, facts.figures)} could not be read for "
            f"{span(facts.now - max(figures.as_of for figures in failing))}: no alert about them can open; the log "
            "says what the source answers",
            about="unread",
        )


def _stands_still(figures: FigureFacts) -> bool:
    """Return whether the source answered with what was too old already: by its own word, whatever our clock says."""
    return figures.answered_at is not None and figures.answered_at - figures.as_of > MAX_AGE


def _cannot_be_had(figures: FigureFacts, now: datetime) -> bool:
    return figures.is_failing and now - figures.as_of > MAX_AGE


def _list_stands_still(facts: ListFacts | None) -> bool:
    return facts is not None and facts.fetched_at - facts.changed_at > MAX_AGE


def _is_large(part: Sequence[FigureFacts], everything: Sequence[FigureFacts]) -> bool:
    return bool(part) and _usd(part) >= LARGE_PART * _usd(everything)


def _usd(figures: Iterable[FigureFacts]) -> float:
    return sum(exchange_figures.usd for exchange_figures in figures)


def _named(part: Sequence[FigureFacts], everything: Sequence[FigureFacts]) -> str:
    """Return the largest by name and how much of everything they are: "Binance, OKX and 3 more (62 % of …)"."""
    largest = sorted(part, key=lambda figures: -figures.usd)
    share = _usd(part) / _usd(everything) if _usd(everything) else 1.0
    return f"{_enumerated([figures.exchange for figures in largest])} ({percent(share)} of all reserves)"


def _enumerated(names: Sequence[str]) -> str:
    """Return "Binance", "Binance and OKX", or "Binance, OKX, Bybit and 4 more"."""
    shown = list(names[:_MAX_NAMED])
    if len(names) > _MAX_NAMED:
        return f"{', '.join(shown)} and {len(names) - _MAX_NAMED} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _left_out(facts: ListFacts | None) -> Iterator[AlertObstacle]:
    if facts is None:
        return
    recent = {
        name: (usd, seen_at)
        for name, (usd, seen_at) in facts.left_out.items()
        if facts.fetched_at - seen_at <= _LEFT_OUT_FOR
    }
    missing_usd = sum(usd for usd, _ in recent.values())
    if recent and missing_usd >= LARGE_PART * (facts.usd or missing_usd):
        names = sorted(recent, key=lambda name: -recent[name][0])
        since = max(seen_at for _, seen_at in recent.values())
        yield _obstacle(
            ObstacleKind.LIST,
            f"the source's list has been without {_enumerated(names)} since {clock(since)}: outflows there are noticed "
            "late or not at all until it is complete again",
        )


def _paused(facts: AlertFacts) -> Iterator[AlertObstacle]:
    for paused in facts.paused:
        if paused.pause >= _LONG_PAUSE:
            yield _obstacle(
                ObstacleKind.REFUSALS,
                f"{paused.platform}: sending is paused for {span(paused.pause)} ({paused.reason}); all messages wait",
                about=paused.platform,
            )


def _queues(facts: AlertFacts) -> Iterator[AlertObstacle]:
    explained = {paused.platform for paused in facts.paused} | {name for name, why in facts.platforms.items() if why}
    for queue in facts.queues:
        # A queue behind a platform that is away or paused stands still for that reason, which is said.
        if queue.unmoved_for > STUCK_QUEUE and queue.platform not in explained:
            yield _obstacle(
                ObstacleKind.QUEUE,
                f"{queue.platform}: {queue.waiting} messages are waiting and none has been sent for "
                f"{span(queue.unmoved_for)}: look for “delivery” in the log, then restart the bot",
                about=queue.platform,
            )


def _jobs(jobs: Sequence[JobState]) -> Iterator[AlertObstacle]:
    for job in jobs:
        if job.crash:
            yield _obstacle(
                ObstacleKind.JOBS,
                f"the job “{job.name}” fails ({job.crash}); it is retried, and the log has the details",
                about=job.name,
            )
        elif job.ended_ago > _JOB_MISSED * job.every + _JOB_GRACE:
            yield _obstacle(
                ObstacleKind.JOBS,
                f"the job “{job.name}” has not finished for {span(job.ended_ago)}: restart the bot",
                about=job.name,
            )


def _withdrawals(facts: AlertFacts) -> Iterator[AlertObstacle]:
    """Yield that no exchange tells anything of withdrawals any more; that one of them does not is its own matter."""
    told = facts.withdrawals
    if told is None or not told.asked or told.silent < told.asked:
        return
    is_one = told.asked == 1
    who = "the exchange that is" if is_one else f"all {told.asked} exchanges that are"
    since = f" since {clock(told.answered_at)} ({span(facts.now - told.answered_at)})" if told.answered_at else ""
    refusing = "it refuses" if is_one else f"{told.blocked} of them refuse"
    blocked = f"; {refusing} this network or region, so set PROXY_URL" if told.blocked else ""
    yield _obstacle(
        ObstacleKind.WITHDRAWALS,
        f"{who} asked whether withdrawals are open {'gives' if is_one else 'give'} no answer{since}{blocked}: outflow "
        f"alerts still come, but none can become critical until {'it answers' if is_one else 'one of them answers'}",
    )


def _prices(facts: AlertFacts) -> Iterator[AlertObstacle]:
    """Yield that too few sources answer for a peg to be judged; that a source was switched off is no obstacle."""
    prices = facts.prices
    if prices is None:
        return
    answering = [name for name, at in prices.answered_at.items() if at is not None and facts.now - at <= PRICES_MAX_AGE]
    silent = [name for name in prices.answered_at if name not in answering]
    if len(answering) > 1 or not silent:
        return
    last = max((at for name in silent if (at := prices.answered_at[name])), default=None)
    since = f" since {clock(last)}" if last else ""
    if answering:
        sentence = (
            f"of the sources of stablecoin prices only {answering[0]} answers{since}: no alert about a stablecoin can "
            f"be worse than watch until {_enumerated(silent)} {'answers' if len(silent) == 1 else 'answer'}"
        )
    else:
        sentence = (
            f"no source of stablecoin prices answers{since} ({_enumerated(silent)}): no alert about a stablecoin can "
            "open; all others still come"
        )
    yield _obstacle(ObstacleKind.PRICES, sentence)
