"""Generate what every exchange of an episode held at every run of the upstream: pure, and the same under one seed.

Ordinary net flow is Student's t with four degrees of freedom, scaled so that, unless an episode says otherwise, one day
in twenty is below −0.5 % of clean reserves and one in a hundred below −0.9 %. Single assets move more than that,
against each other. An outflow run replaces the net flow of its hours with its legs, and so passes through the published
figures; a wallet jump changes one amount in one step. Example: a leg of −2 % over 10 hours takes between 0.1 % and
0.3 % in each of them, and 2 % in all.
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
    """What there was at one run of the upstream: prices in USD by asset, amounts in units by exchange and slot."""

    at: datetime
    prices: Prices
    amounts: Mapping[str, Amounts]


def generate_states(episode: Episode) -> Iterator[GeneratedState]:
    """Yield what there was at every run of the upstream, oldest first.

    The history is computed when the first state is asked for, backwards from what the exchanges hold at the live start;
    the live phase state by state.
    """
    times = run_times(episode)
    price_series = prices(episode, times)
    series = {exchange.id: _amount_series(episode, exchange, times, price_series) for exchange in episode.exchanges}
    for at, price in zip(times, price_series, strict=True):
        yield GeneratedState(at, price, {exchange_id: next(amounts) for exchange_id, amounts in series.items()})


def run_times(episode: Episode) -> list[datetime]:
    """Return when the upstream ran: the first run of each day of the history, then every hour until the end."""
    first, hourly_from = episode.live_start - episode.history, episode.live_start - _HOURLY_BEFORE_LIVE
    days = [first + _DAY * day for day in range((hourly_from - first) // _DAY)]
    hours = [hourly_from + _HOUR * hour for hour in range((episode.live_end - hourly_from) // _HOUR)]
    return [_run_time(hour) for hour in (*days, *hours)]


def _run_time(hour: datetime) -> datetime:
    """Return when the upstream runs in an hour: about twenty past, at an odd second."""
    return hour + timedelta(minutes=20, seconds=hour.hour * 37 % 29 * 2 + 1)


@dataclass(frozen=True, slots=True)
class _Interval:
    """The time between two runs of the upstream, up to `at`, at one exchange; `net_usd` None: only noise moves it."""

    at: datetime
    length: timedelta
    price: Prices
    noise: FlowNoise
    net_usd: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    swaps_usd: Mapping[str, float] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()
    jumps: tuple[WalletJump, ...] = ()


def _amount_series(
    episode: Episode, exchange: ExchangeHoldings, times: Sequence[datetime], price_series: Sequence[Prices]
) -> Iterator[Amounts]:
    """Return one exchange's amounts at every run of the upstream, oldest first."""
    # A generator of its own for each exchange: one that is added changes no number of the others.
    random = Random(f"{episode.seed} flow {exchange.id}")  # noqa: S311 — noise, no secret
    start = sum(at < episode.live_start for at in times) - 1
    amounts = _start_amounts(exchange, price_series[start])
    intervals = [
        _Interval(at, at - before, price, episode.noise)
        for (before, at), price in zip(pairwise(times), price_series[1:], strict=True)
    ]
    history = [amounts]  # newest first
    for interval in reversed(intervals[:start]):
        changes = _amount_changes(random, exchange, history[-1], interval)
        history.append({slot: amount - changes[slot] for slot, amount in history[-1].items()})
    live = _with_jumps([jump for jump in episode.jumps if jump.exchange == exchange.id], intervals[start:])
    reserves_usd = _clean_usd(exchange, amounts, price_series[start])
    for number, run in enumerate(run for run in episode.runs if run.exchange == exchange.id):
        unevenness = Random(f"{episode.seed} run {number} {exchange.id}")  # noqa: S311 — as above
        live = _with_run(run, unevenness, reserves_usd, live)
    return chain(reversed(history), _forward(random, exchange, amounts, live))


def _forward(
    random: Random, exchange: ExchangeHoldings, amounts: Amounts, intervals: Sequence[_Interval]
) -> Iterator[Amounts]:
    """Yield the amounts at the end of each interval."""
    for interval in intervals:
        changes = _amount_changes(random, exchange, amounts, interval)
        amounts = {slot: amount + changes[slot] for slot, amount in amounts.items()}
        for jump in interval.jumps:
            amounts = {**amounts, jump.slot: _changed_amount(jump, amounts.get(jump.slot, 0.0), interval.price)}
        yield amounts


def _changed_amount(jump: WalletJump, amount: float, price: Prices) -> float:
    """Return what a jump makes of an amount, both in units of the asset."""
    if jump.measure is Measure.PART:
        return amount * (1 + jump.change)
    return amount + (jump.change if jump.measure is Measure.UNITS else jump.change / price[jump.slot.asset])


def _start_amounts(exchange: ExchangeHoldings, price: Prices) -> Amounts:
    return {
        Slot(chain_name, asset): millions * 1e6 / price[asset]
        for chain_name, by_asset in exchange.reserves_millions.items()
        for asset, millions in by_asset.items()
    }


