"""What headlines call an exchange: names that are enough, names that need another word, and what is no news of it.

This table is data of the project's own, written by hand from how exchanges are called in headlines; it was not measured
on real ones. Add a line where a headline is missed or counted for the wrong exchange, with a test that shows it.

Ambiguous names count as written: `Gate` is the exchange, `gate` a door. Old names stay, since people go on using them.
An exchange that has no line here is named by its own name together with a word such as "withdrawals" (matching.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aliases:
    """The names of one exchange.

    `names` are enough alone. `ambiguous` count only where a word of `context` is in the title or the summary as well.
    `not_meant` are taken out of a title first: they hold a name and mean something else. A word of `vetoes` in the
    title says that it is about something else altogether. With `inside_only` an ambiguous name is none at the
    beginning of a title, where every word has a capital.
    """

    names: tuple[str, ...] = ()
    ambiguous: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    not_meant: tuple[str, ...] = ()
    vetoes: tuple[str, ...] = ()
    inside_only: bool = False


ALIASES: Mapping[str, Aliases] = {
    "binance": Aliases(
        names=("Binance",),
        not_meant=("Binance.US", "Binance US", "Binance Labs", "Binance Smart Chain", "Binance Research"),
    ),
    "binance-us": Aliases(names=("Binance.US", "Binance US", "BAM Trading")),
    "okx": Aliases(names=("OKX", "OKEx", "OK Group"), not_meant=("OKX Wallet", "OKX Ventures")),
    "bybit": Aliases(names=("Bybit",)),
    "kraken": Aliases(
        names=("Kraken exchange", "Payward"),
        ambiguous=("Kraken",),
        context=(
            "exchange",
            "crypto",
            "bitcoin",
            "withdrawal",
            "deposit",
            "token",
            "trading",
            "wallet",
            "reserves",
            "stablecoin",
            "Ink",
            "xStocks",
            "Sethi",
        ),
        not_meant=(
            "Seattle Kraken",
            "Kraken Robotics",
            "Kraken Technologies",
            "Krakenflex",
            "Release the Kraken",
            "Kraken malware",
        ),
        vetoes=("NHL", "Octopus", "sea monster", "rum"),
    ),
    # 'Coinbase premium' is an index of prices, not news of the exchange.
    "coinbase": Aliases(names=("Coinbase",), not_meant=("Coinbase premium", "Coinbase Ventures")),
    "kucoin": Aliases(names=("KuCoin",)),
    # Renamed from Gate.io to Gate in 2025, so both forms appear.
    "gate": Aliases(
        names=("Gate.io", "Gate exchange", "Gate Group"),
        ambiguous=("Gate",),
        context=("exchange", "CEX", "Lin Han", "GT token", "withdrawal"),
        not_meant=("Golden Gate", "logic gate", "airport gate", "Gate Square"),
    ),
    # The AI words win over the context words.
    "gemini": Aliases(
        names=("Gemini exchange", "Gemini Trust", "Gemini Earn", "Winklevoss"),
        ambiguous=("Gemini",),
        context=("exchange", "Winklevoss", "crypto exchange", "Earn", "SEC", "NYDFS", "custody", "IPO", "GEMI"),
        not_meant=("Gemini 2", "Gemini 3"),
        vetoes=("Google", "DeepMind", "AI", "chatbot", "model", "LLM", "Android", "zodiac", "NASA", "Pixel"),
    ),
    "crypto-com": Aliases(
        names=("Crypto.com", "Crypto com exchange"),
        not_meant=("Crypto.com Arena",),
        vetoes=("Lakers", "Clippers", "LA Kings", "concert"),
    ),
    # In sports and travel headlines HTX is Houston, Texas. Huobi was the name until September 2023.
    "htx": Aliases(names=("HTX", "Huobi"), vetoes=("Houston",)),
    "mexc": Aliases(names=("MEXC",)),
    # BitGo is another company; whole-word matching keeps it apart.
    "bitget": Aliases(names=("Bitget",), not_meant=("Bitget Wallet",)),
    # Most headlines quote Bitfinex analysts or the 2016 theft case.
    "bitfinex": Aliases(
        names=("Bitfinex",),
        not_meant=("Bitfinex Alpha", "Bitfinex analysts", "Bitfinex report", "Bitfinex hack 2016"),
        vetoes=("Razzlekhan", "Lichtenstein"),
    ),
    # Owned by Robinhood since 2025; 'Bitstamp by Robinhood'.
    "bitstamp": Aliases(names=("Bitstamp",)),
    "upbit": Aliases(names=("Upbit", "Dunamu")),
    "bithumb": Aliases(names=("Bithumb",)),
    # Hayes is in the headline as an author, not for the exchange.
    "bitmex": Aliases(names=("BitMEX",), vetoes=("Arthur Hayes",)),
    # Headlines on expiries quote Deribit every Friday.
    "deribit": Aliases(
        names=("Deribit",),
        not_meant=("Deribit data",),
        vetoes=("options expiry", "implied volatility", "open interest"),
    ),
    # A match only when capitalised inside a sentence, never as the first word.
    "bullish": Aliases(
        names=("Bullish exchange", "Bullish Global", "BLSH"),
        ambiguous=("Bullish",),
        context=("NYSE", "IPO", "exchange operator", "Tom Farley", "CoinDesk owner"),
        not_meant=("bullish on", "bullish signal", "turns bullish", "bullish sentiment", "bullish pattern"),
        inside_only=True,
    ),
    "backpack": Aliases(
        names=("Backpack Exchange", "Backpack EU"),
        ambiguous=("Backpack",),
        context=("exchange", "Solana", "FTX EU", "Ferrante"),
        not_meant=("school backpack", "travel backpack", "backpacker"),
        vetoes=("bag",),
    ),
    "bingx": Aliases(names=("BingX",)),
    "phemex": Aliases(names=("Phemex",)),
    "lbank": Aliases(names=("LBank",)),
    "poloniex": Aliases(names=("Poloniex",)),
    "whitebit": Aliases(names=("WhiteBIT",)),
    "ascendex": Aliases(names=("AscendEX", "BitMax")),
    "coinex": Aliases(names=("CoinEx",)),
    "bitmart": Aliases(names=("BitMart",)),
    "hashkey-exchange": Aliases(names=("HashKey Exchange", "HashKey")),
    # Since 2025 mostly court news.
    "wazirx": Aliases(names=("WazirX",), not_meant=("WazirX restructuring",)),
    "coindcx": Aliases(names=("CoinDCX",)),
    "robinhood": Aliases(names=("Robinhood Crypto",), ambiguous=("Robinhood",), context=("crypto", "wallet")),
    # A dead exchange still fills headlines; keep it out of live watching.
    "ftx": Aliases(
        names=("FTX", "FTX Trading"),
        not_meant=("FTX estate", "FTX creditors", "FTX trial", "FTX repayment", "like FTX", "since FTX"),
        vetoes=("Bankman-Fried appeal",),
    ),
}
"""By the id of the exchange."""
