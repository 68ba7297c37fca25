"""Numbers as people read them: three significant digits, a real minus sign, times in their largest unit.

Three digits because the figures behind them are no more exact: prices and amounts are minutes to hours old.
"""

from datetime import UTC, datetime, timedelta

_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))
_ROUNDS_UP_FROM = 0.9995
"""From this part of a scale on three digits round up to it: $999.5 K would read $1000 K, so it is $1.00 M."""


def usd(value: float, *, signed: bool = False) -> str:
    """Return dollars with three significant digits: 1.1436e9 → `$1.14 B`, −2.3e9 → `−$2.30 B`."""
    return f"{_sign(value, signed=signed)}${_short(abs(value))}"


def amount(value: float, asset: str, *, signed: bool = False) -> str:
    """Return an amount of an asset with three significant digits: `475 K BTC`; without an asset the bare number."""
    return f"{_sign(value, signed=signed)}{_short(abs(value))} {asset}".rstrip()


def percent(fraction: float, *, signed: bool = False, digits: int | None = None) -> str:
    """Return a fraction as per cent: −0.018 → `−1.8 %`.

    There are so many `digits` after the point, else two below one per cent and one from there on.
    """
    size = abs(fraction) * 100
    if digits is None:
        digits = 2 if size < 1 else 1
    text = f"{size:.{digits}f} %"
    # What rounds to nothing has no sign: not `−0.00 %`.
    return text if float(f"{size:.{digits}f}") == 0 else f"{_sign(fraction, signed=signed)}{text}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a count with the words that fit it: `1 more asset is`, `3 more assets are`; else with an s."""
    return f"{count} {singular if count == 1 else plural or f'{singular}s'}"


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit or two: `45 s`, `12 min`, `3 h 20 min`, `9 d`."""
    seconds = max(0, round(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return f"{seconds} s"
    if hours < 1:
        return f"{minutes} min"
    if hours < 10 and minutes % 60:  # noqa: PLR2004 — from ten hours on minutes do not matter
        return f"{hours} h {minutes % 60} min"
    return f"{hours} h" if days < 2 else f"{days} d"  # noqa: PLR2004 — two days and more are told in days


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago that was: `12 min ago`; a moment in the future is `just now`."""
    return f"{span(now - then)} ago" if now - then >= timedelta(seconds=1) else "just now"


def clock(at: datetime) -> str:
    """Return a moment in UTC, `2022-12-13 14:05 UTC`; one of another zone in both, `2022-12-13 15:05 (14:05 UTC)`."""
    if not at.utcoffset():
        return f"{at:%Y-%m-%d %H:%M} UTC"
    return f"{at:%Y-%m-%d %H:%M} ({at.astimezone(UTC):%H:%M} UTC)"


def _sign(value: float, *, signed: bool) -> str:
    if value < 0:
        return "−"
    return "+" if signed and value > 0 else ""


def _short(size: float) -> str:
    for scale, letter in _SCALES:
        if size >= scale * _ROUNDS_UP_FROM:
            return f"{_three_digits(size / scale)} {letter}"
    return _three_digits(size)


def _three_digits(value: float) -> str:
    """Return three significant digits of a value below 1000."""
    if value >= 99.95:  # noqa: PLR2004 — from here on three digits need no decimals
        return f"{value:.0f}"
    if value >= 9.995:  # noqa: PLR2004 — and here one
        return f"{value:.1f}"
    if value >= 0.01 or value == 0:  # noqa: PLR2004 — below a cent the zeros would hide the number
        return f"{value:.2f}"
    return f"{value:.2g}"
