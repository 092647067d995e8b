"""Text as it may be shown: what others named moves no cursor, starts no line, fills no screen.

Names, paths and values that a message quotes are other people's text. They are written as they
are, except that characters which are not printable stand as their escapes.
"""

from __future__ import annotations

MOST = 200
"""Characters that a message quotes of one thing."""


def visible(text: str) -> str:
    """A text on one line, with an escape for whatever is not printable."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def quoted(thing: object, most: int = MOST) -> str:
    """A name, a path or a value as a message quotes it: on one line, its middle left out if long.

    Args:
        thing: what is quoted.
        most: the characters that are left of it.
    """
    text = str(thing)
    if len(text) <= most:
        return visible(text)
    half = most // 2
    return f"{visible(text[:half])} ... {visible(text[-half:])}"


def shown_lines(text: str) -> str:
    """A message of several lines, with an escape for whatever else is not printable."""
    return "\n".join(map(visible, text.split("\n")))
