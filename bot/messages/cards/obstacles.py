"""What the operator reads when something begins to keep alerts from opening or arriving, and when that has ended."""

from collections.abc import Sequence

from bot.domain.obstacles import AlertObstacle
from bot.messages.model import Line, Message, Tone, bold, line


def obstacle_notice(
    begun: Sequence[AlertObstacle], ended: Sequence[AlertObstacle], lasting: Sequence[AlertObstacle]
) -> Message:
    """Return one message about everything that has begun and ended since the last one; `lasting` was told before.

    The title says whether alerts can come now.
    """
    present = (*begun, *lasting)
    return Message(
        title=_title(present),
        tone=Tone.TROUBLE if present else Tone.GOOD,
        lines=(
            *(line("⚠️ ", _sentence(obstacle)) for obstacle in begun),
            *(line(bold("Over: "), _sentence(obstacle)) for obstacle in ended),
            *_reminder(lasting),
        ),
    )


def _title(present: Sequence[AlertObstacle]) -> str:
    if not present:
        return "Alerts work again"
    return "Critical alerts cannot open" if all(each.kind.is_partial for each in present) else "Alerts may not arrive"


def _sentence(obstacle: AlertObstacle) -> str:
    return f"{obstacle.sentence[:1].upper()}{obstacle.sentence[1:].removesuffix('.')}."


def _reminder(lasting: Sequence[AlertObstacle]) -> tuple[Line, ...]:
    return (
        (
            line(
                f"{len(lasting)} earlier problem{'s last' if len(lasting) > 1 else ' lasts'}; /status lists everything."
            ),
        )
        if lasting
        else ()
    )
