"""Everyday upkeep of a source that looks like a run of northex, or like an inflow: what comes back or never moved.

Each function makes one report from a seed, which decides the hour, the sizes and often the asset. By conservation (the
counted flow of an asset lies between 0 and what its amounts say) every window that has equal amounts at both ends is
near zero, whatever was held or counted in between.
"""

from random import Random

from bot.domain.reading import Slot
from tests.reports.exchange_history import ExchangeHistory
from tests.reports.expectation import Expectation, quiet_windows, raw_windows
from tests.reports.generated_exchanges import BTC, drawn, hour, northex, peers, reading_times
from tests.reports.report import Report


def quiet_weeks(seed: int) -> Report:
    """Nothing happens: what is wrong here is wrong with the noise, or with the figures of every other report too."""
    history = northex(seed, reading_times((1, 120)))
    times = [hour(number) for number in (0, 13, 30, 60, 119)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def absurd_amount(seed: int) -> Report:
    """A failed call leaves an amount worth millions of times everything there is, for two readings: a missing value."""
    random = drawn("absurd-amount", seed)
    start = random.randint(30, 50)
    slot = random.choice([Slot("Arbitrum", "ETH"), Slot("Ethereum", "LINK"), Slot("Tron", "TRX")])
    history = northex(seed, reading_times((1, 100)))
    history.set_amount(slot, 3.4 * 10 ** random.randint(14, 20), hour(start), hour(start + 2))
    windows = quiet_windows(hour(start), hour(start + 2), hour(start + 12), hour(start + 30))
    return Report([history], Expectation(at_most=None, windows=windows))


def collapse_one_reading(seed: int) -> Report:
    """Twice everything shows a tenth of itself for one reading. A loss of all by one factor is a wrong count."""
    random = drawn("collapse-one-reading", seed)
    start = random.randint(30, 40)
    history = northex(seed, reading_times((1, 96)))
    again = start + random.randint(20, 34)
    part = random.uniform(0.05, 0.15)
    for broken in (start, again):
        factors = {slot: part * random.uniform(0.998, 1.002) for slot in history.slots()}
        history.multiply(factors, hour(broken), hour(broken + 1))
    windows = quiet_windows(hour(start + 1), hour(start + 12), hour(again + 12))
    return Report([history], Expectation(at_most=None, windows=windows))


def dedupe_four_exchanges(seed: int) -> Report:
    """One change of the source's wallet lists takes addresses from four of eight exchanges; 60 hours later they return.

    Three large steps of one source in one hour are a question about the source, not three runs.
    """
    random = drawn("dedupe-four-exchanges", seed)
    start, back = random.randint(30, 50), 60
    times = reading_times((6, 4), (1, 40), (6, 8), (1, 48), (6, 6))
    histories = {history.slug: history for history in (northex(seed, times), *peers(seed, times))}
    for slug, parts in _taken_from_lists(random).items():
        histories[slug].multiply({slot: 1 - part for slot, part in parts.items()}, hour(start), hour(start + back))
    over = hour(start + back + 24)
    return Report(
        list(histories.values()),
        Expectation(at_most_at_once=1, closed_by=over, windows=quiet_windows(over, windows=("7d", "14d", "30d"))),
    )


def _taken_from_lists(random: Random) -> dict[str, dict[Slot, float]]:
    """Return which part of each slot is on no list any more: 22 %, 21 %, 8 % and 1 % of four exchanges."""
    parts: dict[str, dict[Slot, float]] = {
        "northex": {
            BTC: 0.15, Slot("Ethereum", "ETH"): 0.3, Slot("Ethereum", "USDT"): 0.28, Slot("Ethereum", "USDC"): 0.25,
            Slot("Solana", "SOL"): 0.4, Slot("Tron", "USDT"): 0.28, Slot("Arbitrum", "USDT"): 0.5,
        },
        "oldex": {BTC: 0.22, Slot("Ethereum", "ETH"): 0.2, Slot("Ethereum", "USDT"): 0.2},
        "tinyex": {Slot("Ethereum", "ETH"): 0.12, Slot("Ethereum", "USDT"): 0.22},
        "newex": {Slot("Ethereum", "USDT"): 0.05},
    }  # fmt: skip
    return {
        slug: {slot: part * random.uniform(0.95, 1.05) for slot, part in of_exchange.items()}
        for slug, of_exchange in parts.items()
    }


def flapping_backends(seed: int) -> Report:
    """For two days each reading takes the BTC from one of two servers, one of which lacks a fifth of them.

    One incident at most: after the second change of mind the source is unsteady, and no flow.
    """
    random = drawn("flapping-backends", seed)
    start, lacking = random.randint(30, 40), random.uniform(0.17, 0.25)
    history = northex(seed, reading_times((1, 120)))
    for number in range(48):
        if number == 0 or random.random() < 0.5:
            history.multiply({BTC: 1 - lacking}, hour(start + number), hour(start + number + 1))
    # Not the shorter ones: those may begin at a reading in which the BTC were away.
    windows = quiet_windows(hour(start + 52), hour(start + 75), windows=("7d", "14d", "30d"))
    return Report([history], Expectation(incidents_at_most=1, windows=windows))


def native_balance_zero(seed: int) -> Report:
    """For five readings the native balance of a chain is 0, while its tokens are read: missing, and no withdrawal."""
    random = drawn("native-balance-zero", seed)
    start = random.randint(30, 50)
    slot = random.choice([Slot("Ethereum", "ETH"), Slot("Solana", "SOL")])
    history = northex(seed, reading_times((1, 96)))
    history.set_amount(slot, 0.0, hour(start), hour(start + 5))
    windows = quiet_windows(hour(start + 2), hour(start + 5), hour(start + 12), hour(start + 36))
    return Report([history], Expectation(at_most="watch", windows=windows))


def one_leg_chain_swap(seed: int) -> Report:
    """A third of the USDT on Tron is burnt, and hours later as much is minted on Ethereum: no flow in any window."""
    random = drawn("one-leg-chain-swap", seed)
    start, gap, part = random.randint(30, 50), random.randint(1, 5), random.uniform(0.33, 0.4)
    history = northex(seed, reading_times((1, 96), (6, 20), (24, 20)))
    moved = history.worth([Slot("Tron", "USDT")], hour(start)) * part
    history.add(Slot("Tron", "USDT"), -moved, hour(start))
    history.add(Slot("Ethereum", "USDT"), moved, hour(start + gap))
    times = [hour(start + gap), hour(start + gap + 18), hour(start + 120), hour(start + 480)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def one_leg_label_60h(seed: int) -> Report:
    """A quarter of the BTC goes to an address that the list has sixty hours later: an internal move by then."""
    random = drawn("one-leg-label-60h", seed)
    start, part = random.randint(30, 50), random.uniform(0.25, 0.29)
    history = northex(seed, reading_times((1, 130), (6, 20), (24, 11)))
    history.multiply({BTC: 1 - part}, hour(start), hour(start + 60))
    long = ("7d", "14d", "30d")
    # No window of these begins while the BTC are away.
    windows = quiet_windows(hour(start + 60), hour(start + 96), hour(start + 240), windows=long)
    return Report([history], Expectation(closed_by=hour(start + 84), windows=windows))


def conversion_drops_out(seed: int) -> Report:
    """All of a stablecoin on one chain is turned into another one, and drops out of the answer: no flow."""
    random = drawn("conversion-drops-out", seed)
    start = random.randint(30, 50)
    usdt, usdc = Slot("Tron", "USDT"), Slot("Ethereum", "USDC")
    gone, into = random.choice([(usdt, usdc), (usdc, usdt), (usdt, Slot("Base", "DAI")), (usdc, Slot("Tron", "USDC"))])
    history = northex(seed, reading_times((1, 150)))
    units = history.amounts[-1][gone]
    history.add(into, (units or 0.0) * random.uniform(0.97, 1.0), hour(start))
    history.drop_slot(gone, hour(start))
    # The reading of the conversion is the base of the day's window a day later.
    times = [hour(start), hour(start + 1), hour(start + 2), hour(start + 24), hour(start + 40)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def conversion_told_without(seed: int) -> Report:
    """Half a billion USDT become USDC; hours later one reading lacks as many USDC, or they are on no list any more.

    What came makes up for the USDT, whether it is told or not: the step is held, or not counted.
    """
    random = drawn("conversion-told-without", seed)
    start = random.randint(30, 50)
    wrong = start + random.randint(8, 20)
    until = random.choice([wrong + 1, None])
    history = northex(seed, reading_times((1, 200)))
    units = random.uniform(4.5e8, 5.5e8)
    history.add(Slot("Tron", "USDT"), -units, hour(start))
    history.add(Slot("Ethereum", "USDC"), units, hour(start))
    history.add(Slot("Ethereum", "USDC"), -units, hour(wrong), hour(until) if until else None)
    times = [hour(number) for number in (start, wrong, wrong + 1, wrong + 23, start + 60)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def conversion_turned_back(seed: int) -> Report:
    """Half of a stablecoin on one chain is turned into another one, and back within two days or weeks later: no flow.

    Neither half counts alone in a window that begins in between.
    """
    random = drawn("conversion-turned-back", seed)
    start = random.randint(30, 50)
    back = start + random.choice([random.randint(5, 40), random.randint(150, 240)])
    slots = [Slot("Tron", "USDT"), Slot("Ethereum", "USDC")]
    gone, into = random.sample(slots, 2)
    history = northex(seed, reading_times((1, 320)))
    units = (history.amounts[-1][gone] or 0.0) * random.uniform(0.4, 0.7)
    history.add(gone, -units, hour(start), hour(back))
    history.add(into, units * random.uniform(0.98, 1.0), hour(start), hour(back))
    times = [hour(number) for number in (start, start + 2, start + 25, back, back + 1, back + 23, back + 60)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def renamed_stablecoin(seed: int) -> Report:
    """The symbol of an asset changes on one chain, amount and price stay: a name is no flow."""
    random = drawn("renamed-stablecoin", seed)
    start = random.randint(30, 50)
    slot, name = random.choice(
        [(Slot("Arbitrum", "USDT"), "USD₮0"), (Slot("Solana", "USDC"), "USDC.E"), (Slot("Arbitrum", "ETH"), "WETH")]
    )
    history = northex(seed, reading_times((1, 72), (6, 20), (24, 12)))
    history.rename(slot, name, hour(start))
    windows = quiet_windows(hour(start), hour(start + 10), hour(start + 100))
    return Report([history], Expectation(at_most=None, windows=windows))


def renamed_with_overlap(seed: int) -> Report:
    """The new symbol of an asset is told beside the old one for hours or days, then alone: it was never there twice."""
    random = drawn("renamed-with-overlap", seed)
    start, overlap = random.randint(30, 50), random.choice([1, random.randint(2, 24), random.randint(80, 100)])
    slot, name = random.choice(
        [(Slot("Tron", "USDT"), "USDT.T"), (Slot("Bitcoin", "BTC"), "XBT"),
         (Slot("Ethereum", "USDC"), "DAI")]
    )  # fmt: skip
    history = northex(seed, reading_times((1, 180), (6, 20)))
    end = start + overlap
    times = [hour(number) for number in (start, end - 1, end, end + 1, end + 24, end + 48)]
    history.add_name(slot, name, hour(start), hour(end))
    history.rename(slot, name, hour(end))
    return Report([history], Expectation(at_most="watch", windows=quiet_windows(*times)))


def renamed_without_value(seed: int) -> Report:
    """The symbol of an asset changes, and the source has no value of the new one for hours: null, or zero."""
    random = drawn("renamed-without-value", seed)
    start = random.randint(30, 50)
    end = start + random.randint(2, 30)
    slot, name = random.choice([(Slot("Tron", "USDT"), "USDT.T"), (Slot("Ethereum", "ETH"), "ETHX")])
    history = northex(seed, reading_times((1, 110), (6, 20)))
    history.rename(slot, name, hour(start))
    if random.random() < 0.5:
        history.unpriced |= {(hour(number), Slot(slot.chain, name)) for number in range(start, end)}
    else:
        history.set_price(name, 0.0, hour(start), hour(end))
    times = [hour(number) for number in (start, start + 1, end, end + 1, end + 23, end + 48)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def renamed_in_traffic(seed: int) -> Report:
    """The symbol of an asset changes in an hour in which 4 % of it leave, and weeks later back: those count, no more.

    Of the asset's first name the source may go on to tell an exact zero.
    """
    random = drawn("renamed-in-traffic", seed)
    start, back = random.randint(30, 50), 240
    slot, name = random.choice(
        [(Slot("Ethereum", "ETH"), "ETHX"), (Slot("Solana", "SOL"), "WSOL"), (Slot("Tron", "USDT"), "USDT.T")]
    )
    history = northex(seed, reading_times((1, 110), (6, 40), (24, 5)))
    for leaves in (start, back):
        history.multiply({slot: 1 - random.uniform(0.035, 0.045)}, hour(leaves))
    # The readings of the new names are the base of the day's window a day later.
    times = [hour(number) for number in (start, start + 1, start + 24, start + 48, back, back + 24, back + 72)]
    windows = raw_windows(history, *times)
    history.rename(slot, name, hour(start))
    if random.random() < 0.5:
        history.set_amount(slot, 0.0, hour(start), hour(back))
    history.rename(Slot(slot.chain, name), slot.asset, hour(back))
    return Report([history], Expectation(at_most="watch", windows=windows))


def renamed_chain_in_traffic(seed: int) -> Report:
    """A chain is called otherwise in an hour in which 4 % of all on it leave, and 15 % of one asset: those count."""
    random = drawn("renamed-chain-in-traffic", seed)
    start = random.randint(30, 50)
    chain, most = random.choice([("Ethereum", "LINK"), ("Arbitrum", "ETH"), ("Solana", "USDC")])
    history = northex(seed, reading_times((1, 110), (6, 20)))
    slots = [slot for slot in history.slots() if slot.chain == chain]
    left = {slot: 0.15 if slot.asset == most else random.uniform(0.03, 0.05) for slot in slots}
    history.multiply({slot: 1 - part for slot, part in left.items()}, hour(start))
    times = [hour(number) for number in (start, start + 1, start + 24, start + 48, start + 150)]
    windows = raw_windows(history, *times)
    history.rename_chain(chain, f"{chain} Mainnet", hour(start))
    return Report([history], Expectation(at_most="watch", windows=windows))


def spam_token_removed(seed: int) -> Report:
    """A worthless token is priced by mistake for some sixty hours, then delisted. It came as nothing, and goes so."""
    random = drawn("spam-token-removed", seed)
    start, length = random.randint(30, 50), random.randint(50, 70)
    history = northex(seed, reading_times((1, 150), (6, 16)))
    history.set_amount(Slot("Ethereum", "SPAM"), random.uniform(1.3e9, 2.3e9), hour(start), hour(start + length))
    times = [hour(start + 1), hour(start + 40), hour(start + length), hour(start + length + 36)]
    return Report([history], Expectation(at_most=None, windows=quiet_windows(*times)))


def redenomination(seed: int) -> Report:
    """A thousand new units replace each old one, at a thousandth of the price, at northex alone: no flow."""
    return _redenominated([northex(seed, reading_times((1, 96)))], "redenomination", seed)


def redenomination_among_peers(seed: int) -> Report:
    """The same while seven other exchanges are read, none of which holds the asset."""
    times = reading_times((1, 72))
    return _redenominated([northex(seed, times), *peers(seed, times)], "redenomination-among-peers", seed)


def _redenominated(histories: list[ExchangeHistory], kind: str, seed: int) -> Report:
    random = drawn(kind, seed)
    start, asset = random.randint(26, 45), random.choice(["XRP", "LINK", "SOL"])
    histories[0].redenominate(asset, 1000.0, hour(start))
    times = [hour(start), hour(start + 1), hour(start + 12), hour(start + 26)]
    return Report(histories, Expectation(at_most=None, windows=quiet_windows(*times)))
