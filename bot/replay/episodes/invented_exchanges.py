"""Exchanges that do not exist, for what never happened: no real name stands beside an invented misfortune."""

from collections.abc import Mapping

from bot.replay.episode import ExchangeHoldings

_MIX: Mapping[str, Mapping[str, float]] = {
    "Bitcoin": {"BTC": 27},
    "Ethereum": {
        "ETH": 17, "USDT": 11, "USDC": 6, "LINK": 2, "UNI": 1.5, "MATIC": 2, "SHIB": 1.5, "DAI": 1, "AAVE": 1,
    },
    "Tron": {"USDT": 12.5, "TRX": 1.5},
    "Ripple": {"XRP": 4.5},
    "Binance": {"USDT": 2, "CAKE": 0.5},
    "Solana": {"SOL": 3, "USDC": 1},
    "Litecoin": {"LTC": 2},
    "Polkadot": {"DOT": 3},
}  # fmt: skip
"""Percent of reserves: 14 of them on Tron, 3 in DOT alone."""


def resized(exchange: ExchangeHoldings, *, clean_millions: float, own_millions: float = 0.0) -> ExchangeHoldings:
    """Return an exchange scaled to so many million USD: of its own tokens, and of everything else (clean)."""
    own_tokens = exchange.own_tokens
    holdings = [pair for by_asset in exchange.reserves_millions.values() for pair in by_asset.items()]
    own_before = sum(millions for asset, millions in holdings if asset in own_tokens)
    clean_before = sum(millions for asset, millions in holdings if asset not in own_tokens)

    def scaled(asset: str, millions: float) -> float:
        if asset in own_tokens:
            return millions * own_millions / own_before
        return millions * clean_millions / clean_before

    reserves = {
        chain: {asset: scaled(asset, millions) for asset, millions in by_asset.items()}
        for chain, by_asset in exchange.reserves_millions.items()
    }
    return ExchangeHoldings(exchange.listing_row, reserves, exchange.protocol_name)


def _exchange(name: str, millions: float) -> ExchangeHoldings:
    """Return an exchange of this size. It has no token of its own, and the upstream knows no page of its wallets."""
    row = {"name": name, "slug": name, "coin": None, "walletsLink": None}
    return resized(ExchangeHoldings(row, _MIX, name), clean_millions=millions)


AURELIA = _exchange("Aurelia", 14_000)
BORVIK = _exchange("Borvik", 6_500)
CORVANE = _exchange("Corvane", 3_200)
DUNMERE = _exchange("Dunmere", 2_100)
EASTMERE = _exchange("Eastmere", 1_300)
FENWICK = _exchange("Fenwick", 250)
GULLANE = _exchange("Gullane", 60)
HOLMWICK = _exchange("Holmwick", 64_000)
IVARSTONE = _exchange("Ivarstone", 9_000)
JORVALE = _exchange("Jorvale", 700)

INVENTED = (AURELIA, BORVIK, CORVANE, DUNMERE, EASTMERE, FENWICK, GULLANE)
TEN_INVENTED = (HOLMWICK, *INVENTED, IVARSTONE, JORVALE)
