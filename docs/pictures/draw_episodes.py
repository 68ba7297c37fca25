"""Draw a picture of each episode as SVG: `python -m docs.pictures.draw_episodes`, from the project's root."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import pairwise
from math import ceil, log10
from pathlib import Path

from bot.replay.episode import Episode
from bot.replay.episodes.catalogue import EPISODES
from docs.pictures.episode_points import PicturePoint, as_it_was, as_seen, first_shown

_WIDTH, _HEIGHT, _LEFT, _RIGHT = 960, 470, 78, 32
_TOP, _MIDDLE, _LOW, _BOTTOM = 72, 242, 268, 430
_DAY = timedelta(days=1)
_INK, _GREY, _RULE, _OUT, _IN = "#1f2933", "#7b8794", "#e4e7eb", "#d64545", "#2f7dc0"
_FONT = 'font-family="system-ui, sans-serif"'
_THRESHOLDS = ((-0.015, "watch"), (-0.03, "elevated"), (-0.08, "severe"))
_MIN_RANGE, _MAX_RANGE = (-0.035, 0.01), (-0.4, 0.04)  # shares: always spanned, and at most
_MAX_LABELS, _LINE_HEIGHT, _BILLION = 12, 13, 1e9
Scale = Callable[[float], float]
XOf = Callable[[datetime], float]


def picture(episode: Episode) -> str:
    """Return the SVG of an episode's first exchange.

    Reserves are lines. The 24 h net flow is bars, by the plain formula on what the upstream shows; where jumps or
    faults change that, a dark line is what really moved. Published figures are numbered.
    """
    exchange = episode.exchanges[0]
    seen, actual = as_seen(episode, exchange), as_it_was(episode, exchange)
    start = first_shown(episode)

    def x_of(at: datetime) -> float:
        return _LEFT + (at - start) / (episode.live_end - start) * (_WIDTH - _LEFT - _RIGHT)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT} fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fff"/>',
        _text(_LEFT, 28, episode.title, extra='style="font-size:18px;font-weight:600"'),
        _text(_LEFT, 48, f"{exchange.listing_row['name']} · {episode.label}", colour=_GREY),
        *_days(start, episode.live_end, x_of),
        *_reserves(seen, x_of, own="/".join(sorted(exchange.own_tokens))),
        *_flows(seen, actual, x_of),
        *_published_figures(episode, x_of),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _reserves(seen: Sequence[PicturePoint], x_of: XOf, *, own: str) -> Iterator[str]:
    low, high = min(point.clean_usd for point in seen) * 0.98, max(point.total_usd for point in seen) * 1.01
    y_of = _scale(low, high, _MIDDLE, _TOP)
    step = _step((high - low) / 4)
    for number in range(ceil(low / step), int(high / step) + 1):
        yield _rule(y_of(number * step), _money(number * step, step))
    lines = [(f"without {own}" if own else "reserves", _INK, 16, [point.clean_usd for point in seen])]
    if own:
        lines.append(("total", _GREY, -8, [point.total_usd for point in seen]))
    for name, colour, below, values in lines:
        path = " ".join(f"{x_of(point.at):.1f},{y_of(usd):.1f}" for point, usd in zip(seen, values, strict=True))
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        x = x_of(seen[-1].at) - 4
        yield _text(x, y_of(values[-1]) + below, name, colour=colour, extra='text-anchor="end"')


def _flows(seen: Sequence[PicturePoint], actual: Sequence[PicturePoint], x_of: XOf) -> Iterator[str]:
    shares = [point.share for point in (*seen, *actual)]
    low = max(min(_MIN_RANGE[0], *shares) * 1.08, _MAX_RANGE[0])
    high = min(max(_MIN_RANGE[1], *shares) * 1.2, _MAX_RANGE[1])
    y_of = _scale(low, high, _BOTTOM, _LOW)
    yield _rule(y_of(0), "0 %")
    free = y_of(0) + _LINE_HEIGHT
    for threshold, name in _THRESHOLDS:
        if threshold > low and y_of(threshold) >= free:
            free = y_of(threshold) + _LINE_HEIGHT
            yield _rule(y_of(threshold), f"−{-threshold:.1%}".replace("%", " %").replace(".0", ""), colour=_OUT)
            yield _text(_WIDTH - _RIGHT - 4, y_of(threshold) - 4, name, colour=_OUT, extra='text-anchor="end"')
    yield _text(_LEFT + 4, _LOW - 4, "net flow over 24 h, share of clean reserves", colour=_GREY)
    distance = min(x_of(after.at) - x_of(before.at) for before, after in pairwise(seen))
    width = max(distance * 0.7, 1.2)
    for colour, points in (
        (_OUT, [point for point in seen if point.share < 0]),
        (_IN, [point for point in seen if point.share >= 0]),
    ):
        bars = "".join(
            f"M{x_of(point.at):.1f} {y_of(0):.1f}V{y_of(_within(point.share, low, high)):.1f}" for point in points
        )
        yield f'<path d="{bars}" stroke="{colour}" stroke-width="{width:.1f}" stroke-opacity=".85" fill="none"/>'
    if actual:
        path = " ".join(f"{x_of(point.at):.1f},{y_of(_within(point.share, low, high)):.1f}" for point in actual)
        yield f'<polyline points="{path}" fill="none" stroke="{_INK}" stroke-width="1.5"/>'
        yield _text(_LEFT + 270, _LOW - 4, "bars: by what the upstream shows · line: what really moved", colour=_GREY)


def _published_figures(episode: Episode, x_of: XOf) -> Iterator[str]:
    x = 0.0
    for number, published in enumerate(
        (published for published in episode.published_figures if published.is_fitted), start=1
    ):
        x = max(x_of(published.at), x + 20)
        yield f'<circle cx="{x:.1f}" cy="{_TOP + 4}" r="9" fill="{_INK}"/>'
        yield _text(x, _TOP + 8, str(number), colour="#fff", extra='text-anchor="middle" style="font-size:11px"')


def _days(start: datetime, end: datetime, x_of: XOf) -> Iterator[str]:
    step_days = next((days for days in (1, 2, 4, 7) if (end - start) / _DAY / days <= _MAX_LABELS), 31)
    for day in range(0, (end - start).days + 1, step_days):
        at = start + _DAY * day
        x = x_of(at)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_BOTTOM}" stroke="{_RULE}"/>'
        yield _text(x, _BOTTOM + 20, f"{at.day} {at:%b}", colour=_GREY, extra='text-anchor="middle"')


def _rule(y: float, label: str, *, colour: str = _RULE) -> str:
    dashes = 'stroke-dasharray="3 4"' if colour == _OUT else ""
    line = f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" {dashes}/>'
    return line + _text(_LEFT - 8, y + 4, label, colour=_GREY, extra='text-anchor="end"')


def _text(x: float, y: float, text: str, *, colour: str = _INK, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{colour}" {extra}>{escape(text)}</text>'


def _money(usd: float, step: float) -> str:
    if step < _BILLION / 10:
        return f"${usd / 1e6:.0f} M"
    return f"${usd / _BILLION:.1f} B" if step < _BILLION else f"${usd / _BILLION:.0f} B"


def _step(rough: float) -> float:
    """Return a step of 1, 2, 5 or 10 times a power of ten, at least as large."""
    power: float = 10.0 ** int(log10(rough))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= rough)


def _within(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


def _scale(low: float, high: float, at_low: float, at_high: float) -> Scale:
    return lambda value: at_low + (value - low) / (high - low) * (at_high - at_low)


if __name__ == "__main__":
    for name, episode in EPISODES.items():
        Path(__file__).with_name(f"{name}.svg").write_text(picture(episode), encoding="utf-8")
