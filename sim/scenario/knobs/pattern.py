"""The pattern of batch numbers: words, and a few fields in braces."""

from __future__ import annotations

import re
from string import Formatter

_WORDS = "code"
_NUMBERS = frozenset({"year", "week", "n"})
_NUMBER = re.compile(r"0?[0-9]{0,2}d?")
"""How a number may be written: with zeros or blanks up to a width of two digits."""


def checked_pattern(pattern: str) -> str:
    """A pattern that makes a name of a batch's code, year, week and number.

    Raises:
        ValueError: it would not.
    """
    refusal = ValueError(f"'{pattern[:60]}' is not a pattern of code, year, week and n")
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        raise refusal from None
    for _, field, form, conversion in parts:
        if field is None:
            continue
        words = field == _WORDS and not form
        numbers = field in _NUMBERS and _NUMBER.fullmatch(form or "")
        if conversion or not (words or numbers):
            raise refusal
    if not pattern.strip():
        raise ValueError("must have at least 1 character (found none)")
    return pattern


def has_week(pattern: str) -> bool:
    """Whether a batch's week stands in its name."""
    return any(field == "week" for _, field, _, _ in Formatter().parse(pattern))
