"""The words of a data notice about a part of the reserves that the source does not report any more.

Example: "INC-7 · Binance · Tron is missing at the source", "Tron $1.20 B · 12.0 % of reserves, missing since 2026-03-01
12:00 UTC", and at its end "Tron is back at the source", "It is back, with $1.10 B now and $1.20 B then."
"""

from collections.abc import Iterator

from bot.alerting.data_notice import NOTICE_SHARE
from bot.domain.incident import Ending, Incident
from bot.domain.jump import Verdict
from bot.domain.signal import Signal
from bot.messages.model import Line, bold, line, moment
from bot.messages.number_format import percent, usd

UNKNOWN_CAUSE = (
    "The cause is not known: the source may have lost it, or the exchange may have moved the coins to addresses that "
    "nobody tracks."
)
STILL_AWAY = "Not counted as an outflow. Flows that include it are shown as a range until it is back."
_STAYED_AWAY = (
    "Still missing after three days. It is not counted as an outflow: from now on flows leave it out, and /reserves "
    "names it as missing until it has been away for 30 days."
)


def parts_headline(signal: Signal) -> str:
    """Return what is the matter: `Tron is missing at the source`."""
    names = [jump.group for jump in signal.jumps]
    verb = "are" if len(names) > 1 else "is"
    is_back = all(jump.verdict is Verdict.RETURNED for jump in signal.jumps)
    return f"{', '.join(names)} {verb} {'back' if is_back else 'missing'} at the source"


def parts_evidence(signal: Signal) -> Iterator[Line]:
    """Yield each part with what it was worth and since when it is away, and what it holds if it is back."""
    for part in signal.jumps:
        size = f" {usd(-part.usd)} · {percent(-part.share)} of reserves, "
        if part.verdict is not Verdict.RETURNED:
            yield line(bold(part.group), size, "missing since ", moment(part.at))
            continue
        now = f": {usd(part.back_usd)} at the prices before" if part.back_usd is not None else ""
        since = (moment(part.at), " to ", moment(part.turned_at)) if part.turned_at else (moment(part.at),)
        yield line(bold(part.group), size, "missing from ", *since, now)


def parts_brief(signal: Signal) -> str:
    """Return how large they are in a few words: `12.0 % missing`."""
    share = -sum(part.share for part in signal.jumps)
    is_back = all(part.verdict is Verdict.RETURNED for part in signal.jumps)
    return f"{percent(share)} {'back' if is_back else 'missing'}"


def parts_ending(incident: Incident) -> str:
    """Return how it ended: `It is back, with $1.10 B now and $1.20 B then.`."""
    if incident.ending is Ending.UNREPORTED:
        return _STAYED_AWAY
    now_usd, then_usd = _worth_now(incident.announced), -sum(part.usd for part in incident.announced.jumps)
    if now_usd is None:
        return "It is back."
    rest = "" if is_whole(incident) else " What it lost meanwhile is judged like any other move."
    return f"It is back, with {usd(now_usd)} now and {usd(then_usd)} then.{rest}"


def is_whole(incident: Incident) -> bool:
    """Return whether what was away is back, but for less than would be told by itself."""
    if incident.ending is not Ending.RETURNED:
        return False
    lost_share = sum(
        -part.share * (1 - part.back_usd / -part.usd)
        for part in incident.announced.jumps
        if part.back_usd is not None and part.usd
    )
    return lost_share < NOTICE_SHARE


def _worth_now(signal: Signal) -> float | None:
    """Return what all parts hold again, in USD at the prices before; None where it is not known of each."""
    known = [part.back_usd for part in signal.jumps if part.back_usd is not None]
    return sum(known) if len(known) == len(signal.jumps) else None
