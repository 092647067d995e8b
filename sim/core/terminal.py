"""The terminal: how text is printed there.

Everything that is printed with rich goes through a console of :func:`make_console`, for which text
is text: ``[/b]`` and ``:fish:`` in a name are letters. What shall have a style is a ``Text``.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from sim.core.showing import shown_lines


class _PlainConsole(Console):
    """A console that finds no markup and no emoji in a text, and shows what is not printable."""

    def render_str(self, text: str, **how: Any) -> Text:
        """A text as it is."""
        return super().render_str(shown_lines(text), **{**how, "markup": False, "emoji": False})


def make_console(*, stderr: bool = False, least_width: int | None = None, **how: Any) -> Console:
    """The terminal, or the file or pipe in its place.

    Args:
        stderr: whether messages go there, not data.
        least_width: characters of a line where nobody sees how wide it is: a file or pipe.
        how: what else rich's console takes.
    """
    made = _PlainConsole(stderr=stderr, highlight=False, markup=False, emoji=False, **how)
    if least_width is not None and not made.is_terminal:
        made.width = max(made.width, least_width)
    return made
