"""The command line: run · demo · ask · check · commands · settings · replay-server · episode-data."""

import asyncio
import json
import os
import sys
from datetime import timedelta
from pathlib import Path

import click

from bot import __version__, app, asking, config, logs, service
from bot.domain.errors import ConfigurationError, RunwatchError

_FAILED, _MISUSED = 1, 2


def main() -> None:
    """Run the command line; exit 0 when done, 1 when it failed, 2 for wrong usage or configuration."""
    try:
        cli.main(prog_name="runwatch", standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as misuse:
        misuse.show()
        sys.exit(_MISUSED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_FAILED)
    except ConfigurationError as error:
        _complain(error)
        sys.exit(_MISUSED)
    except RunwatchError as error:
        _complain(error)
        sys.exit(_FAILED)


def _complain(error: Exception) -> None:
    click.echo(f"runwatch: {error}", err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="runwatch")
def cli() -> None:
    """Watch crypto exchanges for the signs of a run, and tell Discord and Telegram."""


@cli.command()
@click.option("--role", type=click.Choice(["all"]), default="all", help="Which part of the work this process does.")
def run(role: str) -> None:
    """Run the service with the settings of the environment and .env."""
    settings = _settings()
    app.require_a_token(settings)
    asyncio.run(service.serve(settings))


@cli.command()
@click.option("--episode", default="binance-2022", show_default=True, help="What to replay.")
@click.option("--speed", type=float, default=None, help="Simulated hours a second.")
def demo(episode: str, speed: float | None) -> None:
    """Replay a real run on an exchange, with this terminal as the chat."""
    from bot.demo import play  # noqa: PLC0415 — the terminal's pictures are loaded only where they are drawn

    logs.configure("error", "auto", ())
    asyncio.run(play(episode, timedelta(hours=speed) if speed else None))


@cli.command()
@click.argument("question", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as one JSON object.")
def ask(question: tuple[str, ...], *, as_json: bool) -> None:
    """Ask one question, e.g. ask "/reserves binance"."""
    from bot.chat.terminal import message_to_json, plain_text  # noqa: PLC0415 — as above

    settings = _settings(level="error")
    answer = asyncio.run(asking.ask(settings, " ".join(question)))
    if as_json:
        click.echo(json.dumps(message_to_json(answer.message), ensure_ascii=False))
    else:
        click.echo(plain_text(answer.message, answer.now))
    if answer.failed:
        sys.exit(_FAILED)


@cli.command()
def check() -> None:
    """Show the effective configuration, secrets masked, and every problem with it."""
    settings = _settings(level="error")
    for name, value in config.effective(settings):
        click.echo(f"{name}={value}")
    problems = asyncio.run(asking.problems(settings))
    for problem in problems:
        _complain(ConfigurationError(problem))
    if problems:
        sys.exit(_FAILED)
    click.echo("No problems found.")


@cli.command()
@click.option("--markdown", is_flag=True, help="As the table in the README.")
def commands(*, markdown: bool) -> None:
    """List the chat commands."""
    click.echo(
        app.command_table() if markdown else "\n".join(f"{one.usage}  {one.description}" for one in app.COMMANDS)
    )


@cli.command("settings")
def settings_example() -> None:
    """Print every setting with its meaning and default, as in .env.example."""
    click.echo(config.example(), nl=False)


@cli.command("replay-server")
@click.option("--episode", default="binance-2022", show_default=True, help="What to serve.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8181, show_default=True)
@click.option("--speed", type=float, default=None, help="Simulated hours a second; 0 stands still at the start.")
def replay_server(episode: str, host: str, port: int, speed: float | None) -> None:
    """Serve an episode in DefiLlama's own format, as a stand-in for DEFILLAMA_URL."""
    from bot.demo import serve_episode  # noqa: PLC0415 — as above

    logs.configure("info", "auto", ())
    asyncio.run(serve_episode(episode, host, port, None if speed is None else timedelta(hours=speed)))


@cli.command("episode-data")
@click.option("--episode", default="binance-2022", show_default=True, help="What to write.")
@click.option("--to", "directory", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--hourly", is_flag=True, help="Hourly points of the live phase as well.")
def episode_data(episode: str, directory: Path, *, hourly: bool) -> None:
    """Write an episode's bodies in DefiLlama's own format, for `backtest --data`."""
    from bot.replay.catalogue import episode as find_episode  # noqa: PLC0415 — as above
    from bot.replay.export import write_bodies  # noqa: PLC0415 — as above

    story = find_episode(episode)
    written = write_bodies(story, directory, hourly=hourly)
    click.echo(f"{len(written)} files of {story.id} ({story.label}) in {directory}")


def _settings(*, level: str | None = None) -> config.Settings:
    """Return the settings, with the log set up so that no line of it can hold a secret."""
    settings = config.load(os.environ)
    logs.configure(level or settings.log_level, settings.log_format, config.secrets(settings))
    return settings
