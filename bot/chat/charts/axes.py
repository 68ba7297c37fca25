"""Draws the series and bands of a picture on axes, one function for each kind of picture.

Flows are bars on a band that says what is normal, reserves are layers on a zero line, assets are bars of one row each,
and runs are lines that fall. What is unknown is left open.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from bot.chat.charts.layout import AXES_LEFT, DPI, WIDTH, LegendEntry, PictureLayout
from bot.chat.charts.palette import DASHES, ThemeColours
from bot.chat.charts.ticks import across_ticks, value_label, value_ticks
from bot.messages.number_format import percent
from bot.messages.pictures import Axis, Picture, Point, Series, Stroke
from bot.messages.plain_text import clean, display_width, shorten

_HEIGHT = 380
_ROW_HEIGHT = 44
_TICK_PIXELS, _LABEL_PIXELS = 19, 20
_TICK_SIZE = _TICK_PIXELS * 72 / DPI
_LABEL_SIZE = _LABEL_PIXELS * 72 / DPI
_DAY_S = 86400.0
_BAR_WIDTH = 0.8
_THICK_FRAMED = 45  # bars: where there are more, they are so thin that a thick frame would hide the colour
_END_LABELS = 142  # pixels on the right of the axes, for the figures at the ends of lines
_TICK_GAP, _EDGE = 8, 20  # pixels between the axes and what is written at them, and beside that at least
_NAME_COLUMNS = 10  # of an asset, on the left of its bar
_NAMES, _BEHIND_BARS = 150, 26  # pixels beside the bars of assets, on their left and right
_BAR_GAP = 0.015  # of the longest bar, between a bar and its figure
_LAST_TICK_CENTRED = 0.95  # of the axis' length
_WITHOUT_DECIMALS = 9.995  # +1000 %: with a decimal it would be wider than the room on the right
_HEADROOM = 0.06  # of the axis' length, above and below what is drawn


def draw_flows(picture: Picture, layout: PictureLayout) -> None:
    """Draw a bar for each day: what left below zero, what came above it, and a question mark where nobody knows."""
    colours = layout.colours
    layout.legend([
        LegendEntry(_box(colours.out), picture.below_zero),
        LegendEntry(_box(colours.inflow), picture.above_zero),
        *_bar_entries(picture, colours),
        *_band_entries(picture, colours),
    ])  # fmt: skip
    xs = [x for series in picture.series for x, _ in series.points]
    low, high = _value_range(picture)
    axes = layout.axes(_HEIGHT, left=_room_for_values(picture, layout, (low, high)), right=_END_LABELS)
    _draw_bands(axes, picture, colours, (low, high))
    for series in picture.series:
        for x, value in series.points:
            if value is None:
                _mark_unknown(axes, x, colours)
            else:
                _draw_bar(axes, x, value, series, colours)
    if len(xs) > _THICK_FRAMED:
        for bar in axes.patches:
            bar.set_linewidth(bar.get_linewidth() / 2)
    _finish(axes, picture, colours, (min(xs) - _DAY_S * 0.7, max(xs) + _DAY_S * 0.7), (low, high))
    axes.axhline(0, color=colours.quiet, linewidth=1.2, zorder=2)
    _label_newest_bars(axes, picture, colours, (low, high))


def draw_reserves(picture: Picture, layout: PictureLayout) -> None:
    """Draw a layer for each asset, from zero up; days whose total is unknown are left open."""
    colours = layout.colours
    layers = [series for series in picture.series if series.stroke is not Stroke.EXTRA]
    inks = [colours.series[index % len(colours.series)] for index in range(len(layers))]
    layout.legend(
        [LegendEntry(_box(ink), _named(series)) for ink, series in zip(inks, layers, strict=True)]
        + list(_band_entries(picture, colours))
    )
    low, high = _stack_range(picture, layers)
    axes = layout.axes(_HEIGHT, left=_room_for_values(picture, layout, (low, high)))
    _draw_bands(axes, picture, colours, (low, high))
    xs = [x for x, _ in layers[0].points]
    for start, end in _known_stretches(layers[0].points):
        columns = [[series.points[at][1] or 0.0 for at in range(start, end)] for series in layers]
        spread = xs[start:end]
        if len(spread) == 1:  # a single day between two gaps is a bar, for a layer needs two
            spread, columns = [spread[0] - _DAY_S / 4, spread[0] + _DAY_S / 4], [[*column * 2] for column in columns]
        axes.stackplot(np.array(spread), np.array(columns), colors=inks, edgecolor=colours.ground, linewidth=0.8)
    _finish(axes, picture, colours, (min(xs), max(xs)), (low, high))
    _keep_last_tick_inside(axes)


def draw_composition(picture: Picture, layout: PictureLayout) -> None:
    """Draw a bar for each asset, longest first, with its name on the left and its figure behind it."""
    colours = layout.colours
    rows = picture.series
    axes = layout.axes(_ROW_HEIGHT * len(rows), left=_NAMES, right=_BEHIND_BARS, ticks=6)
    shares = [series.points[0][1] or 0.0 for series in rows]
    longest = max(*shares, picture.scale[1], 1e-9)
    for index, (series, share) in enumerate(zip(rows, shares, strict=True)):
        extra = series.stroke is Stroke.EXTRA
        axes.barh(
            -index,
            share,
            height=0.64,
            color=colours.ground if extra else colours.inflow,
            edgecolor=colours.quiet if extra else colours.inflow,
            hatch="///" if extra else None,
            linewidth=1.2,
        )
        axes.text(
            share + longest * _BAR_GAP, -index, series.figure, va="center", color=colours.text, fontsize=_LABEL_SIZE
        )
    # The figure behind the longest bar needs its room: two fifths of the axes, more where figures are longer.
    width = WIDTH - _NAMES - _BEHIND_BARS
    figures = max(layout.width_of(series.figure, _LABEL_PIXELS) for series in rows)
    axes.set_xlim(0, longest * max(1.75, (1 + _BAR_GAP) * width / (width - figures)))
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.set_yticks([-index for index in range(len(rows))], [_short(series.name) for series in rows])
    axes.set_xticks([])
    axes.tick_params(length=0, labelsize=_LABEL_SIZE, colors=colours.text)
    axes.spines[:].set_visible(False)


def draw_run(picture: Picture, layout: PictureLayout) -> None:
    """Draw a line for each run from its day 0: that of the exchange thick, all with their last figure at the end."""
    colours = layout.colours
    styles = list(_line_styles(picture.series, colours))
    layout.legend(
        LegendEntry(Line2D([], [], color=ink, linestyle=dashes, linewidth=width), _named(series), is_row=True)
        for series, (ink, dashes, width) in zip(picture.series, styles, strict=True)
    )
    low, high = _value_range(picture)
    axes = layout.axes(_HEIGHT, left=_room_for_values(picture, layout, (low, high)), right=_END_LABELS)
    length = max(x for series in picture.series for x, _ in series.points)
    # The one that matters is drawn last, above the others.
    for series, (ink, dashes, width) in sorted(
        zip(picture.series, styles, strict=True), key=lambda drawn: drawn[0].stroke is Stroke.MAIN
    ):
        xs, ys = zip(*series.points, strict=True)
        values = [math.nan if y is None else y for y in ys]
        axes.plot(xs, values, color=ink, linestyle=dashes, linewidth=width, solid_capstyle="round", zorder=3)
        if series.stroke is Stroke.MAIN:  # a day alone between two gaps has no line
            axes.plot(xs, values, "o", color=ink, markersize=width, zorder=3)
        axes.plot(xs[-1:], values[-1:], "o", color=ink, markersize=width * 2.4, zorder=4, clip_on=False)
    _finish(axes, picture, colours, (0, length), (low, high))
    # Where the others stood after as long: that is what people compare.
    now = next((series.points[-1][0] for series in picture.series if series.stroke is Stroke.MAIN), 0.0)
    axes.axvline(now, color=colours.quiet, linewidth=1.2, linestyle=(0, (2, 3)), zorder=1)
    axes.axhline(0, color=colours.quiet, linewidth=1.2, zorder=2)
    inks = [ink for ink, _, _ in styles]
    _label_ends(axes, list(zip(picture.series, inks, strict=True)), (low, high))


def _room_for_values(picture: Picture, layout: PictureLayout, bounds: tuple[float, float]) -> float:
    """Return how many pixels the axes need on their left: `$1,2 billones` is longer than `$1.2 T`."""
    labels = (value_label(value, picture.up) for value in value_ticks(*bounds))
    return max(AXES_LEFT, *(layout.width_of(label, _TICK_PIXELS) + _TICK_GAP + _EDGE for label in labels))


def _mark_unknown(axes: Axes, x: float, colours: ThemeColours) -> None:
    axes.text(
        x,
        0,
        "?",
        color=colours.text,
        fontsize=_LABEL_SIZE,
        fontweight="bold",
        ha="center",
        va="center",
        zorder=7,
        bbox={"facecolor": colours.ground, "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
    )


def _draw_bar(axes: Axes, x: float, value: float, series: Series, colours: ThemeColours) -> None:
    ink = colours.out if value < 0 else colours.inflow
    certain = series.stroke in {Stroke.MAIN, Stroke.LATEST}
    axes.bar(
        x,
        value,
        width=_BAR_WIDTH * _DAY_S,
        color=ink if certain else "none",
        edgecolor=colours.text if series.stroke is Stroke.LATEST else ink,
        hatch=None if certain else "////",
        linewidth=2.0 if series.stroke is Stroke.LATEST else 1.0,
        zorder=4 if certain else 3,
    )


def _bar_entries(picture: Picture, colours: ThemeColours) -> Iterator[LegendEntry]:
    """Yield what bars mean that are not plain days."""
    for series in picture.series:
        if series.stroke is Stroke.LATEST:
            yield LegendEntry(_box("none", edge=colours.text, width=2.0), _named(series))
        elif series.stroke is not Stroke.MAIN:
            yield LegendEntry(_box("none", edge=colours.out, hatch="////"), _named(series))


def _label_newest_bars(axes: Axes, picture: Picture, colours: ThemeColours, bounds: tuple[float, float]) -> None:
    """Write the figures of the newest bar, or of its two ends, on its right."""
    newest = [series for series in picture.series if series.stroke is not Stroke.MAIN and series.points[-1][1]]
    _label_ends(axes, [(series, colours.text) for series in newest], bounds)


def _draw_bands(axes: Axes, picture: Picture, colours: ThemeColours, bounds: tuple[float, float]) -> None:
    for band in picture.bands:
        if band.is_vertical:
            axes.axhspan(band.low, band.high, color=colours.band, linewidth=0, zorder=1)
        else:
            axes.axvspan(band.low, band.high, color=colours.span, linewidth=0, zorder=0)
            axes.vlines(band.low, *bounds, color=colours.quiet, linewidth=1.0, linestyle=(0, (2, 2)), zorder=5)


def _band_entries(picture: Picture, colours: ThemeColours) -> Iterator[LegendEntry]:
    for band in picture.bands:
        yield LegendEntry(_box(colours.band if band.is_vertical else colours.span), band.name)


def _line_styles(
    series: Sequence[Series], colours: ThemeColours
) -> Iterator[tuple[str, tuple[float, tuple[float, ...]], float]]:
    """Yield the colour, dashes and width of each line."""
    index = 0
    for line in series:
        if line.stroke is Stroke.MAIN:
            yield colours.main, DASHES[0], 5.0
        else:
            inks = [ink for ink in colours.series if ink != colours.main]
            yield inks[index % len(inks)], DASHES[(index + 1) % len(DASHES)], 2.6
            index += 1


def _label_ends(axes: Axes, drawn: Sequence[tuple[Series, str]], bounds: tuple[float, float]) -> None:
    """Write the last value of each series beside its end, in its colour, moved apart where two would overlap.

    A value that is not known is not written.
    """
    length = bounds[1] - bounds[0]
    room = length * _LABEL_SIZE * DPI / 72 * 1.15 / _HEIGHT
    known = ((series.points[-1][1], series, ink) for series, ink in drawn)
    ends = sorted(((value, series, ink) for value, series, ink in known if value is not None), key=lambda end: -end[0])
    heights = _apart([value for value, _, _ in ends], room, bounds[0] + room / 2)
    for height, (value, series, ink) in zip(heights, ends, strict=True):
        stands_out = series.stroke in {Stroke.MAIN, Stroke.LATEST}
        axes.text(
            1.03,
            (height - bounds[0]) / length,
            percent(value, signed=True, digits=0 if abs(value) >= _WITHOUT_DECIMALS else None),
            transform=axes.transAxes,
            color=ink,
            fontsize=_LABEL_SIZE * (1.15 if stands_out else 0.95),
            fontweight="bold" if stands_out else "normal",
            va="center",
        )


def _apart(values: Sequence[float], room: float, lowest: float) -> list[float]:
    """Return where labels stand whose values, greatest first, are closer than `room`: none below `lowest`.

    Example: with room 2 and lowest 0, those of 5, 4 and 0.5 stand at 5, 3 and 0.5; those of 1, 1 and 1 at 4, 2 and 0.
    """
    heights: list[float] = []
    for value in values:
        heights.append(min(value, heights[-1] - room) if heights else value)
    floor = lowest
    for index in reversed(range(len(heights))):
        heights[index] = max(heights[index], floor)
        floor = heights[index] + room
    return heights


def _finish(
    axes: Axes,
    picture: Picture,
    colours: ThemeColours,
    across: tuple[float, float],
    up: tuple[float, float],
) -> None:
    """Set the limits, the round values along both axes and the grid."""
    axes.set_xlim(*across)
    axes.set_ylim(*up)
    values = value_ticks(*up)
    axes.set_yticks(values, [value_label(value, picture.up) for value in values])
    newest = max(x for series in picture.series for x, _ in series.points)
    times = across_ticks(picture.across, (across[0], newest))
    labels = [picture.origin if picture.across is Axis.DAYS and not at else label for at, label in times]
    axes.set_xticks([at for at, _ in times], labels)
    axes.grid(axis="y", color=colours.grid, linewidth=1.0, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=_TICK_SIZE, colors=colours.quiet, pad=_TICK_GAP)
    axes.spines[:].set_visible(False)


def _keep_last_tick_inside(axes: Axes) -> None:
    """Move the last date to the left where it would be cut off, in a picture without room on the right."""
    first, last = axes.get_xlim()
    ticks = axes.get_xticks()
    if len(ticks) and ticks[-1] > first + (last - first) * _LAST_TICK_CENTRED:
        axes.get_xticklabels()[-1].set_horizontalalignment("right")


def _value_range(picture: Picture) -> tuple[float, float]:
    values = [y for series in picture.series for _, y in series.points if y is not None]
    low, high = min(*values, *picture.scale, 0.0), max(*values, *picture.scale, 0.0)
    room = (high - low) * _HEADROOM or 1.0
    return low - room, high + room


def _stack_range(picture: Picture, layers: Sequence[Series]) -> tuple[float, float]:
    totals = [sum(series.points[at][1] or 0.0 for series in layers) for at in range(len(layers[0].points))]
    highest = max(*totals, *picture.scale)
    return 0.0, highest * (1 + _HEADROOM) or 1.0


def _known_stretches(points: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Yield where stretches without a gap begin and end, as positions."""
    for is_known, stretch in groupby(range(len(points)), key=lambda at: points[at][1] is not None):
        positions = list(stretch)
        if is_known:
            yield positions[0], positions[-1] + 1


def _named(series: Series) -> str:
    return f"{series.name} {series.figure}".rstrip()


def _short(name: str) -> str:
    return shorten(clean(name), _NAME_COLUMNS, measure=display_width)


def _box(face: str, *, edge: str = "none", hatch: str | None = None, width: float = 0.0) -> Rectangle:
    return Rectangle((0, 0), 1, 1, facecolor=face, edgecolor=edge, hatch=hatch, linewidth=width)
