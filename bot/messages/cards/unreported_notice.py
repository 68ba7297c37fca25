"""The words of a data notice about a part of the reserves that the source does not report any more.

Example: "INC-7 · Binance · Tron is missing at the source", "Tron $1.20 B · 12.0 % of reserves, missing since 2026-03-01
12:00 UTC", and at its end "Tron is back at the source", "It is back, with $1.10 B now and $1.20 B then."
"""

from collections.abc import Iterator

from bot.alerting.data_notice import NOTICE_SHARE
from bot.domain.incident import Ending, Incident
from bot.domain.jump import Jump, Verdict
from bot.domain.signal import Signal
from bot.language.name_lists import enumerated, sentences
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.part_names import part_name
from bot.messages.model import Line, moment
from bot.messages.number_format import percent, usd
from bot.messages.translated_lines import tr_line

UNKNOWN_CAUSE = marked(
    "The cause is not known: the source may have lost it, or the exchange may have moved the coins to addresses that "
    "nobody tracks."
)
STILL_AWAY = marked("Not counted as an outflow. Flows that include it are shown as a range until it is back.")


def parts_headline(signal: Signal) -> str:
    """Return what is the matter: `Tron is missing at the source`."""
    names = [part_name(jump.group) for jump in signal.jumps]
    if _is_back(signal):
        # Translators: {parts} are chains or assets, "Solana, Tron"; there may be one or several.
        return tr_count(
            "{parts} is back at the source", "{parts} are back at the source", len(names), parts=enumerated(names)
        )
    # Translators: {parts} are chains or assets, "Solana, Tron"; there may be one or several.
    return tr_count(
        "{parts} is missing at the source", "{parts} are missing at the source", len(names), parts=enumerated(names)
    )


def parts_evidence(signal: Signal) -> Iterator[Line]:
    """Yield each part with what it was worth and since when it is away, and what it holds if it is back."""
    for part in signal.jumps:
        gap = _gap(part)
        if part.back_usd is None or part.verdict is not Verdict.RETURNED:
            yield gap
            continue
        # Translators: {gap} says what was missing and from when to when; {usd} is what it holds since it is back, in
        # dollars at the prices of before it was missing.
        yield tr_line("{gap}: {usd} at the prices before", gap=gap, usd=usd(part.back_usd))


def _gap(part: Jump) -> Line:
    name, worth, share = part_name(part.group), usd(-part.usd), percent(-part.share)
    if part.verdict is not Verdict.RETURNED:
        return tr_line(
            "**{part}** {usd} · {share} of reserves, missing since {time}",
            part=name,
            usd=worth,
            share=share,
            time=moment(part.at),
        )
    if part.turned_at is None:
        return tr_line(
            "**{part}** {usd} · {share} of reserves, missing from {time}",
            part=name,
            usd=worth,
            share=share,
            time=moment(part.at),
        )
    return tr_line(
        "**{part}** {usd} · {share} of reserves, missing from {start} to {end}",
        part=name,
        usd=worth,
        share=share,
        start=moment(part.at),
        end=moment(part.turned_at),
    )


def parts_brief(signal: Signal) -> str:
    """Return how large they are in a few words: `12.0 % missing`."""
    share = percent(-sum(part.share for part in signal.jumps))
    # Translators: a share of the reserves that the source tells again.
    return tr("{share} back", share=share) if _is_back(signal) else tr("{share} missing", share=share)


def parts_ending(incident: Incident) -> str:
    """Return how it ended: `It is back, with $1.10 B now and $1.20 B then.`."""
    if incident.ending is Ending.UNREPORTED:
        return tr(
            "Still missing after three days. It is not counted as an outflow: from now on flows leave it out, and "
            "/reserves names it as missing until it has been away for 30 days."
        )
    now_usd, then_usd = _worth_now(incident.announced), -sum(part.usd for part in incident.announced.jumps)
    if now_usd is None:
        return tr("It is back.")
    back = tr("It is back, with {now} now and {then} then.", now=usd(now_usd), then=usd(then_usd))
    if is_whole(incident):
        return back
    lost = tr("What it lost meanwhile is judged like any other move.")
    return sentences(back, lost)


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


def _is_back(signal: Signal) -> bool:
    return all(part.verdict is Verdict.RETURNED for part in signal.jumps)


def _worth_now(signal: Signal) -> float | None:
    """Return what all parts hold again, in USD at the prices before; None where it is not known of each."""
    known = [part.back_usd for part in signal.jumps if part.back_usd is not None]
    return sum(known) if len(known) == len(signal.jumps) else None
