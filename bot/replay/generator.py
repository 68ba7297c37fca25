"""From an episode to what every exchange held at every run of the upstream: pure, and the same under one seed.

Ordinary net flow is Student's t with four degrees of freedom, scaled so that, unless an episode says otherwise, one day
in twenty is below −0.5 % of clean reserves and one in a hundred below −0.9 %. Single assets move more than that,
against each other. A run replaces the net flow of its hours with its legs, and so passes through the published points;
a jump changes one amount in one step.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, pairwise
from math import sqrt
from random import Random

from bot.domain.reading import Slot
from bot.replay.episode import Episode, ExchangeHoldings, FlowNoise, OutflowRun
from bot.replay.faults import Measure, WalletJump
from bot.replay.prices import prices

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_HOURLY_BEFORE_LIVE = timedelta(days=2)  # the upstream keeps hourly records that long, and counts 24 h flows on them

Prices = Mapping[str, float]
Amounts = Mapping[Slot, float]


@dataclass(frozen=True, slots=True)
class GeneratedState:
    """What one run of the upstream saw: prices in USD by asset, amounts in units of the asset by exchange and slot."""

    at: datetime
    prices: Prices
    amounts: Mapping[str, Amounts]


def snapshots(episode: Episode) -> Iterator[GeneratedState]:
    """Yield what every run saw, oldest first.

    The history is worked out on the first one, backwards from what the exchanges hold at the live start; the live
    phase as it is asked for.
    """
    moments = run_times(episode)
    course = prices(episode, moments)
    tracks = {book.id: _track(episode, book, moments, course) for book in episode.books}
    for at, price in zip(moments, course, strict=True):
        yield GeneratedState(at, price, {exchange: next(track) for exchange, track in tracks.items()})


def run_times(episode: Episode) -> list[datetime]:
    """Return when the upstream ran: the first run of each day of the history, then every hour until the end."""
    first, hourly_from = episode.live_start - episode.history, episode.live_start - _HOURLY_BEFORE_LIVE
    days = [first + _DAY * day for day in range((hourly_from - first) // _DAY)]
    hours = [hourly_from + _HOUR * hour for hour in range((episode.live_end - hourly_from) // _HOUR)]
    return [_run_of(hour) for hour in (*days, *hours)]


def _run_of(hour: datetime) -> datetime:
    """Return when the upstream runs in an hour: about twenty past, at an odd second."""
    return hour + timedelta(minutes=20, seconds=hour.hour * 37 % 29 * 2 + 1)


@dataclass(frozen=True, slots=True)
class _HourOfRun:
    """The time up to the run at `at` as one exchange lives it; `net_usd` None: nothing but noise moves it."""

    at: datetime
    length: timedelta
    price: Prices
    noise: FlowNoise
    net_usd: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    swaps_usd: Mapping[str, float] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    jumps: tuple[WalletJump, ...] = ()


def _track(
    episode: Episode, book: ExchangeHoldings, moments: Sequence[datetime], course: Sequence[Prices]
) -> Iterator[Amounts]:
    """Yield one exchange's amounts at every run."""
    random = Random(f"{episode.seed} flow {book.id}")  # noqa: S311 — noise, no secret
    start = sum(at < episode.live_start for at in moments) - 1
    amounts = _amounts(book, course[start])
    steps = [
        _HourOfRun(at, at - before, price, episode.noise)
        for (before, at), price in zip(pairwise(moments), course[1:], strict=True)
    ]
    past = [amounts]
    for stretch in reversed(steps[:start]):
        moved = _changes(random, book, past[-1], stretch)
        past.append({slot: amount - moved[slot] for slot, amount in past[-1].items()})
    live = _with_jumps([jump for jump in episode.jumps if jump.exchange == book.id], steps[start:])
    reserves = _clean_usd(book, amounts, course[start])
    for number, run in enumerate(run for run in episode.runs if run.exchange == book.id):
        unevenness = Random(f"{episode.seed} run {number} {book.id}")  # noqa: S311 — as above
        live = _with_run(run, unevenness, reserves, live)
    return chain(reversed(past), _forward(random, book, amounts, live))


def _forward(
    random: Random, book: ExchangeHoldings, amounts: Amounts, stretches: Sequence[_HourOfRun]
) -> Iterator[Amounts]:
    """Yield the amounts at the end of each stretch."""
    for stretch in stretches:
        moved = _changes(random, book, amounts, stretch)
        amounts = {slot: amount + moved[slot] for slot, amount in amounts.items()}
        for jump in stretch.jumps:
            amounts = {**amounts, jump.slot: _after(jump, amounts.get(jump.slot, 0.0), stretch.price)}
        yield amounts


def _after(jump: WalletJump, amount: float, price: Prices) -> float:
    """Return what a jump makes of an amount in units."""
    if jump.measure is Measure.PART:
        return amount * (1 + jump.by)
    return amount + (jump.by if jump.measure is Measure.UNITS else jump.by / price[jump.slot.asset])


