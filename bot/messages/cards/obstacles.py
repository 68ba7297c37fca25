"""What the operator reads when something begins to keep alerts from opening or arriving, and when that has ended."""

from collections.abc import Sequence

from bot.domain.obstacles import AlertObstacle
from bot.messages.model import Line, Message, Tone, bold, line


def obstacle_notice(
    begun: Sequence[AlertObstacle], ended: Sequence[AlertObstacle], lasting: Sequence[AlertObstacle]
) -> Message:
    """Return one message about everything that has begun and ended since the last one.

    `lasting` is everything that keeps alerts away at present, what has just begun among it: the title says whether
    they can come now.
    """
    return Message(
        title="Alerts may not come" if lasting else "Alerts can come again",
        tone=Tone.TROUBLE if lasting else Tone.GOOD,
        lines=(
            *(line("⚠️ ", _sentence(obstacle)) for obstacle in begun),
            *(line(bold("Over: "), _sentence(obstacle)) for obstacle in ended),
            *_reminder(begun, lasting),
        ),
    )


def _sentence(obstacle: AlertObstacle) -> str:
    return f"{obstacle.sentence[:1].upper()}{obstacle.sentence[1:].removesuffix('.')}."


def _reminder(begun: Sequence[AlertObstacle], lasting: Sequence[AlertObstacle]) -> tuple[Line, ...]:
    others = len(lasting) - len(begun)
    return (line(f"{others} more of what was told before lasts; /status has everything."),) if others > 0 else ()
