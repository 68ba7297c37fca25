"""The lines that tell the bot's own reading on chain beside the source's amounts, and how such readings go.

Example: "Own reading on Bitcoin (36 of 52 wallets, 12 min ago): BTC agrees with DefiLlama (−1.2 %)."
"""

from collections.abc import Iterable, Iterator, Sequence

from bot.detection.own_reading.comparison import AssetComparison, compared
from bot.domain.own_reading import OutgoingAge, OwnReading
from bot.domain.reading import Reading
from bot.domain.status import OwnChainStatus
from bot.language.name_lists import enumerated
from bot.language.translation import language, marked, tr
from bot.messages.cards.common import source_name
from bot.messages.cards.hold_details import fault_words
from bot.messages.model import Line, line, moment
from bot.messages.number_format import amount, percent, span
from bot.messages.translated_lines import tr_line


def own_reading_lines(readings: Iterable[OwnReading], theirs: Reading) -> Iterator[Line]:
    """Yield a line for each chain that the bot reads itself; none where it reads none."""
    for reading in readings:
        yield _own_reading_line(reading, theirs)


def outgoing_line(outgoing: OutgoingAge) -> Line:
    """Return how long no transaction had left the hot wallet when it was read, and what is usual."""
    text = (
        # Translators: {time} is when the wallet was read, {waited} and {gap} are lengths such as `3 h` and `10 min`.
        marked("Hot Bitcoin wallet, read {time}: the last transaction left {waited} before, usually one every {gap}.")
        if outgoing.usual_gap is not None
        # Translators: {time} is when the wallet was read, {waited} a length such as `3 h`.
        else marked("Hot Bitcoin wallet, read {time}: the last transaction left {waited} before.")
    )
    told = tr_line(
        text,
        time=moment(outgoing.read_at),
        waited=span(outgoing.read_at - outgoing.last),
        gap=span(outgoing.usual_gap) if outgoing.usual_gap is not None else "",
    )
    if not outgoing.is_unusual:
        return told
    caution = tr("⚠️ That is long for this wallet. A new wallet or maintenance would look the same.")
    return (*told, *line(language().sentence_gap, caution))


def own_chains_line(chains: Sequence[OwnChainStatus]) -> str | None:
    """Return how the bot's own readings go: `Own reading on chain: Bitcoin 14 of 15 exchanges, Ethereum off.`."""
    if not chains:
        return None
    # Translators: {chains} is `Bitcoin 14 of 15 exchanges, Ethereum off`.
    return tr("Own reading on chain: {chains}.", chains=enumerated(map(_chain_words, chains)))


def _chain_words(chain: OwnChainStatus) -> str:
    if not chain.is_on:
        # Translators: a chain that the bot does not read, as no address of a node is set.
        return tr("{chain} off", chain=chain.chain)
    # Translators: of so many exchanges the newest round was complete.
    return tr("{chain} {complete} of {count} exchanges", chain=chain.chain, complete=chain.complete, count=chain.read)


def _own_reading_line(own: OwnReading, theirs: Reading) -> Line:
    if own.as_of is None:
        fault = fault_words(own.fault) if own.fault else tr("not read yet")
        # Translators: a round reads all wallets of an exchange once.
        return line(tr("Own reading on {chain}: no complete round yet ({fault}).", chain=own.chain, fault=fault))
    told = tr_line(
        # Translators: {figures} are clauses such as “BTC agrees with DefiLlama (−1.2 %)”.
        "Own reading on {chain} ({read} of {listed} wallets, {time}): {figures}.",
        chain=own.chain,
        read=own.read,
        listed=own.listed,
        time=moment(own.as_of, relative=True),
        figures=_figures(own, theirs),
    )
    if own.fault is None:
        return told
    # Translators: a round reads all wallets of an exchange once.
    discarded = tr("The newest round was incomplete ({fault}) and is discarded.", fault=fault_words(own.fault))
    return (*told, *line(language().sentence_gap, discarded))


def _figures(own: OwnReading, theirs: Reading) -> str:
    source = source_name(theirs.source)
    if comparisons := compared(own, theirs):
        return language().semicolon.join(_clause(comparison, source) for comparison in comparisons)
    held = enumerated(amount(held, asset) for asset, held in own.amounts.items())
    return tr("{amounts}, nothing of {source} to compare with", amounts=held, source=source)


def _clause(comparison: AssetComparison, source: str) -> str:
    text = (
        marked("{asset} agrees with {source} ({difference})")
        if comparison.agrees
        # Translators: {difference} is `−8.0 %`: so much less was read than the source says.
        else marked("{asset} differs from {source} ({difference})")
    )
    return tr(text, asset=comparison.asset, source=source, difference=percent(comparison.difference, signed=True))
