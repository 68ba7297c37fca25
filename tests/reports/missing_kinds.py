"""Parts of northex's reserves that the source does not tell for a while, or tells impossible numbers of.

While a part is missing, what the rest lost may have moved there, and no more than the part held: the certain end of the
flow decides. A missing part opens nothing while the rest stands, and silences no run of the rest.
"""

from bot.domain.reading import Slot
from tests.reports.exchange_history import DAY_S
from tests.reports.expectation import Expectation, Opening, WindowRange, quiet_windows
from tests.reports.generated_exchanges import NORTHEX, drawn, hour, northex, reading_times
from tests.reports.report import Report
from tests.reports.run_kinds import hours_until_severe, outflow


def missing_chain_hides_run(seed: int) -> Report:
    """A chain of 2.6 % is missing for three days from the hour in which 58 % of the rest begins to leave.

    Half of the whole has left, whatever the chain holds: severe within hours, and no calm while 72 h stand at −58 %.
    """
    random = drawn("missing-chain-hides-run", seed)
    start = random.randint(30, 40)
    history = northex(seed, reading_times((1, 100), (3, 24)))
    outflow(history, random, random.uniform(0.5, 0.6), start, hours=10)
    history.drop(["Litecoin"], hour(start), hour(start + 81))
    opens = Opening(NORTHEX, "severe", hour(start), hour(start + 8))
    gone = WindowRange(NORTHEX, hour(start + 60), "72h", -0.65, -0.45)
    return Report([history], Expectation(opens=opens, open_until=hour(start + 70), windows=(gone,)))


def chain_missing_as_run_begins(seed: int) -> Report:
    """A chain of 2.6 % is missing from the first hour of a run on: severe as soon as more has left than it held."""
    random = drawn("chain-missing-as-run-begins", seed)
    start, missing = random.randint(30, 45), random.randint(4, 30)
    history = northex(seed, reading_times((1, 96)))
    outflow(history, random, random.uniform(0.25, 0.35), start, hours=12)
    by = start + hours_until_severe(history, start, spare=history.share([Slot("Litecoin", "LTC")], hour(start - 1))) + 2
    history.drop(["Litecoin"], hour(start), hour(start + missing))
    opens = Opening(NORTHEX, "severe", hour(start), hour(by))
    return Report([history], Expectation(opens=opens, open_until=hour(start + 30)))


