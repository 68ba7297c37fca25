"""The outflow curve of an episode's run, for laying it beside the present (`/compare binance ftx-2022`)."""

from datetime import UTC, datetime, timedelta

from bot.domain.outflow_curve import OutflowCurve
from bot.replay.episode import Episode
from bot.replay.generator import generate_states

_DAY = timedelta(days=1)


def has_outflow_curve(episode: Episode) -> bool:
    """Return whether an episode is one of the past that shows a run on its first exchange."""
    return episode.crossed_on is not None


def outflow_curve_of(episode: Episode) -> OutflowCurve:
    """Return what the first exchange lost, from the day before its outflow crossed a threshold to the episode's end.

    That is the day before the first reading of an incident, where the curve of a present incident starts too. Shares
    are of the clean reserves on that day, at its prices: −0.37 is 37 % gone, whatever prices did meanwhile.
    """
    exchange = episode.exchanges[0]
    crossed_on = episode.crossed_on or episode.live_start.date()
    start = datetime(crossed_on.year, crossed_on.month, crossed_on.day, tzinfo=UTC) - _DAY
    states = [state for state in generate_states(episode) if state.at >= start]
    first, own_tokens = states[0], exchange.own_tokens
    base = {slot: amount for slot, amount in first.amounts[exchange.id].items() if slot.asset not in own_tokens}
    base_usd = sum(amount * first.prices[slot.asset] for slot, amount in base.items())
    shares = (
        sum((state.amounts[exchange.id][slot] - amount) * first.prices[slot.asset] for slot, amount in base.items())
        / base_usd
        for state in states
    )
    elapsed = tuple(state.at - first.at for state in states)
    return OutflowCurve(episode.title, first.at, elapsed, tuple(shares), episode.label)
