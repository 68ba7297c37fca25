"""The command line: run · demo · ask · check · backtest · commands · settings · replay-server · episode-data."""

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
from bot.cli.ask import problems as configuration_problems
from bot.config.settings import Settings, effective, example, load, secrets
from bot.domain.errors import ConfigurationError, RunwatchError
from bot.domain.severity import Sensitivity
from bot.domain.worker import Role
from bot.service.application import COMMANDS, command_table, require_a_token
from bot.service.lifetime import serve
from bot.service.logs import configure

_FAILED, _MISUSED, _UNREAD = 1, 2, 141


def main() -> None:
    """Run the command line; exit 0 when done, 1 when it failed, 2 for wrong usage or configuration, 141 when unread."""
    try:
        cli.main(prog_name="runwatch", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as misuse:
        misuse.show()
        sys.exit(_MISUSED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_FAILED)
    except (RunwatchError, ExceptionGroup) as error:
        ours = _is_ours(error)
        if ours is None:
            raise
        _complain(ours)
        sys.exit(_MISUSED if isinstance(ours, ConfigurationError) else _FAILED)


def _is_ours(error: Exception) -> RunwatchError | None:
    """Return the failure that has a sentence, out of the groups that tasks put it into; None for any other."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, RunwatchError) else None


def _is_of_a_broken_pipe(error: Exception) -> bool:
    ours = _is_ours(error)
    return isinstance(ours.__cause__ if ours else error, BrokenPipeError)


class _Program(click.Group):
    """The commands; where nobody reads any more what one prints, it ends without a word, as a shell says 141."""

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, RunwatchError, ExceptionGroup) as error:
            if not _is_of_a_broken_pipe(error):
                raise
            # What is still to be written goes nowhere, else the interpreter complains of it at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(_UNREAD)


def _complain(error: Exception) -> None:
    for sentence in str(error).splitlines():
        click.echo(f"runwatch: {sentence}", err=True)


class _SpeedType(click.FloatRange):
    """A range of floats without the float that is no number."""

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
    type=click.Choice([one.value for one in Role]),
    default="all",
    show_default=True,
    help="Which part of the work this process does; several processes share one REDIS_URL (docs/scaling.md).",
)
def run(role: str) -> None:
    """Run the service with the settings of the environment and .env."""
    settings = _settings()
    require_a_token(settings)
    asyncio.run(serve(settings, Role(role)))


@cli.command()
@click.option("--episode", default="binance-2022", show_default=True, help="What to replay.")
@click.option(
    "--speed",
    type=_SpeedType(0.1, 10_000),
    default=None,
    help="Simulated hours a second, as far as the bot can follow.",
)
def demo(episode: str, speed: float | None) -> None:
    """Replay a real run on an exchange, with this terminal as the chat."""
    from bot.cli.demo import play  # noqa: PLC0415 — the terminal's pictures are loaded only where they are drawn

    configure("error", "auto", ())
    asyncio.run(play(episode, timedelta(hours=speed) if speed else None))


@cli.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
def ask(question: tuple[str, ...], *, as_json: bool) -> None:
    """Ask one question, e.g. ask "/reserves binance"."""
    from bot.chat.terminal import message_to_json, plain_text  # noqa: PLC0415 — as above

    settings = _settings(level="error")
    answer = asyncio.run(answer_once(settings, " ".join(question)))
    if as_json:
        click.echo(json.dumps(message_to_json(answer.message), ensure_ascii=False))
    else:
        click.echo(plain_text(answer.message, answer.now))
    if answer.failed:
        sys.exit(_FAILED)


@cli.command()
def check() -> None:
    """Show the effective configuration, secrets masked, and every problem with it."""
    try:
        settings = _settings(level="error")
    except ConfigurationError as error:
        _complain(error)
        sys.exit(_FAILED)
    for name, value in effective(settings):
        click.echo(f"{name}={value}")
    problems = asyncio.run(configuration_problems(settings))
    for problem in problems:
        _complain(ConfigurationError(problem))
    if problems:
        sys.exit(_FAILED)
    click.echo("No problems found.")


def _opening(context: click.Context, option: click.Parameter, written: str | None) -> datetime | None:
    """Read a moment in UTC as ISO 8601 writes it; a bare day is its first moment."""
    if written is None:
        return None
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        example = "2022-12-01 or 2022-12-01T06:00Z"
        raise click.BadParameter(f"{written!r} is no day and no moment such as {example}.", context, option) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _closing(context: click.Context, option: click.Parameter, written: str | None) -> datetime | None:
    """Read a moment that closes a span; a bare day is its last moment."""
    found = _opening(context, option, written)
    is_day = written is not None and len(written) == len("2022-12-01")
    return found + timedelta(days=1, microseconds=-1) if found and is_day else found


@cli.command()
@click.option(
    "--data",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="Holds <slug>.json, bodies of GET /protocol/{slug}, and <slug>.withdrawals.jsonl where known.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout, and nothing else there.")
@click.option(
    "--preset",
    type=click.Choice([sensitivity.value for sensitivity in Sensitivity]),
    default="normal",
    show_default=True,
)
@click.option(
    "--from", "since", callback=_opening, help="Judge from this day or moment on (UTC); what is earlier teaches."
)
@click.option("--to", "until", callback=_closing, help="Judge up to this day or moment (UTC), included.")
@click.option("--compare", is_flag=True, help="Run naive rules beside ours, and say how each did.")
def backtest(  # noqa: PLR0913 — what the command line lets one say
    directory: Path, *, as_json: bool, preset: str, since: datetime | None, until: datetime | None, compare: bool
) -> None:
    """Say what would have been told of a past kept as files: the live rules, with the clock of the data."""
    from bot.backtest.command import Backtest, BacktestOptions  # noqa: PLC0415 — as above

    order = BacktestOptions(directory, Sensitivity(preset), since, until, as_json=as_json, compare=compare)
    Backtest(order, out=click.echo, err=partial(click.echo, err=True)).run()


@cli.command()
@click.option("--markdown", is_flag=True, help="As the table in the README.")
def commands(*, markdown: bool) -> None:
    """List the chat commands."""
    click.echo(
        command_table() if markdown else "\n".join(f"{command.usage}  {command.description}" for command in COMMANDS)
    )


@cli.command("settings")
def settings_example() -> None:
    """Print every setting with its meaning and default, as in .env.example."""
    click.echo(example(), nl=False)


@cli.command("replay-server")
@click.option("--episode", default="binance-2022", show_default=True, help="What to serve.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8181, show_default=True)
@click.option(
    "--speed",
    type=_SpeedType(0, 10_000),
    default=None,
    help="Simulated hours a second; 0 stands still at the start.",
)
def replay_server(episode: str, host: str, port: int, speed: float | None) -> None:
    """Serve an episode in DefiLlama's own format, as a stand-in for DEFILLAMA_URL."""
    from bot.cli.demo import serve_episode  # noqa: PLC0415 — as above

    configure("info", "auto", ())
    asyncio.run(serve_episode(episode, host, port, None if speed is None else timedelta(hours=speed)))


@cli.command("episode-data")
@click.option("--episode", default="binance-2022", show_default=True, help="What to write.")
@click.option("--to", "directory", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--hourly", is_flag=True, help="Hourly points of the live phase as well.")
def episode_data(episode: str, directory: Path, *, hourly: bool) -> None:
    """Write an episode's bodies in DefiLlama's own format, for `backtest --data`."""
    from bot.replay.episodes.catalogue import episode as find_episode  # noqa: PLC0415 — as above
    from bot.replay.export import write_bodies  # noqa: PLC0415 — as above

    story = find_episode(episode)
    written = write_bodies(story, directory, hourly=hourly)
    click.echo(f"{len(written)} files of {story.id} ({story.label}) in {directory}")


def _settings(*, level: str | None = None) -> Settings:
    """Return the settings, with the log set up so that no line of it can hold a secret."""
    settings = load(os.environ)
    configure(level or settings.log_level, settings.log_format, secrets(settings))
    return settings
