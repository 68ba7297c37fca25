"""The course of an episode's run, for laying it beside the present."""

from datetime import UTC, datetime, timedelta

from bot.domain.outflow_curve import OutflowCurve
from bot.replay.episode import Episode
from bot.replay.generator import snapshots

_DAY = timedelta(days=1)


def has_path(episode: Episode) -> bool:
    """Return whether an episode is one of the past that shows a run on its first exchange."""
    return episode.crossed_on is not None


def path(episode: Episode) -> OutflowCurve:
    """Return what its first exchange lost, from the day before the outflow crossed a threshold to the episode's end.

    That is the day before the first reading of an incident, as it is for a living one. Prices are those of day 0.
    """
    book = episode.books[0]
    due = episode.crossed_on or episode.live_start.date()
    start = datetime(due.year, due.month, due.day, tzinfo=UTC) - _DAY
    seen = [snapshot for snapshot in snapshots(episode) if snapshot.at >= start]
    base = {slot: amount for slot, amount in seen[0].amounts[book.id].items() if slot.asset not in book.own_tokens}
    prices = seen[0].prices
    held = sum(amount * prices[slot.asset] for slot, amount in base.items())
    shares = (
        sum((generated_state.amounts[book.id][slot] - amount) * prices[slot.asset] for slot, amount in base.items())
        / held
        for generated_state in seen
    )
    elapsed = tuple(generated_state.at - seen[0].at for generated_state in seen)
    return OutflowCurve(episode.title, seen[0].at, elapsed, tuple(shares), episode.label)
