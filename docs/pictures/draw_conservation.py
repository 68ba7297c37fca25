"""Draw what conservation and bounds mean, as SVG: `python -m docs.pictures.draw_conservation`, from the project's root.

The figures in the picture are the product's own: two series of hourly readings are simulated, and what the windows
counted is drawn. In one BTC goes 100 → 72 → 100 within 60 h, in the other 58 % leave while a chain of 2.6 % is missing.
Colours follow the reader's light or dark scheme.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

from bot.backtest.simulation import Simulation
from bot.domain.exchange import Exchange
from bot.domain.flow import Flow, Window
from bot.domain.reading import Holding, Reading, Slot

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_LEAVES = datetime(2026, 3, 10, tzinfo=UTC)
_AWAY_HOURS, _SHOWN_HOURS = 60, (12, 36, 61, 96)
_WINDOWS = (Window.DAY, Window.THREE_DAYS, Window.WEEK)
_EXCHANGE = Exchange("northex", "Northex", "northex")
_BTC_USD, _REST = 20_000.0, {"Ethereum/ETH": 1.2e6, "Solana/SOL": 0.7e6, "Tron/USDT": 1.1e6}  # rest in USD
_MISSING, _GONE = 2.6, 58.0  # percent of reserves

_WIDTH, _HEIGHT, _LEFT = 960, 634, 190
_FONT = 'font-family="system-ui, sans-serif"'
_STYLE = """
.card { fill: #fff } .ink { fill: #1f2933 } .grey { fill: #66717d } .out { fill: #c53030 } .even { fill: #1d6fa5 }
.rest { fill: #9fb3c8 } .part { fill: #e0a63a } .gone { fill: none; stroke: #c53030; stroke-dasharray: 4 3 }
.line { fill: none; stroke: #1f2933; stroke-width: 2.5 } .rule { stroke: #d5dae0 }
@media (prefers-color-scheme: dark) {
.card { fill: #161b22 } .ink { fill: #e6edf3 } .grey { fill: #9aa5b1 } .out { fill: #ff8a80 } .even { fill: #79c0ff }
.rest { fill: #52667a } .part { fill: #d29922 } .gone { stroke: #ff8a80 } .line { stroke: #e6edf3 }
.rule { stroke: #30363d }
}"""


def picture() -> str:
    """Return the SVG: conservation above, bounds below."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT}>',
        f"<style>{_STYLE}</style>",
        f'<rect class="card" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
        *_conservation(),
        *_bounds(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _conservation() -> Iterator[str]:
    yield _text(24, 34, "Conservation: 28 of 100 BTC leave in one step and are back 60 h later", size=17, weight=600)
    top, bottom = 70, 130
    steps = (-24, 0, _AWAY_HOURS, 108)
    a, leaves, back, end = map(_x, steps)
    yield f'<path class="line" d="M{a:.0f} {top}H{leaves:.0f}V{bottom}H{back:.0f}V{top}H{end:.0f}"/>'
    yield _text(_LEFT - 16, top + 5, "BTC held", anchor="end", colour="grey")
    yield _text(a + 4, top - 9, "100")
    yield _text((leaves + back) / 2, bottom - 9, "72", anchor="middle")
    yield _text(end, top - 9, "100", anchor="end")
    flows = _btc_flows()
    for hours in _SHOWN_HOURS:
        x = _x(hours)
        yield f'<line class="rule" x1="{x:.0f}" x2="{x:.0f}" y1="{top + 8}" y2="262"/>'
        since = f"{hours} h after it left" if hours < _AWAY_HOURS else f"{hours - _AWAY_HOURS} h after it is back"
        yield _text(x, 156, since, anchor="middle", colour="grey", backed=True)
        for row, window in enumerate(_WINDOWS):
            counted = round(flows[hours, window])
            shown = f"−{-counted} BTC" if counted else "0"
            colour = "out" if counted else "even"
            yield _text(x, 186 + 30 * row, shown, size=16, weight=600, anchor="middle", colour=colour, backed=True)
    for row, window in enumerate(_WINDOWS):
        name = f"counted in {window.value[:-1]} {window.value[-1]}"
        yield _text(_LEFT - 16, 186 + 30 * row, name, anchor="end", colour="grey")
    yield _text(
        24,
        290,
        "A window counts at most the change between its ends: nothing where they are equal. What returns is no inflow.",
        colour="grey",
    )


def _bounds() -> Iterator[str]:
    flow = _flow_without_tron()
    low, likely, high = (-100 * share for share in (flow.low, flow.share, flow.high))
    rest = 100 - _MISSING - likely
    yield _text(24, 342, "Bounds: 58 % have left while Tron, 2.6 % of reserves, is missing", size=17, weight=600)
    rows = (
        ("before", 100 - _MISSING, _MISSING, "100 % of reserves", "ink"),
        ("now, as read", rest, 0.0, "Tron is missing, which is not zero", "grey"),
        ("2.6 % moved to Tron", rest, 100 - high - rest, f"at least {high:.1f} %: certain, and graded", "out"),
        ("Tron is unchanged", rest, 100 - likely - rest, f"{likely:.1f} %", "out"),
        ("Tron is empty too", rest, 100 - low - rest, f"at most {low:.1f} %: an incident eases by this end", "out"),
    )
    for row, (name, kept, tron, said, colour) in enumerate(rows):
        y = 366 + 44 * row
        yield _text(_LEFT - 16, y + 19, name, anchor="end", colour="grey")
        yield f'<rect class="rest" x="{_LEFT}" y="{y}" width="{_w(kept):.1f}" height="28"/>'
        yield f'<rect class="part" x="{_LEFT + _w(kept):.1f}" y="{y}" width="{_w(tron):.1f}" height="28"/>'
        gone = 100 - kept - tron
        if row:
            x = _LEFT + _w(kept + tron)
            yield f'<rect class="gone" x="{x + 1:.1f}" y="{y + 0.5}" width="{_w(gone) - 1:.1f}" height="27"/>'
            yield _text(x + 12, y + 19, said, weight=600, colour=colour)
        else:
            yield _text(_LEFT + 12, y + 19, said, weight=600)
    yield _text(
        24,
        610,
        "Blue: the other chains. Yellow: Tron. What the rest lost may lie there, but no more than would double it.",
        colour="grey",
    )


def _btc_flows() -> Mapping[tuple[int, Window], float]:
    """Return how many BTC each window counted, by hours after they left."""
    series = [(_LEAVES - _DAY * day, 100.0) for day in range(40, 1, -1)] + [
        (_LEAVES + _HOUR * hour, 72.0 if 0 <= hour < _AWAY_HOURS else 100.0)
        for hour in range(-24, max(_SHOWN_HOURS) + 1)
    ]
    flows = _simulated([(at, {"Bitcoin/BTC": btc * _BTC_USD, **_REST}) for at, btc in series])
    return {
        (hours, window): flows[_LEAVES + _HOUR * hours][window].usd / _BTC_USD
        for hours in _SHOWN_HOURS
        for window in _WINDOWS
    }


def _flow_without_tron() -> Flow:
    """Return the flow over 24 h after 58 % of the reserves left and Tron, 2.6 %, is in no reading any more."""
    before = {"Bitcoin/BTC": 48e8, "Ethereum/ETH": 31e8, "Solana/SOL": 184e7, "Tron/USDT": _MISSING * 1e8}
    kept = 1 - _GONE / (100 - _MISSING)
    after = {slot: usd * kept for slot, usd in before.items() if not slot.startswith("Tron")}
    series = [(_LEAVES - _DAY * day, before) for day in range(40, 0, -1)] + [(_LEAVES, after)]
    return _simulated(series)[_LEAVES][Window.DAY]


def _simulated(series: Sequence[tuple[datetime, Mapping[str, float]]]) -> Mapping[datetime, Mapping[Window, Flow]]:
    """Return the flows of every reading; holdings are in USD by chain and asset."""
    simulation = Simulation([_EXCHANGE])
    flows = {}
    for number, (at, values) in enumerate(series):
        # A reading that equals the one before is none, so one asset grows by a dollar each time.
        book = {**values, "Ethereum/DAI": 1e3 + number}
        holdings = {Slot(*slot.split("/")): Holding(usd, usd) for slot, usd in book.items()}
        result = simulation.judge_reserves([Reading(_EXCHANGE.id, "defillama", at, at, holdings)])
        steps = result.steps if result else ()
        flows[at] = {flow.window: flow for step in steps for flow in step.signal.flows}
    return flows


def _x(hours: float) -> float:
    return _LEFT + (hours + 24) / 132 * (_WIDTH - _LEFT - 40)


def _w(percent: float) -> float:
    return percent / 100 * (_WIDTH - _LEFT - 40)


def _text(  # noqa: PLR0913 — how a text may look
    x: float,
    y: float,
    text: str,
    *,
    size: int = 13,
    weight: int = 400,
    anchor: str = "start",
    colour: str = "ink",
    backed: bool = False,
) -> str:
    style = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    written = f'<text class="{colour}" x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
    if not backed:
        return written
    half = len(text) * size * 0.32
    return (
        f'<rect class="card" x="{x - half:.1f}" y="{y - size:.1f}" width="{2 * half:.1f}" height="{size + 5}"/>'
        + written
    )


if __name__ == "__main__":
    Path(__file__).with_name("conservation-and-bounds.svg").write_text(picture(), encoding="utf-8")
