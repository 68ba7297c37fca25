"""Pictures of every kind, as cards make them, and with the worst that names and figures can hold."""

from dataclasses import replace

from bot.messages.pictures import Axis, Band, Picture, PictureKind, Series, Stroke

DAY = 86_400.0
START = 1_668_384_000.0  # 14 November 2022
SOURCE = "DefiLlama · as of 2022-12-13 14:05 UTC"
LONG = "A name that somebody has made as long as it may be, and a little longer than that " * 3
HOSTILE = f"$x^2$ \u202eevil\u202c \\frac{{1}}{{2}} <b>& \n {LONG}"


def flows(*values: float | None, newest: float = -0.036) -> Picture:
    points = tuple((START + index * DAY, value) for index, value in enumerate(values or (0.002,) * 29))
    at = points[-1][0] + DAY
    return Picture(
        PictureKind.FLOWS,
        "Binance · net flow a day · 30 d",
        "24 h −$2.30 B · −3.6 %",
        Axis.TIME,
        Axis.SHARE,
        (
            Series("a day", points, stroke=Stroke.MAIN),
            Series("last 24 h", ((at, newest),), "−3.6 %", Stroke.LATEST),
            Series("not certain, up to", ((at, newest - 0.01),), "−4.6 %", Stroke.UNCERTAIN),
        ),
        SOURCE,
        bands=(
            Band("Normal day: −0.60 % to +0.70 %", -0.006, 0.007, is_vertical=True),
            Band("INC-42 since 12 Dec", at - DAY, at + DAY / 2),
        ),
        scale=(-0.02, 0.02),
        notes=("2 days cannot be compared with the day before: marked “?”.",),
        above_zero="in",
        below_zero="out",
    )


def reserves(*totals: float | None) -> Picture:
    given = totals or (64e9,) * 20 + (None, None) + (62e9,) * 8
    times = [START + index * DAY for index in range(len(given))]
    shares = {"BTC": 0.4, "USDT": 0.3, "ETH": 0.1, "BUSD": 0.1, "XRP": 0.05, "36 others": 0.05}
    layers = []
    for name, share in shares.items():
        values = (None if total is None else total * share for total in given)
        layers.append(Series(name, tuple(zip(times, values, strict=True)), "$20.0 B"))
    return Picture(
        PictureKind.RESERVES,
        "Binance · reserves by asset · 30 d",
        "$62.0 B without its own token",
        Axis.TIME,
        Axis.USD,
        tuple(layers),
        SOURCE,
        bands=(Band("INC-42 since 12 Dec", times[-1] - DAY, times[-1]),),
        notes=("At each day's prices, so it moves with the market as well.",),
    )


def composition(*shares: float) -> Picture:
    rows = tuple(
        Series(f"COIN{index}", ((0.0, share),), "31.4 % · $20.1 B")
        for index, share in enumerate(shares or (0.4, 0.3, 0.2, 0.05))
    )
    own = Series("BNB own", ((0.0, 0.05),), "5.0 % · $3.10 B", Stroke.EXTRA)
    title = "Binance · what it holds"
    return Picture(PictureKind.COMPOSITION, title, "$62.0 B", Axis.SHARE, Axis.RANK, (*rows, own), SOURCE)


def run(*shares: float | None) -> Picture:
    given = shares or (0.0, -0.004, -0.012, -0.019, -0.036)
    past = tuple((index / 4, max(-0.37, -0.04 * index)) for index in range(40))
    return Picture(
        PictureKind.RUN,
        "Binance · net flow since day 0",
        "−3.6 % of reserves in 4 d",
        Axis.DAYS,
        Axis.SHARE,
        (
            Series(
                "Binance now",
                tuple((float(day), share) for day, share in enumerate(given)),
                "−3.6 % after 4 d",
                Stroke.MAIN,
            ),
            Series("FTX, November 2022", past, "−37.0 % after 4 d"),
            *(Series(f"Run {name}", tuple((x, y / 9) for x, y in past), "−4.1 % after 4 d") for name in "ABCDEF"),
        ),
        SOURCE,
        scale=(-0.05, 0.01),
        notes=("Day 0 is 9 Dec, the day before INC-42 began.",),
        origin="day 0",
    )


ALL = {"flows": flows(), "reserves": reserves(), "composition": composition(), "run": run()}


def hostile(picture: Picture) -> Picture:
    """Return a picture whose every text is as long and as deceptive as anything from outside."""
    return replace(
        picture,
        title=HOSTILE,
        headline=HOSTILE,
        source=HOSTILE,
        notes=(HOSTILE, HOSTILE),
        series=tuple(replace(series, name=HOSTILE, figure="−$999 M") for series in picture.series),
        bands=tuple(replace(band, name=HOSTILE) for band in picture.bands),
    )
