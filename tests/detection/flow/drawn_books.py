"""Strategies for two readings of one exchange, and for what the guards know of the time between them."""

from datetime import timedelta

from hypothesis import strategies as st

from bot.domain.guard_state import LostPart
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from bot.domain.reading import Holding, Reading, Slot
from tests.builders import DAY, HOUR, NOON

THEN = NOON - DAY
OWN = frozenset({"BNB", "FDUSD"})
"""The own tokens here; one of them is a stablecoin."""
PRICES = {"BTC": 20_000.0, "ETH": 1_000.0, "SOL": 20.0, "USDT": 1.0, "USDC": 1.0, "BNB": 250.0, "FDUSD": 1.0}
CHAINS = ("Bitcoin", "Ethereum", "Tron", "Solana")

slots = st.builds(Slot, st.sampled_from(CHAINS), st.sampled_from(sorted(PRICES)))
worths = st.one_of(st.sampled_from((0.0, 100.0, 1e9)), st.floats(1, 1e9))
books = st.dictionaries(slots, worths, max_size=10)
"""What is in each slot, in USD at the usual prices."""
times = st.sampled_from(
    (THEN - HOUR, THEN, THEN + timedelta(microseconds=1), NOON - HOUR, NOON, NOON + timedelta(microseconds=1))
)
assets = st.sampled_from(sorted(PRICES))
units = st.one_of(st.sampled_from((-1.0, 1.0, 100.0)), st.floats(-1e9, 1e9))


@st.composite
def two_readings(draw: st.DrawFn, *, steady_prices: bool = False) -> tuple[Reading, Reading]:
    """Draw two readings: slots appear, empty, vanish, move or stand still, and so do whole chains."""
    start, changed = draw(books), draw(books)
    gone = draw(st.sets(st.sampled_from((*CHAINS, *start)), max_size=2)) if start else set[str]()
    end = {slot: usd for slot, usd in {**start, **changed}.items() if slot not in gone and slot.chain not in gone}
    factors = {} if steady_prices else draw(st.dictionaries(assets, st.floats(0.1, 10), max_size=2))
    unpriced = set[str]() if steady_prices else draw(st.sets(assets, max_size=1))
    return _reading(start, {}, unpriced), _reading(end, factors, set(), is_end=True)


@st.composite
def two_calm_readings(draw: st.DrawFn) -> tuple[Reading, Reading]:
    """Draw two readings of which the second is the first but for some percent, and for dust that appears."""
    start = draw(st.dictionaries(slots, st.floats(1e6, 1e9), min_size=1, max_size=8))
    end = {slot: usd * draw(st.one_of(st.just(1.0), st.floats(0.99, 1.01))) for slot, usd in start.items()}
    dust = draw(st.dictionaries(slots, st.sampled_from((0.0, 1.0, 1e4)), max_size=2))
    empty = draw(st.booleans())
    before = {**{slot: 0.0 for slot in dust if empty}, **start}
    return _reading(before, {}, set()), _reading({**dust, **end}, {}, set(), is_end=True)


def _reading(
    book: dict[Slot, float], factors: dict[str, float], unpriced: set[str], *, is_end: bool = False
) -> Reading:
    at = NOON if is_end else THEN
    held = {
        slot: Holding(usd / PRICES[slot.asset], 0.0 if slot.asset in unpriced else usd * factors.get(slot.asset, 1.0))
        for slot, usd in book.items()
    }
    return Reading("binance", "defillama", at, at, held)


@st.composite
def jumps(draw: st.DrawFn) -> Jump:
    """Draw a jump of one to three assets with any verdict, which may have turned round since."""
    parts = tuple(
        JumpPart(asset, amount, (Move(draw(times), amount), *draw(_turns(amount))))
        for asset, amount in draw(st.dictionaries(assets, units, min_size=1, max_size=3)).items()
    )
    reason, verdict = draw(st.sampled_from(JumpReason)), draw(st.sampled_from(Verdict))
    usd = sum(part.amount * PRICES[part.asset] for part in parts)
    return Jump(parts[0].asset, parts[0].moves[0].at, usd, 0.05, reason, verdict, parts)


def _turns(amount: float) -> st.SearchStrategy[tuple[Move, ...]]:
    back = st.builds(Move, times, st.floats(0, 1).map(lambda fraction: -fraction * amount))
    return st.lists(back, max_size=2).map(tuple)


@st.composite
def lost_parts(draw: st.DrawFn) -> LostPart:
    """Draw a part that is missing, or was, at any of the times."""
    since, until = draw(times), draw(st.one_of(st.none(), times))
    held = {slot: Holding(usd / PRICES[slot.asset], usd) for slot, usd in draw(books).items()}
    last = Reading("binance", "defillama", since - HOUR, since - HOUR, held)
    return LostPart(draw(st.sampled_from(CHAINS)), since, held, last, until)


knowledge = st.tuples(st.lists(jumps(), max_size=4), st.lists(lost_parts(), max_size=2))
