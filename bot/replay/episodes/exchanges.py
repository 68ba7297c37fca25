"""The exchanges of the episodes: their rows in the upstream's list, and reserves of the size of December 2022.

The rows are those of DefiLlama/defillama-server, defi/src/protocols/cex.ts. Binance's spread over chains follows its
row in DefiLlama's list of that month; the peers' sizes are rounded orders of magnitude.
"""

from bot.replay.episode import ExchangeHoldings

BINANCE = ExchangeHoldings(
    {
        "name": "Binance",
        "slug": "Binance-CEX",
        "coin": "BNB",
        "coinSymbol": "BNB",
        "walletsLink": "https://www.binance.com/en/blog/community/our-commitment-to-transparency-2895840147147652626",
        "cgId": "binance",
        "cgDeriv": "binance_futures",
        "cgSpotId": "binance",
    },
    {
        "Bitcoin": {"BTC": 8_450},
        "Ethereum": {
            "BUSD": 14_700, "ETH": 6_150, "USDT": 5_550, "USDC": 1_050, "MATIC": 610, "SHIB": 560, "LINK": 420,
            "UNI": 300, "CHZ": 260, "TUSD": 210, "SAND": 200, "MANA": 190, "AXS": 190, "APE": 160, "DAI": 150,
            "GALA": 140, "WBTC": 130, "CRV": 130, "USDP": 120, "AAVE": 110, "GRT": 110, "ENJ": 80, "BAT": 80,
            "MKR": 70, "STETH": 60, "LDO": 60, "FTM": 60, "COMP": 50, "SUSHI": 50, "1INCH": 45,
        },
        "Binance": {
            "BNB": 6_450, "BUSD": 3_100, "USDT": 700, "ETH": 300, "BTC": 280, "CAKE": 190, "ADA": 110, "DOGE": 90,
            "DOT": 60,
        },
        "Tron": {"USDT": 8_400, "TRX": 620, "USDC": 80, "TUSD": 60},
        "Polygon": {"MATIC": 330, "USDC": 70, "USDT": 50},
        "Avalanche": {"AVAX": 240, "USDT": 60, "USDC": 30},
        "Arbitrum": {"ETH": 150, "USDC": 30},
        "Optimism": {"ETH": 90, "OP": 70},
        "Solana": {"SOL": 380, "USDT": 120, "USDC": 60},
        "Ripple": {"XRP": 1_450},
        "Litecoin": {"LTC": 520},
        "Polkadot": {"DOT": 640},
    },
    "Binance CEX",
)  # fmt: skip

OKX = ExchangeHoldings(
    {
        "name": "OKX",
        "slug": "okx",
        "coin": "OKB",
        "coinSymbol": "OKB",
        "walletsLink": "https://twitter.com/okx/status/1590812545346330624",
        "cgId": "okex",
        "cgDeriv": "okex_swap",
        "cgSpotId": "okex",
    },
    {
        "Bitcoin": {"BTC": 1_720},
        "Ethereum": {
            "USDT": 1_150, "ETH": 1_480, "USDC": 160, "OKB": 310, "SHIB": 60, "LINK": 25, "UNI": 20, "MATIC": 45,
            "APE": 15, "CRV": 12,
        },
        "Tron": {"USDT": 1_640, "TRX": 40},
        "Polygon": {"MATIC": 20, "USDT": 15},
        "Arbitrum": {"ETH": 40, "USDC": 10},
        "Ripple": {"XRP": 60},
    },
    "OKX",
)  # fmt: skip