def _clean_usd(exchange: ExchangeHoldings, amounts: Amounts, price: Prices) -> float:
    own = exchange.own_tokens
    return sum(amount * price[slot.asset] for slot, amount in amounts.items() if slot.asset not in own)


def _with_jumps(jumps: Sequence[WalletJump], intervals: Sequence[_Interval]) -> list[_Interval]:
    """Return the intervals, each with the jumps that happen in it."""
    return [
        replace(
            interval,
            jumps=tuple(jump for jump in jumps if interval.at - interval.length < jump.at <= interval.at),
        )
        for interval in intervals
    ]


def _with_run(run: OutflowRun, random: Random, reserves_usd: float, intervals: Sequence[_Interval]) -> list[_Interval]:
    """Return the intervals with the run's flow in them: each leg spread unevenly over its hours, its sum exact."""
    with_flow: dict[datetime, _Interval] = {}
    since = run.since or intervals[0].at - _HOUR
    for leg in run.legs:
        within = [interval for interval in intervals if since < interval.at <= leg.until]
        weights = [random.uniform(0.5, 1.5) for _ in within]
        for interval, weight in zip(within, weights, strict=True):
            part_usd = reserves_usd * weight / sum(weights)
            with_flow[interval.at] = replace(
                interval,
                net_usd=leg.share * part_usd,
                weights=run.weights,
                swaps_usd={asset: share * part_usd for asset, share in leg.swaps.items()},
                noise=FlowNoise(asset=0.0) if run.is_plain else interval.noise,
            )
        since = leg.until
    paused = (
        (interval, [pause for pause in run.pauses if pause.since < interval.at <= pause.until])
        for interval in intervals
    )
    return [
        replace(with_flow.get(interval.at, interval), closed=interval.closed | {pause.asset for pause in pauses})
        for interval, pauses in paused
    ]


def _amount_changes(
    random: Random, exchange: ExchangeHoldings, amounts: Amounts, interval: _Interval
) -> dict[Slot, float]:
    """Return by how many units each amount changes.

    Own tokens left out, the changes in USD add up to the net flow: `drift` takes back what the noise of the single
    assets adds up to.
    """
    scale = sqrt(interval.length / _DAY)  # the noise of an hour is a day's divided by √24
    noise = interval.noise
    values_usd = {slot: amount * interval.price[slot.asset] for slot, amount in amounts.items()}
    change_usd = {
        slot: usd * _students_t(random, noise.asset_bound) * noise.asset * scale for slot, usd in values_usd.items()
    }
    unmoved = exchange.own_tokens | interval.closed
    moving_usd = {slot: usd for slot, usd in values_usd.items() if usd > 0 and slot.asset not in unmoved}
    total_usd = sum(moving_usd.values())
    net_usd = interval.net_usd
    if net_usd is None:
        net_usd = total_usd * _students_t(random, noise.net_bound) * noise.net * scale
    drift = sum(change_usd[slot] for slot in moving_usd) / total_usd
    asset_usd = _usd_by_asset(moving_usd)
    for slot, part in _flow_parts(moving_usd, asset_usd, interval.weights).items():
        swapped_usd = interval.swaps_usd.get(slot.asset, 0.0) * moving_usd[slot] / asset_usd[slot.asset]
        change_usd[slot] += net_usd * part + swapped_usd - drift * moving_usd[slot]
    return {
        slot: 0.0 if slot.asset in interval.closed else usd / interval.price[slot.asset]
        for slot, usd in change_usd.items()
    }


def _usd_by_asset(slot_usd: Mapping[Slot, float]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for slot, usd in slot_usd.items():
        totals[slot.asset] = totals.get(slot.asset, 0.0) + usd
    return totals


def _flow_parts(
    slot_usd: Mapping[Slot, float], asset_usd: Mapping[str, float], weights: Mapping[str, float]
) -> dict[Slot, float]:
    """Return the part of the net flow that is in each slot; the parts add up to 1.

    Assets with a weight get that part, the others share the remainder by value. Within an asset, slots share by value.
    """
    weighted = {asset: weights[asset] for asset in asset_usd if asset in weights}
    unweighted_usd = sum(usd for asset, usd in asset_usd.items() if asset not in weighted)
    remainder = 1.0 - sum(weights.values())
    parts = {asset: weighted.get(asset, remainder * usd / unweighted_usd) for asset, usd in asset_usd.items()}
    # A weighted asset that the exchange does not hold (any more) leaves a part that the others get.
    total = sum(parts.values())
    return {slot: parts[slot.asset] / total * usd / asset_usd[slot.asset] for slot, usd in slot_usd.items()}


def _students_t(random: Random, bound: float) -> float:
    """Return a draw of Student's t with four degrees of freedom, cut off at ±`bound`."""
    draw = random.gauss(0.0, 1.0) / sqrt(random.gammavariate(2.0, 0.5))
    return max(-bound, min(bound, draw))
