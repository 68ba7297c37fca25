"""Real runs of northex, and large steps that may be one: whatever guards know, these are not to be silent.

A run's deadline is two hours after the raw flow is clearly severe: −8.5 % in 24 h, or −15.5 % in 72 h, half a percent
beyond the thresholds because noise makes that much.
"""

from collections.abc import Iterable
from itertools import accumulate, count
from random import Random

from bot.domain.reading import Slot
from tests.reports.exchange_history import ExchangeHistory
from tests.reports.expectation import Expectation, Opening, WindowRange, raw_windows
from tests.reports.generated_exchanges import BTC, NORTHEX, drawn, hour, northex, peers, reading_times
from tests.reports.report import Report

_SEVERE_DAY, _SEVERE_THREE_DAYS = -0.085, -0.155


def outflow(  # noqa: PLR0913 — how much of what leaves when, and the noise in it
    history: ExchangeHistory, random: Random, share: float, start: int, *, hours: int, slots: Iterable[Slot] = ()
) -> None:
    """Let this share of some slots (else of all) leave over hours, unevenly over both.

    Example: 0.1 over 6 hours. BTC lose 9 %, ETH 11.5 %, and 10 % of everything has left six readings later, of which
    2.3 % in one hour and 1.1 % in another.
    """
    leaving = list(slots) or history.slots()
    unevenness = {slot: random.uniform(0.85, 1.15) for slot in leaving}
    weights = {slot: history.share([slot], hour(start - 1)) for slot in leaving}
    mean = sum(unevenness[slot] * weights[slot] for slot in leaving) / sum(weights.values())
    hourly = [random.uniform(0.6, 1.4) for _ in range(hours)]
    for number, gone in enumerate(accumulate(hourly)):
        factors = {slot: 1 - share * unevenness[slot] / mean * gone / sum(hourly) for slot in leaving}
        is_last = number == hours - 1
        history.multiply(factors, hour(start + number), None if is_last else hour(start + number + 1))


def hours_until_severe(history: ExchangeHistory, start: int, *, spare: float = 0.0) -> int:
    """Return after how many hours the raw flow is severe, whatever a part of this share of reserves may hold."""
    for number in count():
        at = hour(start + number)
        is_severe = history.raw_flow(at, 24) <= _SEVERE_DAY - spare
        if is_severe or history.raw_flow(at, 72) <= _SEVERE_THREE_DAYS - spare:
            return number
        if at >= history.times[-1]:
            raise ValueError(f"what leaves from hour {start} on is never severe")
    raise AssertionError  # `count` has no end


def run_over_ten_hours(seed: int) -> Report:
    """A fifth to two fifths of everything leaves within ten hours: severe in time, and no calm the day after."""
    random = drawn("run-over-ten-hours", seed)
    return _run(seed, random, random.uniform(0.2, 0.4), hours=10, open_for=30)


def run_of_a_tenth(seed: int) -> Report:
    """A tenth of everything leaves within six hours, just beyond severe."""
    return _run(seed, drawn("run-of-a-tenth", seed), 0.1, hours=6, open_for=12)


def renamed_amid_run(seed: int) -> Report:
    """A symbol changes in the midst of a run that takes a fifth to two fifths of everything, and it counts once."""
    random = drawn("renamed-amid-run", seed)
    renamed = random.choice([(BTC, "XBT"), (Slot("Ethereum", "ETH"), "ETHX"), (Slot("Tron", "USDT"), "USDT.T")])
    return _run(seed, random, random.uniform(0.2, 0.4), hours=10, open_for=30, renamed=renamed)


def _run(  # noqa: PLR0913 — the run, and what else the source does
    seed: int, random: Random, share: float, *, hours: int, open_for: int, renamed: tuple[Slot, str] | None = None
) -> Report:
    """Return a run of so many hours; the name that is `renamed` changes in one of them."""
    start = random.randint(30, 50)
    history = northex(seed, reading_times((1, 100)))
    outflow(history, random, share, start, hours=hours)
    opens = Opening(NORTHEX, "severe", hour(start), hour(start + hours_until_severe(history, start) + 2))
    windows = raw_windows(history, hour(start + hours + 2), hour(start + 20), windows=("24h", "7d"))
    if renamed:  # now that the flows are worked out, which are those of the first names
        history.rename(*renamed, hour(start + random.randrange(hours)))
    return Report([history], Expectation(opens=opens, open_until=hour(start + open_for), windows=windows))


def run_in_unpriced_asset(seed: int) -> Report:
    """A third to a half of the BTC leaves over ten hours, and of BTC the source tells amounts and values of null.

    The last price is good enough to see it by: severe in time, as if there were values.
    """
    random = drawn("run-in-unpriced-asset", seed)
    start = random.randint(30, 50)
    history = northex(seed, reading_times((1, 100)))
    outflow(history, random, random.uniform(0.35, 0.5), start, hours=10, slots=[BTC])
    by = start + hours_until_severe(history, start) + 2
    first = start - random.randint(0, 12)
    history.unpriced |= {(hour(number), BTC) for number in range(first, start + random.randint(12, 40))}
    opens = Opening(NORTHEX, "severe", hour(start), hour(by))
    at = hour(start + 12)
    raw = history.raw_flow(at, 24)
    window = WindowRange(NORTHEX, at, "24h", raw - 0.01, raw + 0.01)
    return Report([history], Expectation(opens=opens, open_until=hour(start + 20), windows=(window,)))


