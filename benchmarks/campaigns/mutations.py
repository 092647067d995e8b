"""Ways to spoil a file or a command line."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

Place = tuple[str | int, ...]

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7, 10**9, 2**31, 2**63, 10**400, -(10**30), 0.0, -0.0, 0.5,
    1e-300, 1e300, float("nan"), float("inf"), float("-inf"), "", " ", "no", "1e3", "0x10",
    "12:30", "1_000", "2024-02-30", "0001-01-01", "9999-12-31", "1969-12-31", "2024-01-01",
    "2024-01-01T00:00:00+25:00", "x" * 70_000, "é" * 300, "\u202eabc", "\u0000",
    "\u0007\u001b[31m", "\ud7ff\U0010ffff", "a/b", "../..", "[/red]", "$\\frac{x$", "<script>",
    "'; DROP TABLE x; --", "{code.x}", "{n[0]}", "{n:0999999999d}", "%s", "{", "}", [], {}, [[]],
    [None], [1, [2, [3]]], {"": 1}, {"a": {"b": {}}}, {1: 2}, list(range(3000)),
    {f"k{number}": number for number in range(300)},
)  # fmt: skip
"""What is put into a place: wrong types, tiny and huge, odd texts, deep and wide."""

SNIPPETS = (
    "\t", "\x00", "\x07", "\ufeff", "\u2028", "'", '"', ": ", "- ", "&a ", "*a",
    "!!python/object:os.system ", "!!binary ", "!!set ", "? ", "| ", "> ", "%YAML 1.3\n",
    "---\n", "...\n", "{", "}", "[", "]", "<<: ", "#", "\n", ",", "é", "\U0001f41f", "!!float ",
    "!!timestamp ", "@", "`", "9" * 5000, "[" * 2000, "{a: " * 500,
)  # fmt: skip
"""What is put into a text."""

BOMB = "".join(
    f"b{level}: &b{level} [{', '.join(['*b%d' % (level - 1)] * 9) if level else 'lol'}]\n"  # noqa: UP031
    for level in range(12)
)  # fmt: skip
"""Nine to the twelfth entries in a kilobyte."""


def places(data: Any, before: Place = ()) -> Iterator[Place]:
    """Every place in nested mappings and lists."""
    if isinstance(data, dict):
        inner: list[tuple[Any, Any]] = list(data.items())
    else:
        inner = list(enumerate(data)) if isinstance(data, list) else []
    for key, value in inner:
        yield (*before, key)
        yield from places(value, (*before, key))


def holder(data: Any, place: Place) -> Any:
    """What holds a place."""
    for key in place[:-1]:
        data = data[key]
    return data


def misspelt(word: str, chance: random.Random) -> str:
    """A word with one letter gone, twice, or another."""
    at = chance.randrange(len(word)) if word else 0
    return chance.choice((word[:at] + word[at + 1 :], word[:at] + word[at : at + 1] + word[at:],
                          word[:at] + "q" + word[at + 1 :], word.upper(), f" {word}"))  # fmt: skip


def spoil_value(data: Any, chance: random.Random) -> tuple[str, str]:
    """Spoil a place or two of some data; return how, and the new text in YAML."""
    data = copy.deepcopy(data)
    told = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        place = chance.choice(list(places(data)))
        owner, key = holder(data, place), place[-1]
        way = chance.choice(("value", "value", "value", "scaled", "removed", "misspelt", "moved"))
        if way == "misspelt" and isinstance(key, str):
            owner[misspelt(key, chance)] = owner.pop(key)
        elif way == "removed":
            del owner[key]
        elif way == "moved":
            owner[key] = copy.deepcopy(chance.choice(list(_values(data))))
        elif way == "scaled" and isinstance(owner[key], int | float):
            owner[key] = owner[key] * chance.choice((-1, 0.1, 1.5, 10, 1e3, 1e6, 1e12))
        else:
            owner[key] = chance.choice(VALUES)
        told.append(f"{way} at {'.'.join(map(str, place))}")
        if not data:
            break
    return ", ".join(told), yaml.dump(data, allow_unicode=True, sort_keys=False)


def _values(data: Any) -> Iterator[Any]:
    for place in places(data):
        yield holder(data, place)[place[-1]]


def _insert(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(SNIPPETS) + text[at:]


def _cut(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.choice((1, 5, 100)) :]


def _line_twice(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    return "".join([*lines[: at + 1], lines[at], *lines[at + 1 :]])


def _indent(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(lines))
    lines[at] = chance.choice(("  ", "\t", " ")) + lines[at]
    return "".join(lines)


def _number(text: str, chance: random.Random) -> str:
    found = list(re.finditer(r"-?\d+(\.\d+)?", text))
    one = chance.choice(found)
    new = chance.choice(
        ("0", "-1", "1e400", ".nan", ".inf", "9" * 400, "1e-320", "0b1", "0o17", "1__0", "07")
    )
    return text[: one.start()] + new + text[one.end() :]


def _bomb(text: str, chance: random.Random) -> str:
    return chance.choice((
        BOMB + text, text + BOMB, f"a: &a [*a]\n{text}", f"{text}<<: *nobody\n",
        f"x: &x {{y: *x}}\n{text}", f"name: {'[' * 5000}\n", f"name: {'- ' * 3000}x\n",
        "a: " * 200 + "\n", f"&a {text}", "? " * 3000,
        "name: !!python/object/apply:os.system [true]\n",
    ))  # fmt: skip


def _whole(text: str, chance: random.Random) -> str:
    return chance.choice((
        "", "\n", "#", "null", "[]", "{}", "7", "- a\n- b\n", "\ufeff" + text,
        text.replace("\n", "\r\n"), text.replace("\n", "\r"), text + "---\n" + text,
        text[: len(text) // 2], text * 2, "\x00" * 100, text.swapcase(), "%TAG ! x\n" + text,
        text.replace(":", " :"),
    ))  # fmt: skip


TEXT_WAYS: tuple[Callable[[str, random.Random], str], ...] = (
    _insert, _insert, _cut, _line_twice, _indent, _number, _bomb, _whole,
)  # fmt: skip


def spoil_text(text: str, chance: random.Random) -> tuple[str, str]:
    """Spoil a file's text; return how, and the new text."""
    way = chance.choice(TEXT_WAYS)
    return way.__name__.strip("_"), way(text, chance)


def spoil_bytes(text: str, chance: random.Random) -> bytes:
    """Spoil some bytes, which need be no text any more."""
    data = bytearray(text.encode())
    for _ in range(chance.choice((1, 2, 20))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)
