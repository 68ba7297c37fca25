"""`python -m bot` is `runwatch`."""

import gc


def main() -> None:
    """Import everything without looking for garbage meanwhile, which would take a fifth of the start; then begin."""
    gc.disable()
    from bot.cli.main import main as begin  # noqa: PLC0415 — see above

    gc.freeze()
    gc.enable()
    begin()


if __name__ == "__main__":
    main()
