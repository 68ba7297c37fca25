"""Numbers as people read them: three significant digits, a real minus sign, times in their largest unit.

Three digits because the figures behind them are no more exact: prices and amounts are minutes to hours old. All are
written as the language in force writes them; the examples are English.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.language.languages import NumberStyle
from bot.language.translation import language, tr

_ROUNDS_UP_FROM = 0.9995
"""From this part of a scale on three digits round up to it: $999.5 K would read $1000 K, so it is $1.00 M."""
_CHOSEN_DIGITS = 4  # of what somebody typed
_GROUPED_FROM = 10_000  # of what somebody typed: `$5000万`
_PLAIN_FROM = 1e-12  # less has more zeros than anybody counts, and is told by its exponent


def usd(value: float, *, signed: bool = False) -> str:
    """Return dollars with three significant digits: 1.1436e9 → `$1.14 B`, −2.3e9 → `−$2.30 B`."""
    style = language().numbers
    return style.dollars.format(sign=_sign(value, signed=signed), number=_short(abs(value), style))


def amount(value: float, asset: str, *, signed: bool = False) -> str:
    """Return an amount of an asset with three significant digits: `475 K BTC`; without an asset the bare number."""
    return f"{_sign(value, signed=signed)}{_short(abs(value), language().numbers)} {asset}".rstrip()


def exact_amount(value: Decimal, asset: str) -> str:
    """Return an amount with all its digits: `19,398.33550812 USDT`."""
    text = f"{abs(value):,f}"
    digits = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'−' if value < 0 else ''}{_pointed(digits, language().numbers)} {asset}".rstrip()


def percent(fraction: float, *, signed: bool = False, digits: int | None = None) -> str:
    """Return a fraction as per cent: −0.018 → `−1.8 %`.

    There are so many `digits` after the point, else two below one per cent and one from there on.
    """
    sign, number = _percent_parts(fraction, digits, signed=signed)
    return language().numbers.percent.format(sign=sign, number=number)


def percent_range(first: float, second: float) -> str:
    """Return between which two fractions something lies, with their signs: `−55.0 to −61.0 %`."""
    ends = (_percent_parts(fraction, None, signed=True) for fraction in (first, second))
    (low_sign, low_size), (high_sign, high_size) = ends
    return language().numbers.percent_range.format(
        low=low_sign + low_size,
        high=high_sign + high_size,
        low_sign=low_sign,
        low_size=low_size,
        high_sign=high_sign,
        high_size=high_size,
    )


def _percent_parts(fraction: float, digits: int | None, *, signed: bool) -> tuple[str, str]:
    """Return the sign and the digits of a fraction as per cent."""
    size = abs(fraction) * 100
    if digits is None:
        digits = 2 if size < 1 else 1
    text = f"{size:.{digits}f}"
    # What rounds to nothing has no sign: not `−0.00 %`.
    sign = "" if float(text) == 0 else _sign(fraction, signed=signed)
    return sign, _pointed(text, language().numbers)


def decimal(value: float, digits: int, *, signed: bool = False) -> str:
    """Return a number with so many digits after the point, and a real minus sign: `−3.5`."""
    text = f"{abs(value):.{digits}f}"
    # What rounds to nothing has no sign: not `−0.0`.
    sign = "" if float(text) == 0 else _sign(value, signed=signed)
    return sign + _pointed(text, language().numbers)


def significant(value: float, digits: int) -> str:
    """Return a number with so many significant digits and no zeros at its end: `0.25`, `−12`, `20,000`."""
    return f"{_sign(value, signed=False)}{_pointed(_significant(abs(value), digits), language().numbers)}"


def price(value: float) -> str:
    """Return the price of one unit with six significant digits, and without a word for thousands: `$16,803.5`."""
    return language().numbers.dollars.format(sign=_sign(value, signed=False), number=significant(abs(value), 6))


def chosen_usd(value: float) -> str:
    """Return dollars with the digits that somebody chose, on one line: 50e6 → `$50 M`, 2.5e6 → `$2.5 M`.

    Where there is no word for billions, as in Spanish, 50e9 are `$50.000 M`.
    """
    style = language().numbers
    rounded = float(f"{value:.{_CHOSEN_DIGITS}g}")  # first: $999.99 K is $1 M, and not $1000 K
    scale, word = next(((scale, f"{style.gap}{word}") for scale, word in style.scales if rounded >= scale), (1.0, ""))
    number = _significant(rounded / scale, _CHOSEN_DIGITS)
    if rounded / scale < _GROUPED_FROM:
        number = number.replace(",", "")
    number = _pointed(number, style)
    return _on_one_line(style.dollars.format(sign="", number=f"{number}{word}"))


def chosen_percent(share: float) -> str:
    """Return a share as per cent with the digits that somebody chose, on one line: 0.03 → `3 %`."""
    style = language().numbers
    return _on_one_line(
        style.percent.format(sign="", number=_pointed(_significant(share * 100, _CHOSEN_DIGITS), style))
    )


def day_and_month(at: datetime) -> str:
    """Return a date without its year, for the axis of a chart: `13 Dec`."""
    written = language()
    return written.date.format(day=at.day, month=written.months[at.month - 1])


def span(length: timedelta) -> str:
    """Return a length of time in its largest unit or two: `45 s`, `12 min`, `3 h 20 min`, `9 d`."""
    seconds = max(0, round(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return tr("{seconds} s", seconds=seconds)
    if hours < 1:
        return tr("{minutes} min", minutes=minutes)
    if hours < 10 and minutes % 60:  # noqa: PLR2004 — from ten hours on minutes do not matter
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes % 60)
    return tr("{hours} h", hours=hours) if days < 2 else tr("{days} d", days=days)  # noqa: PLR2004 — two days and more are told in days


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago that was: `12 min ago`; a moment in the future is `just now`."""
    return tr("{time} ago", time=span(now - then)) if now - then >= timedelta(seconds=1) else tr("just now")


