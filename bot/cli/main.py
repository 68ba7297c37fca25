"""The command line, one function for each command: run, demo, ask, check, backup, export, backtest and others.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 141 nobody reads the output any more (`runwatch commands |
head -1`). A failure is a sentence on stderr that begins with “runwatch: ”.
"""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from math import isnan
from pathlib import Path
from typing import Any

import click
from typing_extensions import override

from bot import __version__
from bot.cli.ask import ask as answer_once
from bot.cli.check import check as check_setup
from bot.cli.narrow_terminals import is_wide, write_what_the_terminal_knows
from bot.config.settings import Settings, effective, example, load, secrets
from bot.domain.errors import ConfigurationError, RunwatchError
from bot.domain.place import Place
from bot.domain.severity import Sensitivity
from bot.domain.worker import Role
from bot.messages.model import Tone
from bot.service.application import COMMANDS, command_table, require_a_token
from bot.service.lifetime import serve
from bot.service.logs import Redactor, configure

_EXIT_FAILED, _EXIT_MISUSED, _EXIT_UNREAD = 1, 2, 141  # 141 is what a shell says of a broken pipe: 128 + SIGPIPE


def main() -> None:
    """Run the command line; exit 0 when done, 1 when it failed, 2 for wrong usage or configuration, 141 when unread."""
    write_what_the_terminal_knows()
    try:
        cli.main(prog_name="runwatch", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as misuse:
        misuse.show()
        sys.exit(_EXIT_MISUSED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_EXIT_FAILED)
    except (RunwatchError, ExceptionGroup) as error:
        failure = _runwatch_error(error)
        if failure is None:
            raise
        _print_error(failure)
        sys.exit(_EXIT_MISUSED if isinstance(failure, ConfigurationError) else _EXIT_FAILED)
    except OSError as error:  # the disk is full, there is no directory for temporary files, …
        _forget_output()
        where = f" ({error.filename})" if error.filename else ""
        _print_error(RunwatchError(f"{error.strerror or error}{where}"))
        sys.exit(_EXIT_FAILED)


def _forget_output() -> None:
    """Let what is still buffered go to /dev/null: else the interpreter fails once more when it exits."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _runwatch_error(error: Exception) -> RunwatchError | None:
    """Return our own error, out of the groups that tasks put it into; None for any other."""
    while isinstance(error, ExceptionGroup):  # the first failure ended the others, and says why
        error = error.exceptions[0]
    return error if isinstance(error, RunwatchError) else None


def _is_broken_pipe(error: Exception) -> bool:
    failure = _runwatch_error(error)
    return isinstance(failure.__cause__ if failure else error, BrokenPipeError)


class _Program(click.Group):
    """The group of commands. Where nobody reads any more what one prints, it exits with 141 and without a message."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, RunwatchError, ExceptionGroup) as error:
            if not _is_broken_pipe(error):
                raise
            _forget_output()
            sys.exit(_EXIT_UNREAD)


def _print_error(error: Exception) -> None:
    for sentence in str(error).splitlines():
        click.echo(f"runwatch: {sentence}", err=True)


class _SpeedType(click.FloatRange):
    """A range of floats without NaN, which is neither below a range nor above it."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if isnan(number):
            self.fail(f"{value!r} is no number.", param, ctx)
        return number


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="runwatch")
def cli() -> None:
    """Watch crypto exchanges for the signs of a run, and tell Discord and Telegram."""


@cli.command()
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="all",
    show_default=True,
    help="Which part of the work this process does. Several processes share one REDIS_URL (docs/scaling.md).",
)
def run(role: str) -> None:
    """Run the bot with the settings from the environment and .env."""
    settings = _settings()
    require_a_token(settings)
    asyncio.run(serve(settings, Role(role)))


@cli.command()
@click.option(
    "--episode", default="binance-2022", show_default=True, help="Episode to replay, e.g. ftx-2022 (docs/episodes.md)."
)
@click.option(
    "--speed",
    type=_SpeedType(0.1, 10_000),
    default=None,
    help="Simulated hours per second, as far as the bot can keep up.",
)
def demo(episode: str, speed: float | None) -> None:
    """Replay a real run on an exchange, with this terminal as the chat."""
    from bot.cli.demo import play  # noqa: PLC0415 — rich takes time to import, and only some commands need it

    configure("error", "auto", ())  # the terminal is the chat here, and no place for log lines
    asyncio.run(play(episode, timedelta(hours=speed) if speed else None))


@cli.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
def ask(question: tuple[str, ...], *, as_json: bool) -> None:
    """Answer one question without a chat, e.g. ask "/reserves binance"."""
    from bot.chat.terminal import document_text, message_to_json, plain_text  # noqa: PLC0415 — as above

    settings = _settings(level="error")  # what is printed is the answer, and may be piped into a JSON parser
    answer = asyncio.run(answer_once(settings, " ".join(question)))
    if as_json:
        click.echo(json.dumps(message_to_json(answer.message), ensure_ascii=not is_wide(sys.stdout)))
    else:
        click.echo(plain_text(answer.message, answer.now))
        if document := answer.message.document:
            click.echo(document_text(document), nl=False)
    if answer.failed:
        sys.exit(_EXIT_FAILED)


@cli.command()
def check() -> None:
    """Show the settings in force (secrets masked), try every connection and name every problem."""
    try:
        settings = _settings(level="error")
    except ConfigurationError as error:
        _print_error(error)
        sys.exit(_EXIT_FAILED)
    for name, value in effective(settings):
        click.echo(f"{name}={value}")
    findings = asyncio.run(check_setup(settings))
    redactor = Redactor(secrets(settings))
    for finding in findings:
        sentence = redactor.clean(finding.sentence)
        click.echo(f"runwatch: {sentence}" if finding.is_problem else sentence, err=finding.is_problem)
    if problems := sum(finding.is_problem for finding in findings):
        click.echo("1 problem found." if problems == 1 else f"{problems} problems found.")
        sys.exit(_EXIT_FAILED)
    click.echo("No problems found.")


@cli.command("take-over")
@click.option("--yes", is_flag=True, help="Do it. Without this option it only says what would happen.")
def take_over(*, yes: bool) -> None:
    """Hand the data of another bot over to the bots whose tokens are set."""
    from bot.cli.take_over import take_over as give_store  # noqa: PLC0415 — as above

    if not asyncio.run(give_store(_settings(level="error"), confirmed=yes, say=click.echo)):
        sys.exit(_EXIT_FAILED)


@cli.command()
def repair() -> None:
    """Repair the private server's data: cut off what cannot be read, and keep a copy."""
    from bot.cli.repair import repair as repair_data  # noqa: PLC0415 — as above

    click.echo(asyncio.run(repair_data(_settings(level="error"))))


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
def backup(file: Path) -> None:
    """Save everything the bot remembers to a file (- for standard output). The bot may keep running."""
    from bot.cli.backup import write_backup  # noqa: PLC0415 — as above

    say = partial(click.echo, err=str(file) == "-")
    asyncio.run(write_backup(_settings(level="error"), file, say))


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option("--replace", is_flag=True, help="Delete what the database holds now.")
def restore(file: Path, *, replace: bool) -> None:
    """Restore a backup (- for standard input). Stop the bot first."""
    from bot.cli.backup import restore_backup  # noqa: PLC0415 — as above

    asyncio.run(restore_backup(_settings(level="error"), file, click.echo, replace=replace))


_FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


class _PlaceType(click.ParamType["Place"]):
    """A place as exports name it: `telegram:-1001234567890`."""

    name = "place"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        try:
            return Place.parse(str(value))
        except ValueError:
            self.fail(f"{value!r} is no place such as telegram:-1001234567890 or discord:123.", param, ctx)


@cli.command("export")
@click.argument("file", type=_FILE)
@click.option("--place", "places", type=_PlaceType(), multiple=True, help="Only this place; may be given again.")
def export_settings(file: Path, places: tuple[Place, ...]) -> None:
    """Save what places have set into a file (- is standard output), beside a running bot."""
    from bot.cli.export_settings import write_export  # noqa: PLC0415 — as above

    say = partial(click.echo, err=str(file) == "-")
    asyncio.run(write_export(_settings(level="error"), file, say, places))


@cli.command("import")
@click.argument("file", type=_FILE)
@click.option("--place", "places", type=_PlaceType(), multiple=True, help="Only this place; may be given again.")
@click.option("--to", type=_PlaceType(), help="Where the one place of the file goes, instead of its own address.")
@click.option("--preview", is_flag=True, help="Only say what would change.")
@click.option("--yes", is_flag=True, help="Do not ask, also on a terminal.")
def import_settings(file: Path, places: tuple[Place, ...], to: Place | None, *, preview: bool, yes: bool) -> None:
    """Read a file of export or /export back (- is standard input), beside a running bot; says first what changes."""
    from bot.cli.import_settings import ImportOptions, read_import  # noqa: PLC0415 — as above

    asks = sys.stdin.isatty() and not yes
    options = ImportOptions(places, to, only_preview=preview)
    done = read_import(_settings(level="error"), file, click.echo, options, click.confirm if asks else _yes)
    if not asyncio.run(done):
        sys.exit(_EXIT_FAILED)


def _yes(_: str) -> bool:
    return True


def _span_start(context: click.Context, option: click.Parameter, written: str | None) -> datetime | None:
    """Return the moment that `--from` names, in UTC: ISO 8601; a bare day stands for its first moment."""
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        example = "2022-12-01 or 2022-12-01T06:00Z"
        raise click.BadParameter(f"{written!r} is no day and no moment such as {example}.", context, option) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _span_end(context: click.Context, option: click.Parameter, written: str | None) -> datetime | None:
    """Return the moment that `--to` names; a bare day stands for its last moment."""
    moment = _span_start(context, option, written)
    is_day = written is not None and len(written) == len("2022-12-01")
    return moment + timedelta(days=1, microseconds=-1) if moment and is_day else moment


@cli.command()
@click.argument("file", type=_FILE)
def verify(file: Path) -> None:
    """Check an inclusion proof as /verify does (- is standard input), without a chat or a connection."""
    from bot.chat.terminal import plain_text  # noqa: PLC0415 — as above
    from bot.cli.verify import check_file  # noqa: PLC0415 — as above

    message = asyncio.run(check_file(file))
    click.echo(plain_text(message, datetime.now(UTC)))
    if message.tone is Tone.TROUBLE:
        sys.exit(_EXIT_FAILED)


@cli.command()
@click.option(
    "--data",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="Directory with <slug>.json (bodies of GET /protocol/{slug}), and <slug>.withdrawals.jsonl where known.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line on stdout, and nothing else.")
@click.option(
    "--preset",
    type=click.Choice([sensitivity.value for sensitivity in Sensitivity]),
    default="normal",
    show_default=True,
)
@click.option(
    "--from",
    "since",
    callback=_span_start,
    help="Start judging on this day or moment (UTC); earlier data is used as baseline.",
)
@click.option("--to", "until", callback=_span_end, help="Stop judging after this day or moment (UTC).")
@click.option("--compare", is_flag=True, help="Also run simpler rules for comparison, and show how each did.")
@click.option(
    "--windows", is_flag=True, help="With --json: also a line for every reading, with its flow in each window."
)
def backtest(  # noqa: PLR0913 — what the command line lets one say
    directory: Path,
    *,
    as_json: bool,
    preset: str,
    since: datetime | None,
    until: datetime | None,
    compare: bool,
    windows: bool,
) -> None:
    """Replay saved history through the live rules, and list the alerts that would have been sent."""
    from bot.backtest.command import Backtest, BacktestOptions  # noqa: PLC0415 — as above

    options = BacktestOptions(
        directory, Sensitivity(preset), since, until, as_json=as_json, compare=compare, windows=windows
    )
    Backtest(options, out=click.echo, err=partial(click.echo, err=True)).run()


@cli.command()
@click.option("--markdown", is_flag=True, help="Print the README's table.")
def commands(*, markdown: bool) -> None:
    """List the chat commands."""
    click.echo(
        command_table() if markdown else "\n".join(f"{command.usage}  {command.description}" for command in COMMANDS)
    )


@cli.command("settings")
def settings_example() -> None:
    """Print every setting with its meaning and default (the text of .env.example)."""
    click.echo(example(), nl=False)


@cli.command("replay-server")
@click.option("--episode", default="binance-2022", show_default=True, help="Episode to serve (docs/episodes.md).")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8181, show_default=True)
@click.option(
    "--speed",
    type=_SpeedType(0, 10_000),
    default=None,
    help="Simulated hours per second; 0 stays at the start.",
)
def replay_server(episode: str, host: str, port: int, speed: float | None) -> None:
    """Serve an episode in the formats of DefiLlama and the exchanges, and print the settings to use it."""
    from bot.cli.demo import serve_episode  # noqa: PLC0415 — as above

    configure("info", "auto", ())
    asyncio.run(serve_episode(episode, host, port, None if speed is None else timedelta(hours=speed)))


@cli.command("episode-data")
@click.option("--episode", default="binance-2022", show_default=True, help="Episode to write (docs/episodes.md).")
@click.option("--to", "directory", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--hourly", is_flag=True, help="Also write the hourly points of the live phase.")
def episode_data(episode: str, directory: Path, *, hourly: bool) -> None:
    """Write an episode's bodies in DefiLlama's own format, for `backtest --data`."""
    from bot.replay.episodes.catalogue import find_episode  # noqa: PLC0415 — as above
    from bot.replay.export import write_bodies  # noqa: PLC0415 — as above

    chosen = find_episode(episode)
    paths = write_bodies(chosen, directory, hourly=hourly)
    click.echo(f"{len(paths)} files of {chosen.id} ({chosen.label}) in {directory}")


def _settings(*, level: str | None = None) -> Settings:
    """Return the settings, and set up the log so that it masks every secret in them."""
    settings = load(os.environ)
    configure(level or settings.log_level, settings.log_format, secrets(settings))
    return settings
