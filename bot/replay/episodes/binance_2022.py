"""Binance, December 2022: more than a billion dollars left in a day, a month after a run had ended FTX."""

from datetime import UTC, date, datetime

from bot.language.translation import marked
from bot.replay.episode import (
    RECONSTRUCTION,
    DemoStaging,
    Episode,
    OutflowRun,
    PublishedFigure,
    RunLeg,
    RunPause,
    Waypoint,
    WithdrawalStatusChange,
)
from bot.replay.episodes.exchanges import EXCHANGES
from bot.replay.faults import FaultKind, ObservationFault


def _at(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2022, month, day, hour, minute, tzinfo=UTC)


def _path(*points: tuple[int, int, float]) -> tuple[Waypoint, ...]:
    return tuple(Waypoint(_at(month, day), multiple) for month, day, multiple in points)


_HISTORY = (
    (8, 3, 1.35), (8, 14, 1.42), (9, 1, 1.18), (9, 12, 1.30), (9, 21, 1.09), (10, 20, 1.12), (11, 5, 1.24),
    (11, 9, 0.93), (11, 21, 0.93), (12, 5, 1.0), (12, 11, 1.0),
)  # fmt: skip

PRICE_PATHS = {
    "BTC": _path(
        *_HISTORY, (12, 12, 0.997), (12, 13, 1.005), (12, 14, 1.035), (12, 15, 1.04), (12, 16, 1.015), (12, 17, 0.972),
        (12, 18, 0.98), (12, 19, 0.978), (12, 20, 0.962), (12, 21, 0.985), (12, 26, 0.984), (12, 29, 0.966),
    ),
    "ETH": _path(
        *_HISTORY, (12, 12, 0.995), (12, 13, 1.008), (12, 14, 1.04), (12, 15, 1.03), (12, 16, 1.0), (12, 17, 0.925),
        (12, 18, 0.938), (12, 20, 0.923), (12, 21, 0.955), (12, 26, 0.963), (12, 29, 0.945),
    ),
    "BNB": _path(
        *_HISTORY, (12, 12, 0.99), (12, 13, 0.955), (12, 14, 0.945), (12, 15, 0.935), (12, 16, 0.905), (12, 17, 0.85),
        (12, 18, 0.87), (12, 20, 0.845), (12, 26, 0.855), (12, 29, 0.86),
    ),
    "market": _path(
        *_HISTORY, (12, 12, 0.99), (12, 13, 0.985), (12, 14, 0.99), (12, 15, 0.98), (12, 16, 0.96), (12, 17, 0.91),
        (12, 20, 0.89), (12, 26, 0.90), (12, 29, 0.88),
    ),
}  # fmt: skip
"""Rounded courses of the month; none of the published figures below is a price."""

RUN = OutflowRun(
    exchange="binance",
    legs=(
        RunLeg(_at(12, 12), -0.0026),
        RunLeg(_at(12, 13), -0.0177),
        RunLeg(_at(12, 13, 2, 30), -0.0042),
        RunLeg(_at(12, 13, 8), -0.0120),
        RunLeg(_at(12, 13, 16, 30), -0.0265),
        RunLeg(_at(12, 14), -0.0165),
        RunLeg(_at(12, 15), -0.0227),
        RunLeg(_at(12, 16), -0.0120),
        RunLeg(_at(12, 17), -0.0125),
        RunLeg(_at(12, 18), -0.0080),
        RunLeg(_at(12, 19), -0.0030),
        RunLeg(_at(12, 20), -0.0015),
        RunLeg(_at(12, 21), 0.0025),
        RunLeg(_at(12, 22), 0.0040),
        RunLeg(_at(12, 24), 0.0120),
        RunLeg(_at(12, 27), 0.0180),
        RunLeg(_at(12, 29), 0.0100),
    ),
    weights={"BTC": 0.16, "ETH": 0.13, "USDT": 0.24, "BUSD": 0.24, "USDC": 0.06},
    pauses=(RunPause("USDC", _at(12, 13, 8, 30), _at(12, 13, 16, 30)),),  # the eight hourly runs after 08:20
)