BITFINEX = ExchangeHoldings(
    {
        "name": "Bitfinex",
        "slug": "bitfinex",
        "coin": "LEO",
        "coinSymbol": "LEO",
        "walletsLink": "https://github.com/bitfinexcom/pub/blob/main/wallets.txt",
        "cgId": "bitfinex",
        "cgDeriv": "bitfinex_futures",
        "cgSpotId": "bitfinex",
    },
    {
        "Bitcoin": {"BTC": 3_480},
        "Ethereum": {"ETH": 1_310, "LEO": 1_900, "USDT": 160, "LINK": 20, "UNI": 25, "USDC": 15, "MKR": 30, "SHIB": 10},
        "Tron": {"USDT": 230, "TRX": 15},
        "Ripple": {"XRP": 55},
        "Litecoin": {"LTC": 70},
    },
    "Bitfinex",
)

BYBIT = ExchangeHoldings(
    {
        "name": "Bybit",
        "slug": "Bybit",
        "coin": "BIT",
        "coinSymbol": "BIT",
        "walletsLink": "https://twitter.com/benbybit/status/1592797790518018048",
        "cgId": "bybit_spot",
        "cgDeriv": "bybit",
        "ownTokens": ("MNT",),
        "cgSpotId": "bybit-spot",
    },
    {
        "Bitcoin": {"BTC": 520},
        "Ethereum": {"USDT": 520, "ETH": 330, "USDC": 95, "BIT": 190, "APE": 12, "LINK": 8, "DAI": 10},
        "Tron": {"USDT": 410},
        "Binance": {"BUSD": 15, "USDT": 20},
        "Ripple": {"XRP": 40},
    },
    "Bybit",
)

CRYPTO_COM = ExchangeHoldings(
    {
        "name": "Crypto.com",
        "slug": "Crypto-com",
        "coin": "CRO",
        "coinSymbol": "CRO",
        "walletsLink": "https://crypto.com/document/proof-of-reserves",
        "cgId": "crypto_com",
        "cgDeriv": "crypto_com_futures",
    },
    {
        "Bitcoin": {"BTC": 910},
        "Ethereum": {
            "ETH": 500, "SHIB": 430, "USDC": 330, "USDT": 140, "CRO": 75, "LINK": 45, "MATIC": 60, "SAND": 20,
            "MANA": 22, "DAI": 15,
        },
        "Ripple": {"XRP": 90},
        "Polkadot": {"DOT": 45},
    },
    "Crypto-com",
)  # fmt: skip

KUCOIN = ExchangeHoldings(
    {
        "name": "KuCoin",
        "slug": "kucoin",
        "coin": "KCS",
        "coinSymbol": "KCS",
        "walletsLink": "https://www.kucoin.com/blog/transparency-and-trust-a-detailed-list-of-kucoin-s-wallets",
        "cgId": "kucoin",
        "cgDeriv": "kumex",
        "cgSpotId": "kucoin",
    },
    {
        "Bitcoin": {"BTC": 340},
        "Ethereum": {"USDT": 380, "ETH": 250, "KCS": 310, "USDC": 190, "SHIB": 15, "MATIC": 14, "LINK": 10},
        "Tron": {"USDT": 560, "TRX": 22, "USDC": 20},
        "Polygon": {"USDC": 10},
        "Ripple": {"XRP": 38},
    },
    "KuCoin",
)

EXCHANGES = (BINANCE, OKX, BITFINEX, BYBIT, CRYPTO_COM, KUCOIN)

UNMEASURED = (
    {
        "name": "Coinbase",
        "lastAuditDate": 1640908800,
        "auditor": "Deloitte",
        "auditLink": "https://d18rn0p25nwr6d.cloudfront.net/CIK-0001679788/8e5e0508-da75-434d-9505-cba99fa00147.pdf",
        "cgId": "gdax",
        "cgSpotId": "gdax",
    },
    {"name": "NEXO"},
    {"name": "Gate"},
)
"""Rows of exchanges whose wallets are not reconstructed: no slug, nothing measured. Their own interfaces do answer."""

VOLUME_ONLY = ("bybit-spot", "gdax", "kucoin", "okex", "bitfinex", "binance")
"""The CoinGecko ids whose volumes the upstream lists."""
