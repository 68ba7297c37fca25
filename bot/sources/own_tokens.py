"""The tokens that exchanges issue themselves, by our exchange id: they do not count as reserves.

The list of DefiLlama (https://github.com/DefiLlama/defillama-server, defi/src/protocols/cex.ts at 00b3a04) as far as it
names symbols, and what it lacks: HTX's present token, and Bitrue's, which it names without saying that it is a symbol.
The rows of DefiLlama's list add to this table (`defillama/source.py`), so that a new token needs no new release.
Example: Binance holds $139.7 B in all and $118.7 B without BNB; the second figure is its reserves.
"""

OWN_TOKENS: dict[str, frozenset[str]] = {
    "arkham-exchange": frozenset({"ARKM"}),
    "binance": frozenset({"BNB"}),
    "bitcointry": frozenset({"BTTY"}),
    "bitfinex": frozenset({"LEO"}),
    "bitget": frozenset({"BGB"}),
    "bitkan": frozenset({"KAN"}),
    "bitkub": frozenset({"KUB"}),
    "bitmart": frozenset({"BMX"}),
    "bitrue": frozenset({"BTR"}),
    "btse": frozenset({"BTSE"}),
    "bybit": frozenset({"BIT", "MNT"}),  # BIT was exchanged for MNT in 2023
    "coinex": frozenset({"CET"}),
    "crypto-com": frozenset({"CRO"}),
    "fastex": frozenset({"FTN"}),
    "gate": frozenset({"GT"}),
    "hotbit": frozenset({"HTB"}),
    "ftx": frozenset({"FTT"}),  # bankrupt since 2022; an episode lives through its run
    "htx": frozenset({"HT", "HTX"}),  # HT was exchanged for HTX in 2024
    "klever-exchange": frozenset({"KLV"}),
    "kucoin": frozenset({"KCS"}),
    "mexc": frozenset({"MX"}),
    "nonkyc": frozenset({"NKYC"}),
    "okx": frozenset({"OKB"}),
    "probit-global": frozenset({"PROB"}),
    "swissborg": frozenset({"BORG"}),
    "woo-x": frozenset({"WOO"}),
}