def run_after_internal_move(seed: int) -> Report:
    """A quarter of the BTC goes and comes back; hours later a run takes more than half of the BTC, hour by hour.

    The asset needs two readings after the internal move, no more: what left in drift is no step of a wallet list.
    """
    random = drawn("run-after-internal-move", seed)
    start, away, pause = random.randint(30, 40), random.randint(8, 30), random.randint(3, 8)
    run_start = start + away + pause
    history = northex(seed, reading_times((1, 150)))
    history.multiply({BTC: 1 - random.uniform(0.25, 0.29)}, hour(start), hour(start + away))
    outflow(history, random, random.uniform(0.55, 0.62), run_start, hours=10, slots=[BTC])
    by = run_start + hours_until_severe(history, run_start) + 2
    raw = history.raw_flow(hour(run_start + 12), 168)
    week = WindowRange(NORTHEX, hour(run_start + 12), "7d", raw - 0.01, raw + 0.01)
    opens = Opening(NORTHEX, "severe", hour(run_start), hour(by))
    return Report([history], Expectation(opens=opens, open_until=hour(run_start + 24), windows=(week,)))


def asset_leaves_in_large_steps(seed: int) -> Report:
    """USDT of an exchange of two assets leave in four hours, the last three times a third of themselves and more.

    Where a severe outflow has begun, no later step of it is a changed list of wallets.
    """
    random = drawn("asset-leaves-in-large-steps", seed)
    start = random.randint(30, 50)
    history = northex(seed, reading_times((1, 72)))
    history.drop({slot.chain for slot in history.slots()} - {"Bitcoin", "Tron"}, history.times[0])
    history.drop_slot(Slot("Tron", "TRX"), history.times[0])
    usdt = Slot("Tron", "USDT")
    history.add(usdt, history.amounts[0][usdt] or 0.0, history.times[0])
    for number, left in enumerate((0.72, 0.66, 0.6, 0.6)):
        history.multiply({usdt: left}, hour(start + number))
    raw = history.raw_flow(hour(start + 6), 168)
    week = WindowRange(NORTHEX, hour(start + 6), "7d", raw - 0.01, raw + 0.01)
    opens = Opening(NORTHEX, "severe", hour(start), hour(start + 1))
    return Report([history], Expectation(opens=opens, open_until=hour(start + 20), windows=(week,)))


def third_of_reserves_in_one_step(seed: int) -> Report:
    """All BTC leave in one step and stay away: a wallet list or the end. Nobody hears of it would be silence."""
    random = drawn("third-of-reserves-in-one-step", seed)
    start = random.randint(30, 50)
    history = northex(seed, reading_times((1, 72), (6, 12)))
    history.multiply({BTC: random.uniform(0.0, 0.04)}, hour(start))
    return Report([history], Expectation(opens=Opening(NORTHEX, "watch", hour(start), hour(start + 12))))


def third_chunk_counts(seed: int) -> Report:
    """An asset leaves in three chunks of 35 % of itself, days apart: one is a wallet list, three are an outflow.

    Each is told as a data notice of a watch; the third counts together with those before, a quarter of reserves.
    """
    random = drawn("third-chunk-counts", seed)
    # More than 72 h apart: so long a step is remembered in case that the rest leaves after it.
    second, third = random.randint(125, 150), random.randint(230, 280)
    chunks = [random.randint(30, 50), second, third]
    history = northex(seed, reading_times((1, 320)))
    for chunk in chunks:
        history.multiply({BTC: 1 - random.uniform(0.34, 0.37)}, hour(chunk))
    raw = history.raw_flow(hour(third + 6), 720)
    month = WindowRange(NORTHEX, hour(third + 6), "30d", raw - 0.01, raw + 0.01)
    opens = Opening(NORTHEX, "elevated", hour(third), hour(third + 6))
    return Report([history], Expectation(opens=opens, windows=(month,)))


def even_loss_stays(seed: int) -> Report:
    """An eighth of everything is gone in one hour by one factor, and stays away: the source first, an outflow then."""
    random = drawn("even-loss-stays", seed)
    start, part = random.randint(30, 50), random.uniform(0.1, 0.15)
    history = northex(seed, reading_times((1, 80)))
    history.multiply({slot: 1 - part * random.uniform(0.99, 1.01) for slot in history.slots()}, hour(start))
    opens = Opening(NORTHEX, "watch", hour(start), hour(start + 4))
    return Report([history], Expectation(opens=opens, confirmed_not_before=hour(start + 1)))


def two_exchanges_in_one_hour(seed: int) -> Report:
    """Two of eight exchanges make their largest step in the same hour, and what left stays away.

    One source moved several at once: nothing severe is confirmed before the next reading, and it is not silent then.
    """
    random = drawn("two-exchanges-in-one-hour", seed)
    start, times = random.randint(30, 50), reading_times((1, 80))
    histories = [northex(seed, times), *peers(seed, times)]
    for history in (histories[0], random.choice(histories[1:])):
        history.multiply({slot: 1 - random.uniform(0.08, 0.2) for slot in history.slots()}, hour(start))
    opens = Opening(NORTHEX, "watch", hour(start), hour(start + 4))
    return Report(histories, Expectation(opens=opens, confirmed_not_before=hour(start + 1)))
