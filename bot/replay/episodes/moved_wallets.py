"""Episodes in which wallets move and customers do not: one for each guard.

The last one, `INTERNAL_MOVE`, is announced as a watch until what left is back.
"""

from bot.domain.reading import Slot
from bot.replay.episode import RECONSTRUCTION, PublishedFigure
from bot.replay.episodes.exchanges import BINANCE
from bot.replay.episodes.invented_exchanges import AURELIA, resized
from bot.replay.episodes.synthetic import on, synthetic_episode, with_leader
from bot.replay.faults import Measure, WalletJump

_BTC, _ETH = Slot("Bitcoin", "BTC"), Slot("Ethereum", "ETH")

WALLETS_CHANGED = synthetic_episode(
    "guard-wallets-changed",
    "Wallets are added, and three weeks later some are dropped",
    days=30,
    seed=201,
    exchanges=with_leader(resized(AURELIA, clean_millions=63_000)),
    jumps=(
        WalletJump("aurelia", on(3, 10), _BTC, 9e9, Measure.USD),
        WalletJump("aurelia", on(24, 10), Slot("Tron", "USDT"), -0.40, Measure.PART),
    ),
    about="aurelia",
    published_figures=(
        PublishedFigure(
            on(3, 10),
            "Binance, 2023-04-16: a new wallet set, so that the upstream hid every window that began before it",
            "DefiLlama/defillama-app@5ca0d9337d src/pages/cexs/index.tsx",
            is_fitted=False,
        ),
    ),
)

OWN_TOKEN = synthetic_episode(
    "guard-own-token",
    "Billions of the own token are counted elsewhere",
    days=21,
    seed=202,
    label=RECONSTRUCTION,
    exchanges=with_leader(resized(BINANCE, clean_millions=75_000, own_millions=28_000)),
    jumps=(
        WalletJump("binance", on(3, 10), Slot("Binance", "BNB"), -13.25e9, Measure.USD),
        WalletJump("binance", on(14, 10), Slot("Binance", "BNB"), -9.67e9, Measure.USD),
    ),
    about="binance",
    published_figures=(
        PublishedFigure(
            on(3, 10),
            "Binance, April and October 2024: 7 d “outflows” of −$13.25 B and −$9.67 B were almost only BNB",
            "third-party recomputation, 2026-09",
        ),
    ),
)

ROUND_TRIP = synthetic_episode(
    "guard-round-trip",
    "What left is back within two days",
    days=12,
    seed=203,
    jumps=(
        WalletJump("corvane", on(6, 9), _ETH, -320_000, Measure.UNITS),
        WalletJump("eastmere", on(6, 9), _ETH, 320_000, Measure.UNITS),
        WalletJump("corvane", on(7, 15), _ETH, 320_000, Measure.UNITS),
        WalletJump("eastmere", on(7, 15), _ETH, -320_000, Measure.UNITS),
    ),
    about="corvane",
    published_figures=(
        PublishedFigure(
            on(6, 9),
            "Crypto.com, October 2022: 320,000 ETH sent to Gate by mistake and returned",
            "https://bitcoinethereumnews.com/crypto/mass-withdrawals-clog-crypto-com-trustnodes/",
            is_fitted=False,
        ),
    ),
)

INTERNAL_MOVE = synthetic_episode(
    "internal-move",
    "A small part leaves, and more comes back a day later",
    days=12,
    seed=203,
    exchanges=with_leader(resized(AURELIA, clean_millions=50_000)),
    jumps=(
        WalletJump("aurelia", on(3, 12), _BTC, -51_000, Measure.UNITS),
        WalletJump("aurelia", on(4, 12), _BTC, 76_000, Measure.UNITS),
    ),
    about="aurelia",
)

MOVED_WALLETS = (WALLETS_CHANGED, OWN_TOKEN, ROUND_TRIP, INTERNAL_MOVE)