def chain_every_other_reading(seed: int) -> Report:
    """For three days a chain is there in every other reading and stands still: nothing opens, windows near zero."""
    random = drawn("chain-every-other-reading", seed)
    start, chain = random.randint(30, 45), random.choice(["Litecoin", "Ripple", "Solana", "Tron"])
    history = northex(seed, reading_times((1, 150)))
    for number in range(0, 72, 2):
        history.drop([chain], hour(start + number), hour(start + number + 1))
    times = [hour(start + number) for number in (1, 25, 49, 71, 80)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def chain_gone_for_good(seed: int) -> Report:
    """The source tells a chain of 5 to 13 % no more: said once, within hours, over after three days, and no outflow.

    On the fourth day the windows of one and of three days compare the rest, which stands still.
    """
    random = drawn("chain-gone-for-good", seed)
    start, chain = random.randint(30, 45), random.choice(["Solana", "Tron", "Arbitrum", "Ripple"])
    history = northex(seed, reading_times((1, 200)))
    history.drop([chain], hour(start))
    opens = Opening(NORTHEX, "watch", hour(start + 6), hour(start + 7))
    windows = quiet_windows(hour(start + 12), hour(start + 60), hour(start + 100), hour(start + 150))
    return Report(
        [history],
        Expectation(at_most=None, incidents_at_most=1, closed_by=hour(start + 73), opens=opens, windows=windows),
    )


def run_beside_gone_chain(seed: int) -> Report:
    """A fifth to a third of everything leaves when a chain has been away for four to five days: severe in time.

    The share is one of what is told: nobody can say what the chain holds by now, or whether it is there at all.
    """
    random = drawn("run-beside-gone-chain", seed)
    gone, chain = random.randint(10, 20), random.choice(["Solana", "Tron", "Arbitrum", "Ripple"])
    start = gone + random.randint(100, 120)
    history = northex(seed, reading_times((1, 190)))
    history.drop([chain], hour(gone))
    rest = [slot for slot in history.slots() if slot.chain != chain]
    outflow(history, random, random.uniform(0.2, 0.33), start, hours=10, slots=rest)
    by = start + hours_until_severe(history, start) + 2
    opens = Opening(NORTHEX, "severe", hour(start), hour(by))
    at = hour(start + 12)
    raw = history.raw_flow(at, 24)
    windows = (WindowRange(NORTHEX, at, "24h", raw - 0.01, raw + 0.01),)
    return Report([history], Expectation(opens=opens, open_until=hour(start + 30), windows=windows))


def two_chains_return_smaller(seed: int) -> Report:
    """Two chains are missing together, and come back together 20 % and 40 % smaller: 6 % in all, not in one hour.

    No part of it is severe, and it is not silent: 5 % of reserves in one step of one chain is told in some form.
    """
    random = drawn("two-chains-return-smaller", seed)
    start, gone = random.randint(30, 40), random.randint(6, 20)
    history = northex(seed, reading_times((1, 120)))
    back = hour(start + gone)
    history.multiply({slot: 0.6 for slot in history.slots() if slot.chain == "Tron"}, back)
    history.multiply({slot: 0.8 for slot in history.slots() if slot.chain == "Solana"}, back)
    raw = history.raw_flow(back, hours=gone + 1)
    history.drop(["Tron", "Solana"], hour(start), back)
    opens = Opening(NORTHEX, "watch", back, back + DAY_S // 2)
    windows = tuple(
        WindowRange(NORTHEX, back + DAY_S // 4, window, raw - 0.02, 0.02) for window in ("24h", "72h", "7d", "30d")
    )
    return Report([history], Expectation(at_most="elevated", opens=opens, windows=windows))


def negative_amount(seed: int) -> Report:
    """An amount is below zero for some readings, as a debt counted wrong is: a missing value, and no outflow."""
    random = drawn("negative-amount", seed)
    start, length = random.randint(30, 50), random.randint(1, 6)
    slot = random.choice([Slot("Ethereum", "USDC"), Slot("Arbitrum", "USDT"), Slot("Bitcoin", "BTC")])
    history = northex(seed, reading_times((1, 96)))
    history.multiply({slot: -random.uniform(0.1, 2.0)}, hour(start), hour(start + length))
    windows = quiet_windows(hour(start + length), hour(start + length + 12), hour(start + 40))
    return Report([history], Expectation(at_most=None, windows=windows))


def null_amount(seed: int) -> Report:
    """An amount or its value is null for some readings, as a division by zero is written: nothing moved."""
    random = drawn("null-amount", seed)
    start, length = random.randint(30, 50), random.randint(2, 6)
    slot = random.choice([Slot("Ethereum", "USDC"), Slot("Tron", "USDT"), Slot("Ripple", "XRP")])
    history = northex(seed, reading_times((1, 96)))
    if random.choice(["amount", "value"]) == "amount":
        history.set_amount(slot, None, hour(start), hour(start + length))
    else:
        history.unpriced |= {(hour(start + number), slot) for number in range(length)}
    windows = quiet_windows(hour(start + length), hour(start + length + 12), hour(start + 40))
    return Report([history], Expectation(at_most=None, windows=windows))


def absurd_amount_for_days(seed: int) -> Report:
    """Wrong decimals for three to four days: a missing value to the last reading, whatever time it is told."""
    random = drawn("absurd-amount-for-days", seed)
    start, length = random.randint(30, 40), random.randint(60, 100)
    slot = random.choice([Slot("Ethereum", "USDC"), Slot("Tron", "USDT"), Slot("Bitcoin", "BTC")])
    history = northex(seed, reading_times((1, 200)))
    history.multiply({slot: 10 ** random.randint(4, 12)}, hour(start), hour(start + length))
    windows = quiet_windows(*(hour(start + number) for number in (12, 50, 59, length, length + 12, length + 50)))
    return Report([history], Expectation(at_most=None, incidents_at_most=1, windows=windows))


def failed_call_for_many(seed: int) -> Report:
    """A call for the balances of many tokens fails for some readings: exact zeros, while the coin stands still."""
    random = drawn("failed-call-for-many", seed)
    start, length = random.randint(30, 50), random.randint(1, 5)
    history = northex(seed, reading_times((1, 96)))
    tokens = [slot for slot in history.slots() if slot.chain == "Ethereum" and slot.asset != "ETH"]
    for slot in random.sample(tokens, random.randint(2, len(tokens))):
        history.set_amount(slot, 0.0, hour(start), hour(start + length))
    windows = quiet_windows(hour(start), hour(start + length), hour(start + length + 12), hour(start + 40))
    return Report([history], Expectation(at_most=None, windows=windows))


def chain_back_in_parts(seed: int) -> Report:
    """A chain is away for some hours and comes back with its coin alone; its stablecoin follows within five hours."""
    random = drawn("chain-back-in-parts", seed)
    start, length, later = random.randint(30, 45), random.randint(1, 20), random.randint(1, 5)
    slot = random.choice([Slot("Tron", "USDT"), Slot("Solana", "USDC"), Slot("Arbitrum", "USDT")])
    history = northex(seed, reading_times((1, 120)))
    history.drop([slot.chain], hour(start), hour(start + length))
    history.drop_slot(slot, hour(start + length), hour(start + length + later))
    windows = quiet_windows(*(hour(start + length + number) for number in (0, later - 1, later, later + 24)))
    return Report([history], Expectation(at_most=None, incidents_at_most=1, windows=windows))


def wrong_price_stays(seed: int) -> Report:
    """The price of a small token is ten to forty times too high for a day and a half, in which a third of it leaves."""
    random = drawn("wrong-price-stays", seed)
    start, slot = random.randint(30, 45), random.choice([Slot("Ethereum", "LINK"), Slot("Tron", "TRX")])
    history = northex(seed, reading_times((1, 200)))
    factor = random.uniform(10, 40)
    for number in range(36):
        history.prices[history.times.index(hour(start + number))][slot.asset] *= factor
    for number in range(10):
        history.multiply({slot: 0.96}, hour(start + 10 + number))
    windows = quiet_windows(*(hour(start + number) for number in (20, 35, 40, 60, 100)))
    return Report([history], Expectation(at_most=None, windows=windows))
