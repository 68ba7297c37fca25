"""The colours of pictures: those of Okabe and Ito, which people with any kind of colour blindness tell apart.

https://jfly.uni-koeln.de/color/ · Nothing rests on colour alone: lines differ in their dashes, layers stand in the
order of the legend, and what is uncertain or incomplete is hatched.
"""

from dataclasses import dataclass

from bot.messages.pictures import Theme

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"


@dataclass(frozen=True, slots=True)
class ThemeColours:
    """The colours of one theme. `out` and `inflow` are for what leaves and comes, `series` for series in their order.

    The last of `series` is grey: the sixth layer of reserves is what is left of them.
    """

    ground: str
    text: str
    quiet: str
    grid: str
    band: str
    span: str
    main: str
    out: str
    inflow: str
    series: tuple[str, ...]


COLOURS = {
    Theme.LIGHT: ThemeColours(
        ground="#FFFFFF",
        text="#1A1C1E",
        quiet="#5A6168",
        grid="#DDE1E5",
        band="#C9CFD6",
        span="#F2C9A8",
        main=VERMILION,
        out=VERMILION,
        inflow=BLUE,
        # Without yellow, which nobody sees as a line on white.
        series=(BLUE, ORANGE, GREEN, PURPLE, SKY, "#7A828A"),
    ),
    Theme.DARK: ThemeColours(
        ground="#1E1F22",  # what Discord's dark theme has around an embed
        text="#F2F3F5",
        quiet="#B5BAC1",
        grid="#3A3C42",
        band="#50545C",
        span="#6B4A33",
        main=ORANGE,
        out=ORANGE,
        inflow=SKY,
        series=(SKY, YELLOW, GREEN, PURPLE, VERMILION, "#9AA1A9"),
    ),
}
DASHES = ((0, ()), (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3)))
"""How lines are dashed, in the order of the series; the line that a picture is about is solid and thick."""
