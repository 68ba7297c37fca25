"""FTX, November 2022: a run that ended an exchange.

FTX never published its wallets. The amounts here are what customers were owed, sized by the published outflow and its
published share; the exchange itself held far less. The spread over assets is made up but for BTC and stablecoins.
"""

from datetime import UTC, date, datetime

from bot.language.translation import marked
from bot.replay.episode import (
    RECONSTRUCTION,
    Episode,
    ExchangeHoldings,
    OutflowRun,
    PublishedFigure,
    RunLeg,
    Waypoint,
    WithdrawalStatusChange,
)
from bot.replay.episodes.exchanges import EXCHANGES
from bot.replay.faults import FaultKind, ObservationFault


def _at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2022, 11, day, hour, minute, tzinfo=UTC)


def _path(*points: tuple[int, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(_at(day), multiple) for day, multiple in points)


FTX = ExchangeHoldings(
    {"name": "FTX", "slug": "ftx", "coin": "FTT", "coinSymbol": "FTT", "walletsLink": None, "cgId": "ftx_spot"},
    {
        "Bitcoin": {"BTC": 417},
        "Ethereum": {
            "ETH": 5_590, "USDT": 123, "USDC": 150, "DAI": 14, "LINK": 620, "UNI": 300, "MATIC": 900, "AAVE": 180,
            "FTT": 2_200,
        },
        "Solana": {"SOL": 3_700, "USDC": 60},
        "Tron": {"USDT": 50, "TRX": 310},
        "Ripple": {"XRP": 1_650},
        "Litecoin": {"LTC": 560},
        "Avalanche": {"AVAX": 980},
    },
    "FTX",
)  # fmt: skip

RUN = OutflowRun(
    "ftx",
    (RunLeg(_at(7), -0.047), RunLeg(_at(8), -0.248), RunLeg(_at(8, 11, 30), -0.080), RunLeg(_at(12), 0.0)),
    {"BTC": 0.0707, "USDT": 0.0208, "USDC": 0.0257, "DAI": 0.0018},
    since=_at(6),
    is_plain=True,
)

_CLOSED = _at(8, 11, 37)
_NETWORKS = (
    ("BTC", "BITCOIN"), ("ETH", "ETHEREUM"), ("USDT", "TRC20"), ("USDT", "ERC20"), ("USDC", "ETHEREUM"),
    ("USDC", "SOLANA"), ("SOL", "SOLANA"), ("XRP", "XRP"), ("TRX", "TRON"),
)  # fmt: skip

PUBLISHED_FIGURES = (
    PublishedFigure(
        _at(6),
        "37 % of customer funds over the run, about 25 % in a single day (Chicago Fed, from bankruptcy filings)",
        "https://www.chicagofed.org/publications/chicago-fed-letter/2023/479",
    ),
    PublishedFigure(
        _at(7),
        "$6 B of withdrawals in 72 hours",
        "https://news.yahoo.com/crypto-exchange-ftx-saw-6-175831616.html",
    ),
    PublishedFigure(
        _at(8),
        "stablecoins in known wallets from $394 M to $114 M in three days, −71 %",
        "https://trendingcrypto.news/withdrawals-intensify-on-ftx-after-cz-announcement/",
    ),
    PublishedFigure(
        _at(8, 12),
        "BTC down to 36.14 on 8 November (CoinGlass)",
        "https://www.coindesk.com/markets/2022/11/09/these-four-key-charts-shed-light-on-the-ftx-exchanges-spectacular-collapse/",
    ),
    PublishedFigure(
        _at(8, 12),
        "withdrawals paused on 8 November, bankrupt on the 11th",
        "https://www.theblock.co/post/231022/ftx-celsius-voyager-blockfi-genesis-collapse-fed-report-charts",
    ),
    PublishedFigure(
        _at(8, 18),
        "FTT −22 % within 24 hours",
        "https://platoaistream.com/plato-data/ftx-hit-by-1-2b-in-withdrawals-as-confidence-wavers-in-exchange-giant/",
    ),
    PublishedFigure(
        _at(8),
        "$7.8 B in total (Chicago Fed)",
        "https://www.chicagofed.org/publications/chicago-fed-letter/2023/479",
        is_fitted=False,
    ),
    PublishedFigure(
        _at(8),
        "−$3.9 B of withdrawals on Ethereum, net −$1.2 B, 6 and 7 November",
        "https://api.flipsidecrypto.com/Alexay/whos-escaping-ftx-LN79pP",
        is_fitted=False,
    ),
)

FTX_2022 = Episode(
    id="ftx-2022",
    title=marked("FTX, November 2022"),
    label=RECONSTRUCTION,
    exchanges=(FTX, *EXCHANGES),
    live_start=_at(3),
    live_end=_at(16),
    price_paths={
        "BTC": _path((3, 1.22), (6, 1.235), (8, 1.2), (9, 1.08), (10, 0.94), (12, 1.0), (16, 0.97)),
        "ETH": _path((3, 1.24), (6, 1.26), (8, 1.23), (9, 1.05), (10, 0.9), (12, 1.0), (16, 0.96)),
        "BNB": _path((3, 1.2), (6, 1.2), (8, 1.17), (9, 1.15), (10, 0.98), (12, 1.0), (16, 0.95)),
        "FTT": _path((3, 1.0), (7, 1.0), (8, 0.78), (9, 0.25), (10, 0.12), (16, 0.07)),
        "market": _path((3, 1.2), (6, 1.25), (8, 1.2), (9, 1.0), (10, 0.88), (12, 0.95), (16, 0.92)),
    },
    runs=(RUN,),
    faults=(ObservationFault("ftx", FaultKind.NO_RECORD, _at(11, 14), _at(16)),),
    withdrawal_changes=(
        *(WithdrawalStatusChange("ftx", _at(3), asset, network, is_open=True) for asset, network in _NETWORKS),
        *(WithdrawalStatusChange("ftx", _CLOSED, asset, network, is_open=False) for asset, network in _NETWORKS),
    ),
    crossed_on=date(2022, 11, 7),
    published_figures=PUBLISHED_FIGURES,
    seed=11,
)
