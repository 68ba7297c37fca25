"""`python -m bot` is the command `runwatch`: it imports the command line and runs it."""

import gc

from bot.service.memory import keep_no_large_blocks
from bot.without_rich import rich_absent


def main() -> None:
    """Run the command line, with the garbage collector switched off while its modules are imported.

    Importing makes very many objects and hardly any garbage; searching them for garbage again and again would take
    a fifth of the time from start to first answer.

    Large blocks go back from the first import on, not only once a worker starts: importing reads compiled modules of up
    to 500 KB as a whole and frees them. That is 0.8 MB of an idle bot.
    """
    keep_no_large_blocks()
    gc.disable()
    with rich_absent():
        import structlog  # noqa: F401, PLC0415 — before the others do, which would bring rich
    from bot.cli.main import main as run_command_line  # noqa: PLC0415 — imported only once the collector is off

    gc.freeze()  # modules live as long as the process: no later collection needs to look through them
    gc.enable()
    run_command_line()


if __name__ == "__main__":
    main()
