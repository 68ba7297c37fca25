"""Child processes of our own interpreter, for work that must not stop the event loop: decoding and drawing.

`spawning` is for the bot, `resource_limits` for the child, which imports no asyncio: that takes as long to import as a
small body takes to decode.
"""
