"""The painter's process: draws the pictures that come on standard input, one after the other, until it is closed.

A process of its own, because matplotlib takes 60 MB and each picture 0.1 s of the interpreter lock. A request and its
answer are a frame each: a 4-byte length (big-endian) and a msgpack value, a `DrawingRequest` and a `DrawingAnswer`.
"""

import gc
import os
import sys
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from bot.chat.charts.drawing import draw, prepare_matplotlib
from bot.child_process.resource_limits import allow_cpu_s, limit_resources
from bot.messages.pictures import Picture, Theme

LENGTH_BYTES = 4
MEMORY_LIMIT_BYTES = 1 << 30  # of address space; matplotlib and a picture take 270 MB of it, 75 MB of real memory
# For one picture, which takes 0.1 s, or 0.5 s while everything is imported. It ends a process that draws without end
# when the bot, which would, is gone.
CPU_LIMIT_S = 20
NICENESS = 2  # behind the event loop, and before whatever runs in the background: somebody waits for the picture


@dataclass(frozen=True, slots=True)
class DrawingRequest:
    """What is to be drawn, and on which ground."""

    picture: Picture
    theme: Theme


@dataclass(frozen=True, slots=True)
class DrawingAnswer:
    """The PNG, or why there is none."""

    png: bytes = b""
    fault: str = ""


_DECODER, _ENCODER = msgspec.msgpack.Decoder(DrawingRequest), msgspec.msgpack.Encoder()


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more of them; what cannot be drawn is answered by a fault."""
    while length := requests.read(LENGTH_BYTES):
        allow_cpu_s(CPU_LIMIT_S)
        content = _ENCODER.encode(_answer(requests.read(int.from_bytes(length, "big"))))
        answers.write(len(content).to_bytes(LENGTH_BYTES, "big") + content)
        answers.flush()
        # A figure is a ring of references: the collector's own time would come after 40 MB of them.
        gc.collect()


def main() -> None:
    """Serve the standard streams; whatever a library prints goes nowhere."""
    limit_resources(memory_bytes=MEMORY_LIMIT_BYTES, cpu_s=CPU_LIMIT_S, niceness=NICENESS)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    prepare_matplotlib()
    gc.freeze()  # what was imported stays, and is not looked through after every picture
    serve(sys.stdin.buffer, answers)


def _answer(content: bytes) -> DrawingAnswer:
    try:
        request = _DECODER.decode(content)
        return DrawingAnswer(draw(request.picture, request.theme))
    except Exception as error:  # noqa: BLE001 -- it costs this picture and not the next one
        return DrawingAnswer(fault=type(error).__name__)
