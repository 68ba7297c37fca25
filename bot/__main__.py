"""`python -m bot` is `runwatch`."""

from bot.cli import main

main()
