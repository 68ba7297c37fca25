"""Makes the pictures of docs/gallery.md and of the README: `python -m docs.gallery`, which takes about five minutes.

The bot lives through three episodes (gallery_replay.py, gallery_messages.py), its own renderers and painter make what
it would send, a page stands for the two apps around it (gallery_page.py), and Chromium photographs that page. It needs
Chromium, a font of text and one of emoji: `apt-get install chromium fonts-roboto-unhinted fonts-noto-color-emoji`.
Names of sheets as arguments make those alone: `python -m docs.gallery alerts charts`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from PIL import Image, ImageChops

from bot.chat.charts.drawing import prepare_matplotlib
from bot.service import logs
from docs.gallery_messages import collect
from docs.gallery_page import GROUND, page
from docs.gallery_replay import ShownMessage

PICTURES = Path(__file__).parent / "pictures"
_FOUR = ("telegram", "telegram dark", "discord", "discord dark")
_WIDTH, _TALLEST = 1680, 14_000  # pixels of the window; what is empty is cut off
_TIMEOUT_S = 120
_FREQUENT, _OTHER = 24, 40  # colours of a picture, a third of the size of one in full colour
_COLOUR_LEVELS = 1 << 24


@dataclass(frozen=True, slots=True)
class Sheet:
    """One picture: its title, the messages on it by their names, and in which looks they are shown."""

    title: str
    messages: tuple[str, ...]
    looks: tuple[str, ...] = _FOUR


SHEETS: Mapping[str, Sheet] = {
    "reserves": Sheet("Reserves and flows", ("/reserves binance", "/flows binance")),
    "incomplete": Sheet("While a chain is missing, and while figures are paused",
                        ("answer without a part", "question while paused")),
    "rankings": Sheet("Rankings", ("/top", "/exchanges")),
    "comparisons": Sheet("Comparisons", ("/compare binance okx", "/compare binance ftx-2022")),
    "charts": Sheet("Charts: reserves and flows", ("/chart binance reserves", "/chart binance flows")),
    "charts-more": Sheet("Charts: composition and run", ("/chart binance composition", "/chart binance run")),
    "alerts": Sheet("An incident opens and gets worse", ("alert", "escalation")),
    "alerts-end": Sheet("On hold, and over", ("alert on hold", "alert, over", "alert, reply at its end")),
    "severe-alerts": Sheet("Severe and critical", ("severe alert", "critical alert")),
    "market-wide": Sheet("Closed withdrawals, and market-wide", ("closed withdrawals", "market-wide alert")),
    "notices": Sheet("Data notices, and what points to a newer message",
                     ("data notice", "data notice, over", "alert, followed by a newer one")),
    "why": Sheet("Incidents and why", ("/incidents", "/why INC-1", "/rehearse early binance")),
    "why-telegram": Sheet("The details of /why", ("/why INC-1 details",), ("telegram", "telegram dark")),
    "why-discord": Sheet("The details of /why", ("/why INC-1 details",), ("discord", "discord dark")),
    "proofs": Sheet(
        "Proofs of reserves", ("/por binance", "/por bybit", "/por crypto-com", "alert about a late proof")
    ),
    "withdrawals": Sheet(
        "Withdrawals, and news", ("/withdrawals", "/withdrawals gate", "/withdrawals of a closed door", "/news gate")
    ),
    "stress": Sheet("The stress test", ("/stress", "/stress bitfinex")),
    "drills": Sheet(
        "Drills of members", ("/drill", "drill requested", "drill arrived", "drill that was never begun")
    ),
    "tests": Sheet("Test alerts", ("/test", "test, updated", "test, over", "test, answer", "test, refused")),
    "subscriptions": Sheet(
        "Subscribing", ("/subscribe all", "/subscribe binance early severe $50M 3%", "impossible setting")
    ),
    "subscriptions-list": Sheet(
        "The list of subscriptions", ("/subscriptions", "/subscriptions binance", "/unsubscribe binance")
    ),
    "settings": Sheet("Settings", ("/settings", "/settings quiet", "/settings digest daily 08:00")),
    "mutes": Sheet("Mutes", ("/mute binance 4h", "/mute", "/unmute binance", "what was missed")),
    "digests": Sheet("Digests", ("digest", "digest, calm")),
    "approvals": Sheet(
        "Approvals",
        ("approval, asked in private", "approval, asked in the place", "approval, posted", "approval, nobody decided"),
    ),
    "places": Sheet(
        "Pauses, lost places, and notices to the operator",
        ("/hold", "/release", "places lost", "topic that is gone", "notice to the operator",
         "notice to the operator, over"),
    ),
    "verifying": Sheet("Verifying a proof", ("/verify", "/verify, altered", "/verify, how", "/verify in a group")),
    "porting": Sheet("Export and import", ("/export", "/import")),
    "privacy": Sheet("Privacy", ("/privacy", "/privacy show", "/privacy delete")),
    "arrival": Sheet("Arrival", ("welcome", "/start", "link that proposes a change", "/status")),
    "help": Sheet("Help of one command", ("/help subscribe",)),
    "help-telegram": Sheet("Help", ("/help",), ("telegram", "telegram dark")),
    "help-discord": Sheet("Help", ("/help",), ("discord", "discord dark")),
    "refusals": Sheet(
        "Questions back, refusals and faults",
        ("missing argument", "unknown exchange", "unknown command", "no command", "refusal", "private answers",
         "too many questions", "store away", "fault of ours"),
    ),
    "readme-question": Sheet("A question", ("/reserves binance",), ("telegram",)),
    "readme-alert": Sheet("An alert, and its escalation", ("alert", "escalation"), ("discord dark",)),
    "readme-hold": Sheet("An alert on hold", ("alert on hold",), ("telegram dark",)),
    "readme-chart": Sheet("A chart", ("/chart binance run",), ("discord dark",)),
}  # fmt: skip


def picture_of(name: str) -> Path:
    """Return the file of a sheet."""
    return PICTURES / f"gallery-{name}.png"


def photograph(sheet: Sheet, messages: Mapping[str, ShownMessage]) -> bytes:
    """Return a sheet as a PNG of few colours."""
    chromium = which("chromium") or which("chromium-browser") or which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium")
    with TemporaryDirectory(prefix="runwatch-gallery-") as directory:
        source, target = Path(directory, "page.html"), Path(directory, "page.png")
        rows = [(name, messages[name]) for name in sheet.messages]
        source.write_text(page(sheet.title, rows, sheet.looks), encoding="utf-8")
        subprocess.run(  # noqa: S603 — our own page in a browser that was looked up
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={directory}/profile", f"--window-size={_WIDTH},{_TALLEST}",
             f"--screenshot={target}", source.as_uri()],
            check=True, capture_output=True, timeout=_TIMEOUT_S,
        )  # fmt: skip
        return _reduced(Image.open(target).convert("RGB"))


def _reduced(photo: Image.Image) -> bytes:
    """Return what is not empty of a photo, with a margin, in few colours."""
    margin = 12
    box = ImageChops.difference(photo, Image.new("RGB", photo.size, GROUND)).getbbox()
    if box is None:
        raise SystemExit("the photo of the page is empty")
    cut = photo.crop((0, 0, box[2] + margin, box[3] + margin))
    target = BytesIO()
    cut.quantize(palette=_palette(cut), dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _palette(photo: Image.Image) -> Image.Image:
    """Return a palette with the most frequent colours as they are, the grounds, and others spread over the rest.

    Without the first a ground changes its hue, without the second the few pixels of an icon lose theirs: orange and
    brown would be one.
    """
    counted = sorted(photo.getcolors(_COLOUR_LEVELS) or (), reverse=True)
    frequent = [colour for _, colour in counted[:_FREQUENT] if isinstance(colour, tuple)]
    spread = photo.quantize(_OTHER, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*(level for colour in frequent for level in colour), *spread[: 3 * _OTHER]])
    return palette


def main() -> None:
    """Make the sheets that were named, or all."""
    logs.configure("error", "text", ())
    prepare_matplotlib()
    messages = asyncio.run(collect())
    for name in sys.argv[1:] or SHEETS:
        picture_of(name).write_bytes(photograph(SHEETS[name], messages))


if __name__ == "__main__":
    main()
