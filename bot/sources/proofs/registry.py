"""Which exchanges are asked for their proofs of reserves."""

from collections.abc import Collection, Mapping, Sequence

from bot.ports.sources import Clock, ProofSource
from bot.sources.http import Http
from bot.sources.proofs.adapter import ProofAdapter
from bot.sources.proofs.binance import BINANCE_PROOFS
from bot.sources.proofs.bitmex import BITMEX_PROOFS
from bot.sources.proofs.source import ExchangeProofSource

PROOF_ADAPTERS: Sequence[ProofAdapter] = (BINANCE_PROOFS, BITMEX_PROOFS)


def proof_sources(
    http: Http, clock: Clock, *, addresses: Mapping[str, str | None], exchanges: Collection[str] = ()
) -> Sequence[ProofSource]:
    """Return a source for each exchange that is asked.

    `addresses` are by the names of their settings; None switches one off, and one that is absent has its default.
    `exchanges` are ids; none stands for all.
    """
    return [
        ExchangeProofSource(http, clock, adapter, base)
        for adapter in PROOF_ADAPTERS
        if (base := addresses.get(adapter.setting, adapter.base)) and (not exchanges or adapter.exchange in exchanges)
    ]
