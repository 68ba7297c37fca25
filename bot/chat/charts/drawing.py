"""Draws one picture: the only way into matplotlib, and imported in the painter's process alone."""

import os
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bot.chat.charts.fonts import add_han_font
from bot.chat.charts.palette import COLOURS
from bot.language.translation import written_in
from bot.messages.pictures import Picture, PictureKind, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def prepare_matplotlib() -> None:
    """Import matplotlib so that it needs nothing but its own files: no home, no /tmp, no list of the system's fonts.

    It looks for its settings in a directory of its own, which it makes in the home directory or in /tmp, and raises
    where neither can be written; there it also keeps a list of fonts that takes seconds to make where many are
    installed. Told where its own settings are it makes no directory, and its own fonts are listed in 0.1 s.
    https://matplotlib.org/stable/install/environment_variables_faq.html
    """
    found = find_spec("matplotlib")
    assert found is not None  # noqa: S101 -- a dependency
    assert found.origin is not None  # noqa: S101 -- as above
    os.environ["MATPLOTLIBRC"] = str(Path(found.origin).parent / "mpl-data" / "matplotlibrc")
    os.environ["MPL_IGNORE_SYSTEM_FONTS"] = "1"
    import matplotlib as mpl  # noqa: PLC0415 -- the variables come first

    mpl.get_cachedir = lambda: os.devnull  # no directory, so that no list of fonts is read or written
    # A dollar sign is a dollar sign, and no formula begins with it.
    mpl.rcParams["text.parse_math"] = False
    mpl.rcParams["hatch.linewidth"] = 1.5


def draw(picture: Picture, theme: Theme) -> bytes:
    """Return the picture as a PNG, 800 pixels wide."""
    png = BytesIO()
    figure = compose(picture, theme)
    figure.savefig(png, format="png", facecolor=figure.get_facecolor())
    return png.getvalue()


def compose(picture: Picture, theme: Theme) -> "Figure":
    """Return the picture as matplotlib holds it before it is drawn, figures and dates at its axes in its language."""
    from bot.chat.charts import axes  # noqa: PLC0415 -- imports matplotlib, which must have been prepared
    from bot.chat.charts.layout import PictureLayout  # noqa: PLC0415 -- as above

    if picture.in_english and not add_han_font():
        picture = picture.in_english
    layout = PictureLayout(COLOURS[theme])
    layout.heading(picture.title, picture.headline)
    layout.small_print((*picture.notes, picture.source))
    kinds = {
        PictureKind.FLOWS: axes.draw_flows,
        PictureKind.RESERVES: axes.draw_reserves,
        PictureKind.COMPOSITION: axes.draw_composition,
        PictureKind.RUN: axes.draw_run,
    }
    with written_in(picture.language):
        kinds[picture.kind](picture, layout)
    return layout.figure
