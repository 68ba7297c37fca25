"""Which total of an exchange is shown, and what is said beside it while the source leaves out a part.

A reading without one of its chains adds up to less, which would look like a run. So the total, its composition and its
charts are those of the newest reading that had everything, with its time, and what is missing now is named with what it
was worth: "$106 B at 12:00 UTC (3 h ago)" and "Missing at DefiLlama: Tron ($22.1 B, 20.7 %) since 13:00
UTC. The rest: $84.1 B then, $84.3 B now."
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

from typing_extensions import override

from bot.domain.exchange import Listing
from bot.domain.flow import Window
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot, MissingPart
from bot.language.name_lists import clauses
from bot.language.translation import language, tr
from bot.messages.cards.common import provenance, source_figure_line, source_name
from bot.messages.cards.part_names import part_name
from bot.messages.model import Line, ShownTotal, Span, line, moment
from bot.messages.number_format import percent, usd
from bot.messages.translated_lines import tr_count_line, tr_line

INCOMPLETE_MARK = " *"
"""Behind the name of an exchange whose figures are not complete now, in tables; a line below the title says why."""
_MAX_PARTS = 2
"""Parts that are named with their worth; the rest is added up."""
_MAX_NOTES = 2
"""Exchanges of a table that get a line of their own. When the source drops a chain everywhere, all have the same."""
_MAX_PARTS_IN_NOTES = 1


Value = TypeVar("Value")


class Identity(Generic[Value]):
    """A reading or snapshot as the key of a cache: equal only to itself, for comparing all of it takes too long."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value

    @override
    def __hash__(self) -> int:
        return id(self.value)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.value is self.value


def shown_total(snapshot: ExchangeSnapshot) -> ShownTotal | None:
    """Return the total that is shown of an exchange: of its amounts, else the source's list's; None without either."""
    shown, newest = snapshot.shown_reading, snapshot.reading
    if shown is None or newest is None:
        return listed_total(snapshot.listing) if snapshot.listing else None
    own_tokens = snapshot.exchange.own_tokens
    reserves_usd, total_usd = _sums(Identity(shown), own_tokens)
    if not snapshot.missing:
        return ShownTotal(snapshot.exchange.id, shown.as_of, reserves_usd, total_usd)
    rest_usd, _ = _sums(Identity(newest), own_tokens)
    return ShownTotal(
        snapshot.exchange.id, shown.as_of, reserves_usd, total_usd, snapshot.missing, newest.as_of, rest_usd
    )


def listed_total(listing: Listing) -> ShownTotal | None:
    """Return the total of a row of the source's list, None where it has none."""
    if listing.total_usd is None:
        return None
    return ShownTotal(listing.exchange.id, listing.fetched_at, listing.clean_usd, listing.total_usd, is_checked=False)


# Asked for by every answer about the exchange; there are some eighty of them, with two readings each at most.
@lru_cache(maxsize=160)
def _sums(key: Identity[Reading], own_tokens: frozenset[str]) -> tuple[float, float]:
    """Return the value of a reading in USD, without and with own tokens."""
    return key.value.total_usd(without=own_tokens), key.value.total_usd()


def missing_line(snapshot: ExchangeSnapshot) -> Line | None:
    """Return what the source leaves out now and what the rest is worth, None when nothing is missing."""
    shown, total = snapshot.shown_reading, shown_total(snapshot)
    if shown is None or total is None or total.newest_reserves_usd is None:
        return None
    missing = snapshot.missing
    source, parts, now_usd = (
        source_name(shown.source),
        _parts(missing, total.reserves_usd),
        usd(total.newest_reserves_usd),
    )
    # Where everything went at once, nearly always right after the last complete reading, the rest of that is known too.
    if snapshot.last_complete and total.reserves_usd and len({part.since for part in missing}) == 1:
        return tr_line(
            "⚠️ Missing at {source}: {parts}. The rest: {then_usd} then, {now_usd} now.",
            source=source,
            parts=parts,
            then_usd=usd(total.reserves_usd - sum(part.usd for part in missing)),
            now_usd=now_usd,
        )
    return tr_line(
        "⚠️ Missing at {source}: {parts}. The rest: {now_usd} now.", source=source, parts=parts, now_usd=now_usd
    )


def missing_notes(snapshots: Iterable[ExchangeSnapshot]) -> Iterator[Line]:
    """Yield for each marked exchange of a table when it was complete and what is missing since, a few at most."""
    incomplete = [(snapshot, total) for snapshot in snapshots if snapshot.missing and (total := shown_total(snapshot))]
    for snapshot, total in incomplete[:_MAX_NOTES]:
        name, parts = snapshot.exchange.name, _parts(snapshot.missing, total.reserves_usd, shown=_MAX_PARTS_IN_NOTES)
        if snapshot.last_complete:
            yield tr_line(
                "* {exchange}: shown as of {time}; missing now: {parts}.",
                exchange=name,
                time=moment(total.as_of),
                parts=parts,
            )
        else:
            yield tr_line("* {exchange}: missing now: {parts}.", exchange=name, parts=parts)
    if len(incomplete) > _MAX_NOTES:
        yield tr_count_line(
            "* {count} more is incomplete now: /reserves <exchange> says what is missing.",
            "* {count} more are incomplete now: /reserves <exchange> says what is missing.",
            len(incomplete) - _MAX_NOTES,
        )


def _parts(missing: Sequence[MissingPart], reserves_usd: float | None, *, shown: int = _MAX_PARTS) -> Line:
    """Return the missing parts, largest first: `Tron ($22.1 B, 20.7 %) since 13:00 UTC`."""
    named: list[Span] = []
    for part in missing[:shown]:
        worth = clauses((usd(part.usd), *([percent(part.usd / reserves_usd)] if reserves_usd else [])))
        # Translators: {worth} is "$22.1 B, 20.7 %".
        told = tr_line(
            "{part} ({worth}) since {time}",
            part=part_name(part.name),
            worth=worth,
            time=moment(part.since),
        )
        named += [*line(language().name_comma if named else ""), *told]
    others = missing[shown:]
    if not others:
        return tuple(named)
    return tr_count_line(
        "{parts} and {count} more ({usd})",
        "{parts} and {count} more ({usd})",
        len(others),
        parts=tuple(named),
        usd=usd(sum(part.usd for part in others)),
    )


def provenance_of_total(snapshot: ExchangeSnapshot, shown: Reading) -> Line:
    """Return where the total is from and when it was true, and the time of the newest reading if that lacks a part."""
    newest = snapshot.reading
    if newest is None or newest is shown:
        return provenance(shown.source, shown.as_of)
    incomplete = tr_line("newest reading, incomplete: {time}", time=moment(newest.as_of))
    return (*provenance(shown.source, shown.as_of), *line(" · "), *incomplete)


def source_figure_beside(snapshot: ExchangeSnapshot, window: Window) -> Line | None:
    """Return the source's own flow figure for a window, and whether it matches ours.

    While a part is missing it is no second opinion, for it may take that part for a flow.
    """
    if not snapshot.missing:
        return source_figure_line(snapshot.listing, window, snapshot.signal.flow(window) if snapshot.signal else None)
    figure = source_figure_line(snapshot.listing, window)
    return (
        (*figure, *line(language().sentence_gap, tr("It may count the missing part as withdrawn."))) if figure else None
    )