def _amounts(book: ExchangeHoldings, price: Prices) -> Amounts:
    return {
        Slot(on_chain, asset): millions * 1e6 / price[asset]
        for on_chain, holdings in book.reserves_millions.items()
        for asset, millions in holdings.items()
    }


def _clean_usd(book: ExchangeHoldings, amounts: Amounts, price: Prices) -> float:
    own = book.own_tokens
    return sum(amount * price[slot.asset] for slot, amount in amounts.items() if slot.asset not in own)


def _with_jumps(jumps: Sequence[WalletJump], quiet: Sequence[_HourOfRun]) -> list[_HourOfRun]:
    """Return the stretches, each with the jumps that its run is the first to see."""
    return [
        replace(
            hour_of_run,
            jumps=tuple(jump for jump in jumps if hour_of_run.at - hour_of_run.length < jump.at <= hour_of_run.at),
        )
        for hour_of_run in quiet
    ]


def _with_run(run: OutflowRun, random: Random, reserves_usd: float, quiet: Sequence[_HourOfRun]) -> list[_HourOfRun]:
    """Return the stretches with the run's flow in them: each leg spread unevenly over its hours, its sum exact."""
    lived: dict[datetime, _HourOfRun] = {}
    since = run.since or quiet[0].at - _HOUR
    for leg in run.legs:
        within = [hour_of_run for hour_of_run in quiet if since < hour_of_run.at <= leg.until]
        parts = [random.uniform(0.5, 1.5) for _ in within]
        for stretch, part in zip(within, parts, strict=True):
            moved = reserves_usd * part / sum(parts)
            lived[stretch.at] = replace(
                stretch,
                net_usd=leg.share * moved,
                weights=run.weights,
                swaps_usd={asset: share * moved for asset, share in leg.swaps.items()},
                noise=FlowNoise(asset=0.0) if run.is_plain else stretch.noise,
            )
        since = leg.until
    paused = (
        (hour_of_run, [pause for pause in run.pauses if pause.since < hour_of_run.at <= pause.until])
        for hour_of_run in quiet
    )
    return [
        replace(lived.get(hour_of_run.at, hour_of_run), closed=hour_of_run.closed | {pause.asset for pause in pauses})
        for hour_of_run, pauses in paused
    ]


def _changes(random: Random, book: ExchangeHoldings, amounts: Amounts, stretch: _HourOfRun) -> dict[Slot, float]:
    """Return by how much each amount changes; the sum of the changes in USD, own tokens apart, is the net flow."""
    root = sqrt(stretch.length / _DAY)
    noise = stretch.noise
    values = {slot: amount * stretch.price[slot.asset] for slot, amount in amounts.items()}
    shock = {slot: usd * _heavy(random, noise.asset_bound) * noise.asset * root for slot, usd in values.items()}
    unmoved = book.own_tokens | stretch.closed
    moving = {slot: usd for slot, usd in values.items() if usd > 0 and slot.asset not in unmoved}
    worth = sum(moving.values())
    net = stretch.net_usd
    if net is None:
        net = worth * _heavy(random, noise.net_bound) * noise.net * root
    drift = sum(shock[slot] for slot in moving) / worth
    by_asset = _by_asset(moving)
    for slot, part in _parts(moving, by_asset, stretch.weights).items():
        swapped = stretch.swaps_usd.get(slot.asset, 0.0) * moving[slot] / by_asset[slot.asset]
        shock[slot] += net * part + swapped - drift * moving[slot]
    return {
        slot: 0.0 if slot.asset in stretch.closed else usd / stretch.price[slot.asset] for slot, usd in shock.items()
    }


def _by_asset(worth: Mapping[Slot, float]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for slot, usd in worth.items():
        totals[slot.asset] = totals.get(slot.asset, 0.0) + usd
    return totals


def _parts(
    worth: Mapping[Slot, float], by_asset: Mapping[str, float], weights: Mapping[str, float]
) -> dict[Slot, float]:
    """Return the part of the net flow that each slot carries: by the weights of assets, the rest by value."""
    named = {asset: weights[asset] for asset in by_asset if asset in weights}
    unnamed = sum(usd for asset, usd in by_asset.items() if asset not in named)
    rest = 1.0 - sum(weights.values())
    carried = {asset: named.get(asset, rest * usd / unnamed) for asset, usd in by_asset.items()}
    total = sum(carried.values())
    return {slot: carried[slot.asset] / total * usd / by_asset[slot.asset] for slot, usd in worth.items()}


def _heavy(random: Random, bound: float) -> float:
    """Return a draw of Student's t with four degrees of freedom, cut off at ±`bound`."""
    draw = random.gauss(0.0, 1.0) / sqrt(random.gammavariate(2.0, 0.5))
    return max(-bound, min(bound, draw))
