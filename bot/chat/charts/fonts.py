"""Fonts for letters that matplotlib's own fonts lack: those of Chinese, from wherever the system keeps them.

matplotlib brings DejaVu Sans, which has Latin, Greek and Cyrillic letters and no Chinese ones: 储备 would be two empty
boxes. Where one of these files is there, such letters are taken from it and all others from DejaVu Sans as ever. Where
none is, a picture in Chinese is drawn in English.
"""

import os
from functools import cache
from pathlib import Path

HAN_FONT_FILES = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",  # Debian's fonts-wqy-microhei, in the image: 5 MB
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",  # Debian's fonts-noto-cjk
    "/usr/share/fonts/google-noto-sans-cjk-vf-fonts/NotoSansCJK-VF.ttc",  # Fedora
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",  # Arch
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",  # Debian's fonts-droid-fallback
    "/System/Library/Fonts/STHeiti Light.ttc",  # macOS
)


@cache
def add_han_font(files: tuple[str, ...] = HAN_FONT_FILES) -> bool:
    """Let matplotlib take Chinese letters from the first of these files that is there; return whether one is.

    For the first picture in Chinese only: reading a font takes 0.1 s that the others need not wait for.
    """
    import matplotlib as mpl  # noqa: PLC0415 -- it must have been prepared
    from matplotlib.font_manager import FontProperties, fontManager  # noqa: PLC0415 -- as above

    found = next((file for file in files if Path(file).is_file()), None)
    if found is None:
        return False
    fontManager.addfont(found)
    # It was set so that the system's fonts are not listed, which they are not any more: now it would hide this one.
    os.environ.pop("MPL_IGNORE_SYSTEM_FONTS", None)
    mpl.rcParams["font.family"] = ["DejaVu Sans", FontProperties(fname=found).get_name()]
    return True
