"""A drawer whose pictures say which theme they are in, and which can fail."""

import struct
from dataclasses import dataclass, field

from bot.domain.errors import DrawingFailed
from bot.messages.pictures import Picture, Theme
from bot.ports.pictures import PictureDrawer


def png(width: int = 800, height: int = 600, *, more: bytes = b"") -> bytes:
    """Return the beginning of a PNG of this size, which is all that is looked at here."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + more


@dataclass
class StandInDrawer(PictureDrawer):
    """Returns PNGs that name title and theme; `failure` is raised instead, `content` returned instead."""

    failure: str = ""
    content: bytes | None = None
    drawn: list[tuple[Picture, Theme]] = field(default_factory=list)

    async def draw(self, picture: Picture, theme: Theme) -> bytes:
        if self.failure:
            raise DrawingFailed(self.failure)
        self.drawn.append((picture, theme))
        return self.content or png(more=f"{picture.title} {theme}".encode())
