"""Draws a picture of each episode as SVG: `python -m docs.pictures.draw_episodes`, from the project's root."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import NamedTuple

from bot.replay.catalogue import EPISODES
from bot.replay.episode import Episode
from bot.replay.generator import Snapshot, snapshots

_WIDTH, _HEIGHT, _LEFT, _RIGHT = 960, 470, 70, 32
_TOP, _MIDDLE, _LOW, _BOTTOM = 72, 242, 268, 430
_DAY = timedelta(days=1)
_STEP = timedelta(hours=6)
_INK, _GREY, _RULE, _OUT, _IN = "#1f2933", "#7b8794", "#e4e7eb", "#d64545", "#2f7dc0"
_FONT = 'font-family="system-ui, sans-serif"'
Scale = Callable[[float], float]


class Look(NamedTuple):
    """One moment of an exchange: reserves in USD with and without its own token, and the 24 h net flow as a share."""

    at: datetime
    total: float
    clean: float
    share: float


def looks(episode: Episode, exchange: str, own: frozenset[str]) -> list[Look]:
    """Return the exchange every six hours of the live phase."""
    seen = list(snapshots(episode))
    moments = [one.at for one in seen]

    def before(moment: datetime) -> Snapshot:
        return seen[bisect_right(moments, moment) - 1]

    found = []
    for end in seen:
        if end.at < episode.live_start or end.at.hour % (_STEP // timedelta(hours=1)):
            continue
        start = before(end.at - _DAY)
        held = {slot: amount for slot, amount in start.amounts[exchange].items() if slot.asset not in own}
        base = sum(amount * start.prices[slot.asset] for slot, amount in held.items())
        flow = sum((end.amounts[exchange][slot] - amount) * start.prices[slot.asset] for slot, amount in held.items())
        worth = {slot: amount * end.prices[slot.asset] for slot, amount in end.amounts[exchange].items()}
        clean = sum(usd for slot, usd in worth.items() if slot.asset not in own)
        found.append(Look(end.at, sum(worth.values()), clean, flow / base))
    return found


def picture(episode: Episode) -> str:
    """Return the SVG of an episode's first exchange: reserves as lines, 24 h net flow as bars, anchors numbered."""
    book = episode.books[0]
    points = looks(episode, book.id, book.own_tokens)
    span = episode.live_end - episode.live_start

    def across(at: datetime) -> float:
        return _LEFT + (at - episode.live_start) / span * (_WIDTH - _LEFT - _RIGHT)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {_FONT} fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fff"/>',
        _text(_LEFT, 28, episode.title, extra='style="font-size:18px;font-weight:600"'),
        _text(_LEFT, 48, f"{book.row['name']} · {episode.label}", colour=_GREY),
        *_days(episode, across),
        *_reserves(points, across),
        *_flows(points, across),
        *_anchors(episode, across),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _reserves(points: Sequence[Look], across: Callable[[datetime], float]) -> Iterator[str]:
    low, high = min(one.clean for one in points) * 0.98, max(one.total for one in points) * 1.01
    down = _scale(low, high, _MIDDLE, _TOP)
    for billions in range(int(low / 5e9) * 5 + 5, int(high / 1e9) + 1, 5):
        yield _rule(down(billions * 1e9), f"${billions} B")
    lines = (("total", _GREY, [one.total for one in points]), ("without BNB", _INK, [one.clean for one in points]))
    for name, colour, values in lines:
        path = " ".join(f"{across(one.at):.1f},{down(usd):.1f}" for one, usd in zip(points, values, strict=True))
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield _text(_WIDTH - _RIGHT - 4, down(values[-1]) - 8, name, colour=colour, extra='text-anchor="end"')


def _flows(points: Sequence[Look], across: Callable[[datetime], float]) -> Iterator[str]:
    worst = min(-0.04, *(one.share for one in points)) * 1.05
    down = _scale(worst, max(0.01, *(one.share for one in points)) * 1.2, _BOTTOM, _LOW)
    yield _rule(down(0), "0 %")
    for threshold, name in ((-0.015, "watch −1.5 %"), (-0.03, "elevated −3 %")):
        yield _rule(down(threshold), name.split(" ", 1)[1], colour=_OUT, extra='stroke-dasharray="3 4"')
        yield _text(_WIDTH - _RIGHT - 4, down(threshold) - 4, name.split()[0], colour=_OUT, extra='text-anchor="end"')
    yield _text(_LEFT + 4, _LOW - 4, "net flow over 24 h, share of clean reserves", colour=_GREY)
    width = (across(points[1].at) - across(points[0].at)) * 0.7
    for one in points:
        top, bottom = sorted((down(0), down(one.share)))
        colour = _OUT if one.share < 0 else _IN
        yield (
            f'<rect x="{across(one.at) - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}" '
            f'height="{bottom - top:.1f}" fill="{colour}" fill-opacity=".85"/>'
        )


def _anchors(episode: Episode, across: Callable[[datetime], float]) -> Iterator[str]:
    x = 0.0
    for number, anchor in enumerate((one for one in episode.anchors if one.is_fitted), start=1):
        x = max(across(anchor.at), x + 20)
        yield f'<circle cx="{x:.1f}" cy="{_TOP + 4}" r="9" fill="{_INK}"/>'
        yield _text(x, _TOP + 8, str(number), colour="#fff", extra='text-anchor="middle" style="font-size:11px"')


def _days(episode: Episode, across: Callable[[datetime], float]) -> Iterator[str]:
    for day in range((episode.live_end - episode.live_start).days + 1):
        at = episode.live_start + _DAY * day
        x = across(at)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_BOTTOM}" stroke="{_RULE}"/>'
        if day % 2 == 0:
            yield _text(x, _BOTTOM + 20, f"{at.day} {at:%b}", colour=_GREY, extra='text-anchor="middle"')


def _rule(y: float, label: str, *, colour: str = _RULE, extra: str = "") -> str:
    line = f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" {extra}/>'
    return line + _text(_LEFT - 8, y + 4, label, colour=_GREY, extra='text-anchor="end"')


def _text(x: float, y: float, text: str, *, colour: str = _INK, extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="{colour}" {extra}>{escape(text)}</text>'


def _scale(low: float, high: float, at_low: float, at_high: float) -> Scale:
    return lambda value: at_low + (value - low) / (high - low) * (at_high - at_low)


if __name__ == "__main__":
    for name, one in EPISODES.items():
        Path(__file__).with_name(f"{name}.svg").write_text(picture(one), encoding="utf-8")
