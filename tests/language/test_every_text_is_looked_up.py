"""Whatever people read is looked up in the catalogue: a sentence that was only written down is found.

What is found wrongly goes into `NOT_FOR_USERS`, with the reason; what has gone from the code has to go from there.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.domain.local_time import Weekday
from bot.domain.place_settings import PlaceSetting
from handlers import COMMANDS
from tests.language.text_scan import Finding, TextScan, error_classes

ROOT = Path(__file__).parent.parent.parent
FOR_PEOPLE = ("bot/messages/", "handlers/", "bot/commands/", "bot/chat/")
"""Where nearly all texts are for people; elsewhere only what makes errors, lines and messages is looked at."""
FOR_OPERATORS = ("bot/cli/", "bot/config/")
"""The command line and the settings: English."""
LANGUAGES_THEMSELVES = "bot/language/"
READ_BY_ASKERS = ("AskerError", "DrawingFailed")
TYPED = frozenset(
    {
        *(command.name for command in COMMANDS),
        *(word for command in COMMANDS for parameter in command.parameters for word in parameter.kind.choices),
        *(parameter.name for command in COMMANDS for parameter in command.parameters if parameter.kind.choices),
        *PlaceSetting,
        *Weekday,
        *("?", "all", "binance", "daily", "es", "ftx-2022", "off", "okx", "on", "private", "until", "weekly", "worse"),
    }
)

_LOG = "an event of the log, or the label of a metric"
_REASON = "the reason of a delivery error, for the log; people read of the obstacle"
_STATUS = "what keeps alerts away: operators alone read it, in /status, ERROR_CHAT and the log"
_BACKTEST = "a reason as backtests print it"
_TERMINAL = "the demo and the command line, in English"
_OPERATOR = "told to the operator"
# File, text (with “*” for whatever follows), and why it is no text for users.
NOT_FOR_USERS = (
    ("bot/messages/obstacles.py", "*", _STATUS),
    ("bot/messages/cards/obstacles.py", "*", _STATUS),
    ("bot/chat/discord/client.py", "*", _STATUS),
    ("bot/chat/discord/shards.py", "*", _STATUS),
    ("bot/chat/telegram/polling.py", "*", _STATUS),
    ("bot/chat/telegram/command_menu.py", "*", _STATUS),
    ("bot/chat/telegram/own_identity.py", "Telegram does not know this token: check TELEGRAM_TOKEN", _STATUS),
    ("bot/chat/discord/errors.py", "*", _REASON),
    ("bot/chat/discord/gateway_client.py", "*", _REASON),
    ("bot/chat/discord/channels.py", "the channel has no valid id", _REASON),
    ("bot/chat/discord/permissions.py", "*", "permissions go by their English names, as in Discord's own documents"),
    ("bot/chat/discord/rate_limits.py", "rate limited", _REASON),
    ("bot/chat/discord/sender.py", "the message has no valid id", _REASON),
    ("bot/chat/telegram/errors.py", "*", _REASON),
    ("bot/chat/telegram/transport.py", "*", _REASON),
    ("bot/chat/telegram/delivery_calls.py", "Telegram refused in passing: {…}", _REASON),
    ("bot/chat/telegram/membership_handler.py", "the bot was blocked", _REASON),
    ("bot/chat/telegram/membership_handler.py", "the bot was removed", _REASON),
    ("bot/chat/discord/interaction_handler.py", "discord answer came too late", _LOG),
    ("bot/chat/discord/interaction_handler.py", "discord answer not delivered", _LOG),
    ("bot/chat/discord/slash_commands.py", "discord command is stale", _LOG),
    ("bot/chat/discord/slash_commands.py", "discord command failed", _LOG),
    ("bot/commands/dispatcher.py", "store away", _LOG),
    ("bot/chat/charts/painter.py", "took too long", _LOG),
    ("bot/chat/charts/painter.py", "from bot.chat.charts.painter_process import main; main()", "a program"),
    ("bot/chat/charts/fonts.py", "DejaVu Sans", "the name of a font"),
    ("bot/chat/telegram/render.py", "<blockquote expandable>{…}</blockquote>", "markup"),
    ("bot/messages/cards/outflow.py", "Withdrawals of {…} major assets are closed; {…} make it critical", _BACKTEST),
    ("bot/messages/cards/outflow.py", "{…}: robust z {…} ≤ {…}", _BACKTEST),
    ("bot/messages/cards/outflow.py", "{…}: {…} of clean reserves ≤ {…}", _BACKTEST),
    ("bot/messages/cards/data_notice.py", "{…} of clean reserves in one step, told from {…} on", _BACKTEST),
    ("bot/messages/cards/data_notice.py", "{…} of clean reserves not reported any more, *", _BACKTEST),
    ("bot/messages/cards/flows.py", "{…}: nothing read yet", _TERMINAL),
    ("bot/messages/cards/flows.py", " at {…}, {…} missing since", _TERMINAL),
    ("bot/messages/cards/about.py", "Figures: {…}, served by a local stand-in for the data source.", _TERMINAL),
    ("bot/messages/cards/about.py", "The clock runs from {…} to {…}; this terminal is the chat.", _TERMINAL),
    ("bot/messages/cards/about.py", "The replay is over. *", _TERMINAL),
    ("bot/messages/cards/about.py", "This worker is {…}.", _STATUS),
    ("bot/messages/cards/about.py", "The database was emptied", _OPERATOR),
    ("bot/messages/cards/about.py", "Somebody flushed it, *", _OPERATOR),
    ("bot/messages/cards/about.py", "All subscriptions, incidents and readings are gone. *", _OPERATOR),
    ("bot/messages/cards/errors.py", "No figures", _TERMINAL),
    ("bot/messages/cards/errors.py", "{…}'s list of exchanges cannot be fetched: {…}.", _TERMINAL),
    ("bot/messages/cards/errors.py", "“runwatch check” (or “make check-settings”) *", _TERMINAL),
    ("bot/messages/cards/porting.py", "file", "the name of an option on Discord"),
    ("bot/messages/cards/inclusion_proof.py", "file", "the name of an option on Discord"),
    ("handlers/porting.py", "file", "the name of an option on Discord"),
    ("handlers/privacy.py", "delete everything here", "typed to confirm"),
    ("handlers/approvals.py", "id {…}", "the id of a person whose name is not known"),
)


@cache
def findings() -> tuple[Finding, ...]:
    """Return what is found in the product, exceptions included, by file and line."""
    trees = {
        str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("bot", "handlers")
        for path in (ROOT / folder).rglob("*.py")
    }
    errors = error_classes(tuple(trees.values()), READ_BY_ASKERS)
    return tuple(sorted(finding for path, tree in trees.items() for finding in found_in(path, tree, errors)))


def found_in(path: str, tree: ast.Module, errors: set[str]) -> list[Finding]:
    if path.startswith((*FOR_OPERATORS, LANGUAGES_THEMSELVES)):
        return []
    scan = TextScan(errors, TYPED, capitals=path.startswith(("bot/messages/", "handlers/")))
    return scan.of_module(path, tree) if path.startswith(FOR_PEOPLE) else scan.of_shown_calls(path, tree)


def excepted(finding: Finding) -> Iterator[tuple[str, str, str]]:
    """Yield the exceptions that a finding is."""
    for exception in NOT_FOR_USERS:
        path, text, _ = exception
        beginning, star, _ = text.partition("*")
        if finding.path == path and (finding.text.startswith(beginning) if star else finding.text == text):
            yield exception


def test_every_text_is_looked_up() -> None:
    left = [finding for finding in findings() if not any(excepted(finding))]

    assert not left, f"{len(left)} texts:\n" + "\n".join(map(str, left))


def test_every_exception_is_still_there() -> None:
    used = {exception for finding in findings() for exception in excepted(finding)}

    assert [exception for exception in NOT_FOR_USERS if exception not in used] == []


@pytest.mark.parametrize(
    ("path", "planted", "text"),
    [
        ("bot/messages/cards/deliveries.py", 'WORDS = "Updated: it got worse."', "Updated: it got worse."),
        ("bot/messages/cards/deliveries.py", 'WORDS = {Tone.GOOD: "fine"}', "fine"),
        ("bot/messages/cards/deliveries.py", 'HEADER = ("Asset", "24 h")', "Asset"),
        ("bot/messages/cards/deliveries.py", 'def f(x): return f"{x} more"', "{…} more"),
        ("bot/messages/cards/deliveries.py", 'def f(x): return f"{x} {\'is\' if x else \'are\'}"', "is"),
        ("bot/messages/cards/deliveries.py", 'def f(x): return tr("{x} closed", x=x or "nothing")', "nothing"),
        ("bot/messages/cards/deliveries.py", 'def f(x): return tr("{x} closed", y=x)', "{x} closed"),
        ("bot/messages/cards/deliveries.py", 'def f(x): return tr("{count} closed")', "{count} closed"),
        ("bot/messages/cards/deliveries.py", 'def f(x): return tr_count("{count} {y}", "{count} {x}", x, x=x)',
         "{count} {y}"),
        ("bot/messages/cards/deliveries.py", 'def f(x):\n if x:\n  return tr("open")\n return "closed"', "closed"),
        ("handlers/health.py", 'BUTTON = Action("undo", "undo 1")', "undo"),
        ("handlers/health.py", 'FIELD = Field("Queue", line("empty"))', "empty"),
        ("handlers/health.py", 'MESSAGE = Message(title="stored", lines=lines("ready" or None))', "ready"),
        ("bot/chat/discord/buttons.py", 'BUTTON = Button(label="Details")', "Details"),
        ("bot/monitoring/poll.py", 'def f(x): raise UnknownExchange(f"unknown: {x}")', "unknown: {…}"),
        ("bot/monitoring/poll.py", 'MESSAGE = Message("Digest")', "Digest"),
    ],
)  # fmt: skip
def test_a_text_that_is_not_looked_up_is_found(path: str, planted: str, text: str) -> None:
    """Each is planted at the end of a module; the module need not exist, for it is not imported."""
    found = found_in(path, ast.parse(planted), {"AskerError", "UnknownExchange"})

    assert text in {finding.text for finding in found}


@pytest.mark.parametrize(
    "planted",
    [
        'WORDS = marked("Updated: it got worse.")',
        '"""A module about something else."""',
        'def f(x): return tr_count("{count} asset is closed", "{count} assets are closed", x)',
        'def f(x): return tr_line("**{name}** is closed", name=bold(x))',
        'def f(x): return f"{tr(\'open\')} · {x}"',
        "def f(x): return tr(x)",
        'def f(x): log.warning("store is away", place=f"the place {x}")',
        'def f(x): raise ValueError(f"no kind of argument for {x}")',
        'BUTTON = Action(tr("Undo"), "subscribe binance", in_place=True)',
        'LINE = line(code("delete everything here"))',
        'EXAMPLES = "/mute binance 4h, /mute 24h, /mute binance until worse"',
        'COMMAND = "runwatch export FILE"',
        'PATTERN = re.compile("(until )?it gets worse")',
        'PATTERN = r"it gets (?P<word>worse)"',
        'def f(x: "the type") -> "of it": return x == "as it was"',
        'class Words(StrEnum):\n WAITS = "waits for incident"',
        'ZONES = {Setting.ZONE: ("Europe/Paris", "22:00-07:00")}',
        'PRICE = line("BTC $20,000 · 14:05 UTC")',
        'NAMES = ("Runwatch", "DefiLlama")',
        'TONE_COLOURS = {Tone.GOOD: "light green"}',
        'LINK = line("https://example.com/some/page")',
    ],
)  # fmt: skip
def test_what_programs_read_and_people_type_is_left_alone(planted: str) -> None:
    assert found_in("bot/messages/cards/deliveries.py", ast.parse(planted), {"AskerError"}) == []


def test_an_error_for_the_asker_is_found_by_its_class() -> None:
    trees = [ast.parse("class Refused(AskerError): pass"), ast.parse("class TwiceRefused(Refused): pass")]

    assert error_classes(trees, ["AskerError"]) == {"AskerError", "Refused", "TwiceRefused"}