_NETWORKS = (("BTC", "BTC"), ("ETH", "ETH"), ("USDT", "TRX"), ("USDT", "ETH"), ("USDC", "ETHEREUM"), ("USDC", "SOL"))

WITHDRAWAL_CHANGES = (
    *(WithdrawalStatusChange("binance", _at(12, 11), asset, network, is_open=True) for asset, network in _NETWORKS),
    *(
        WithdrawalStatusChange("binance", _at(12, 13, hour, 20), "USDC", network, is_open=is_open)
        for hour, is_open in ((8, False), (16, True))
        for network in ("ETHEREUM", "SOL")
    ),
)

PUBLISHED_FIGURES = (
    PublishedFigure(
        _at(12, 13, 2),
        "24 h net withdrawals −$1.14 B on about $64 B, 1.78 % (Binance's own figure)",
        "https://www.upyo.com/en/article/binance-saw-withdrawals-over-3-billion-in-7-days",
    ),
    PublishedFigure(
        _at(12, 13, 8, 20),
        "USDC withdrawals paused from about 08:20 UTC for eight hours: its amounts stay flat",
        "https://augaf.com/binance-halts-withdrawals-of-major-usdc-stablecoin",
    ),
    PublishedFigure(
        _at(12, 14),
        "on-chain wallets from $65 B to $60 B in two days (Delphi Digital)",
        "https://members.delphidigital.io/reports/binance-sees-usd-outflows-of-5b-as-users-withdraw-funds/",
    ),
    PublishedFigure(
        _at(12, 14),
        "over $3 B in 24 hours (DefiLlama)",
        "https://cryptonews.com/news/binance-sees-over-3-billion-customer-withdrawals-24-hours-heres-whats-happening/",
    ),
    PublishedFigure(
        _at(12, 14),
        "BTC on 13 December: −30,300 (CoinGlass) to −40,353 in a day (CryptoQuant)",
        "https://coinspaidmedia.com/news/binance-faces-fud-effect-and-loses-liquidity ; "
        "https://coinliveprices.com/binance-sees-massive-outflows-following-sec-lawsuit-data/13802",
    ),
    PublishedFigure(
        _at(12, 18),
        "worst 7-day flow −13.5 % of reserves without BNB, week to 18 December",
        "third-party recomputation from DefiLlama's /protocol/binance-cex, 2026-09",
    ),
    PublishedFigure(
        _at(12, 13),
        "24 h net −$1.6 B, ETH and ERC-20 only (Nansen)",
        "https://u.today/almost-2-billion-out-of-binance-after-criminal-charges-news-details",
        is_fitted=False,
    ),
    PublishedFigure(
        _at(12, 13),
        "7 d net −$3.66 B, ETH and ERC-20 only (Nansen)",
        "https://blocknews.com/?p=5311",
        is_fitted=False,
    ),
)

STAGING = DemoStaging(
    (
        ObservationFault("binance", FaultKind.CHAIN_ABSENT, _at(12, 15, 6), _at(12, 15, 18), target="Tron"),
        ObservationFault("binance", FaultKind.SHRUNK, _at(12, 22, 12), _at(12, 24), target="Bitcoin", factor=0.6),
    ),
    "Staged, not from that month: on 2022-12-15, 06:00 to 18:00, the source leaves Tron out at Binance. "
    "The alert is frozen meanwhile, and after six hours a notice says that Tron is missing. "
    "From 2022-12-22, 12:00, to 2022-12-24 its wallet list lacks two fifths of the Bitcoin: a step that is not "
    "counted, and said.",
)

BINANCE_2022 = Episode(
    id="binance-2022",
    title=marked("Binance, December 2022"),
    label=RECONSTRUCTION,
    exchanges=EXCHANGES,
    live_start=_at(12, 11),
    live_end=_at(12, 29),
    price_paths=PRICE_PATHS,
    runs=(RUN,),
    withdrawal_changes=WITHDRAWAL_CHANGES,
    crossed_on=date(2022, 12, 13),
    published_figures=PUBLISHED_FIGURES,
    seed=42,
    staging=STAGING,
)
