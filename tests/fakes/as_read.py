"""Text as people read it: a no-break space looks like a blank, and a word joiner like nothing."""


def as_read(text: str) -> str:
    """Return text without the characters that keep a number, its sign and its unit on one line."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{WORD JOINER}", "")
