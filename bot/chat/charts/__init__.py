"""Turns pictures (`bot/messages/pictures.py`) into PNG files, in a process of its own.

`painter` is what the platforms ask, `painter_process` what runs in the process; `layout`, `axes`, `palette` and
`drawing`, which know matplotlib, are imported there alone, so that the bot's own memory stays as it is.
"""
