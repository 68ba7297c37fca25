"""Announced maintenance: a closing that an exchange's status page told of weighs one severity less.

It is not ignored: "maintenance" is also what is written above a closed counter. Example: BTC is closed, and the page
says "Bitcoin wallet maintenance, 12:00 to 14:00". At 13:00 it is covered. At 14:10 it is still closed, and what was
announced is over: not covered any more.
"""

from datetime import datetime, timedelta

from bot.domain.withdrawal_reading import ALL_NETWORKS, Maintenance

LONGEST_OPEN_END = timedelta(hours=24)
"""A maintenance that names no end covers so long from its beginning: what lasts longer is no announcement."""


def is_announced(maintenance: Maintenance, asset: str, network: str, at: datetime, *, closed_since: datetime) -> bool:
    """Return whether a maintenance is on at a time, and is about an asset on a network that closed before."""
    return _is_on(maintenance, at, closed_since) and _covers(maintenance, asset, network)


def _is_on(maintenance: Maintenance, at: datetime, closed_since: datetime) -> bool:
    begins_at, ends_at = maintenance.begins_at, maintenance.ends_at
    has_begun_then = begins_at is not None and begins_at <= at
    if ends_at is None:
        # Some say no more than that it is under way. It began no later than what it closed.
        ends_at = (begins_at if begins_at and has_begun_then else closed_since) + LONGEST_OPEN_END
    return (maintenance.is_under_way or has_begun_then) and at <= ends_at


def _covers(maintenance: Maintenance, asset: str, network: str) -> bool:
    """Return whether it names both, one of them where it names no other, or nothing and so the exchange as a whole."""
    of_asset = not maintenance.assets or asset in maintenance.assets
    # Where an exchange tells a flag for the asset as a whole, nobody knows which network is meant.
    of_network = not maintenance.networks or network in {*maintenance.networks, ALL_NETWORKS}
    return of_asset and of_network
