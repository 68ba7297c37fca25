"""Why a subscription is refused of which no alert could ever come, and what the severities mean."""

from bot.detection.thresholds import THRESHOLDS
from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.language.name_lists import enumerated
from bot.language.translation import marked, tr
from bot.messages.cards.withdrawals import KEY_SETTINGS
from bot.messages.model import Line, lines
from bot.messages.number_format import chosen_percent, chosen_usd, usd


def severity_guide() -> tuple[Line, ...]:
    """Return what the severities mean, for whoever chooses one: from which share of reserves on, and what critical is.

    Those of other windows are in `/why`.
    """
    shares = {
        str(threshold.severity): chosen_percent(-threshold.share)
        for threshold in THRESHOLDS
        if threshold.window is Window.DAY
    }
    return lines(
        tr(
            "Outflow in 24 h at normal sensitivity: watch from {watch} of reserves, elevated from {elevated}, severe "
            "from {severe}.",
            **shares,
        ),
        critical_takes(),
    )


def critical_takes() -> str:
    """Return what it takes for an incident to be critical (`CRITICAL_CLOSED_MAJORS` is the two)."""
    return tr(
        "Critical is an outflow of elevated or worse while withdrawals of two or more of {assets} are closed.",
        assets=enumerated(MAJORS),
    )


def never_critical(exchange: Exchange | None, *, is_on: bool) -> str:
    """Return why no alert would ever come of a subscription from critical on, and what to do instead.

    `exchange` is None for all exchanges; `is_on` says whether this bot asks any exchange about its withdrawals.
    """
    if exchange is None:
        # Translators: {critical} is a sentence, what it takes for an incident to be critical.
        return tr(
            "That could never fire. {critical} This bot has no source for the withdrawals of any exchange. "
            "Take {command}.",
            critical=critical_takes(),
            command="/subscribe all severe",
        )
    setting = KEY_SETTINGS.get(exchange.id) if is_on else None
    if setting:
        text = marked(
            "That could never fire. {critical} This bot has no source for the withdrawals of {exchange}. "
            "Take {command}, or have the bot's operator set {setting} to a read-only key."
        )
    else:
        text = marked(
            "That could never fire. {critical} This bot has no source for the withdrawals of {exchange}. "
            "Take {command}."
        )
    command = f"/subscribe {exchange.id} severe"
    return tr(text, critical=critical_takes(), exchange=exchange.name, command=command, setting=setting)


def never_large_enough(name: str | None, wanted_usd: float, largest_usd: float) -> str:
    """Return why no outflow can be as large as a subscription asks; `name` is None for all exchanges."""
    text = (
        marked(
            "That could never fire: {exchange} holds {usd}, less than the {wanted} you asked for. "
            "Use a smaller amount, or a share such as 3%."
        )
        if name
        else marked(
            "That could never fire: the largest exchange holds {usd}, less than the {wanted} you asked for. "
            "Use a smaller amount, or a share such as 3%."
        )
    )
    return tr(text, exchange=name, usd=usd(largest_usd), wanted=chosen_usd(wanted_usd))


def never_watched(name: str) -> str:
    """Return why no alert would come about an exchange that this bot does not watch."""
    return tr(
        "That could never fire: this bot does not watch {exchange}. Its operator chose which exchanges it watches.",
        exchange=name,
    )
