"""What we answer. One file per topic, no vendor, no state."""

from bot.commands.declaration import CommandSet
from handlers.about import help, privacy, status  # noqa: A004 — the command's name is what people type
from handlers.comparison import compare
from handlers.incidents import incidents, why
from handlers.rehearsal import rehearse
from handlers.reserves import exchanges, flows, reserves, top
from handlers.subscriptions import subscribe, subscriptions, unsubscribe
from handlers.suppressions import hold, release

COMMANDS = CommandSet(
    (
        reserves,
        flows,
        top,
        compare,
        exchanges,
        incidents,
        why,
        subscribe,
        unsubscribe,
        subscriptions,
        rehearse,
        hold,
        release,
        help,
        status,
        privacy,
    )
)