def clock(at: datetime) -> str:
    """Return a moment in UTC, `2022-12-13 14:05 UTC`; one of another zone in both, `2022-12-13 15:05 (14:05 UTC)`."""
    if not at.utcoffset():
        return f"{at:%Y-%m-%d %H:%M} UTC"
    return f"{at:%Y-%m-%d %H:%M} ({at.astimezone(UTC):%H:%M} UTC)"


def _sign(value: float, *, signed: bool) -> str:
    if value < 0:
        return "−"
    return "+" if signed and value > 0 else ""


def _short(size: float, style: NumberStyle) -> str:
    for scale, word in style.scales:
        if size >= scale * _ROUNDS_UP_FROM:
            return f"{_pointed(_three_digits(size / scale), style)}{style.gap}{word}"
    return _pointed(_three_digits(size), style)


def _pointed(digits: str, style: NumberStyle) -> str:
    """Return a number that Python has written with the points and commas of a style."""
    if style.point == ".":
        return digits
    return digits.translate({ord("."): style.point, ord(","): style.group})


def _on_one_line(figure: str) -> str:
    return figure.replace(" ", "\N{NO-BREAK SPACE}")


def _three_digits(value: float) -> str:
    """Return three significant digits of a value; one of 1000 and more, which is no scale of its own, in full."""
    if value >= 999.5:  # noqa: PLR2004 — from here on the three digits are followed by zeros
        return f"{float(f'{value:.3g}'):,.0f}"
    if value >= 99.95:  # noqa: PLR2004 — from here on three digits need no decimals
        return f"{value:.0f}"
    if value >= 9.995:  # noqa: PLR2004 — and here one
        return f"{value:.1f}"
    if value >= 0.01 or value < 1e-7:  # noqa: PLR2004 — below a cent two decimals would hide the number
        return f"{value:.2f}"
    return _significant(value, 2)


def _significant(value: float, digits: int) -> str:
    """Return a number of at least 0 with so many significant digits and no zeros at its end: `0.000012`, `50,000`.

    Not `1.2e-05`, as Python would write it: nobody reads exponents. Only what is below `_PLAIN_FROM` has one.
    """
    if 0 < value < _PLAIN_FROM:
        return f"{value:.{digits}g}"
    text = f"{Decimal(f'{value:.{digits}g}'):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
