"""The commands, one file per topic: each is a function from a request to a message, without any vendor or state.

Its name, docstring and annotations are the command as people see it, on Discord, on Telegram and in the terminal.
"""

from bot.commands.declaration import CommandSet
from handlers.about import help, status  # noqa: A004 — the command's name is what people type
from handlers.alert_tests import test
from handlers.approvals import approve
from handlers.chart import chart
from handlers.comparison import compare
from handlers.drills import drill
from handlers.incidents import incidents, why
from handlers.mutes import mute, unmute
from handlers.news import news
from handlers.porting import export, import_
from handlers.privacy import privacy
from handlers.proofs import por
from handlers.rehearsal import rehearse
from handlers.reserves import exchanges, flows, reserves, top
from handlers.settings import settings
from handlers.stress import stress
from handlers.subscription_list import subscriptions
from handlers.subscriptions import subscribe, unsubscribe
from handlers.suppressions import hold, release
from handlers.verification import verify
from handlers.withdrawals import withdrawals

COMMANDS = CommandSet(
    (
        reserves,
        flows,
        top,
        compare,
        chart,
        exchanges,
        withdrawals,
        news,
        stress,
        por,
        incidents,
        why,
        verify,
        drill,
        subscribe,
        unsubscribe,
        subscriptions,
        mute,
        unmute,
        settings,
        test,
        approve,
        export,
        import_,
        rehearse,
        hold,
        release,
        help,
        status,
        privacy,
    )
)
