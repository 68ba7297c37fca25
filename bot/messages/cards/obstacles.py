"""What the operator reads when something begins to keep alerts from opening or arriving, and when that has ended."""

from collections.abc import Sequence

from bot.domain.obstacles import AlertObstacle, ObstacleKind
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
    match {each.kind for each in present}:
        case kinds if not all(kind.is_partial for kind in kinds):
            return "Alerts may not arrive"
        case kinds if ObstacleKind.PRICES not in kinds:
            return "Critical alerts cannot open"
        case kinds if len(kinds) == 1:
            return "Alerts about stablecoins cannot open"
        case _:
            return "Critical alerts and those about stablecoins cannot open"


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
