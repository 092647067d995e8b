"""How scenario files are read: YAML 1.2's rules, positions, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.problems import SourcePlace
from sim.scenario.tree import nodes, plain
from sim.scenario.yamltext import MAX_BYTES, MAX_DEPTH, Parsed, parse, read_file


def read(text: str) -> Parsed:
    return parse(text, lambda line, column: SourcePlace("f", line + 1, column + 1), empty="empty")


def value_of(word: str) -> object:
    parsed = read(f"a: [{word}]")
    assert parsed.problems == []
    assert parsed.root is not None
    return plain(parsed.root)["a"][0]


def refusals(text: str) -> list[str]:
    return [str(problem) for problem in read(text).problems]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        *((word, word) for word in ["no", "yes", "on", "off", "y", "NO", "12:30", "1_000", "0b11"]),
        *((word, word) for word in ["2024-01-31", "2024-01-31T06:00:00Z", "=", "tRUE", "0o8"]),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("010", 10),
        ("0o17", 15),
        ("0xfF", 255),
        ("-12", -12),
        ("+3", 3),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
        (".5", 0.5),
        ("5.", 5.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 1", 1.0),
    ],
)
def test_words_follow_the_core_rules_of_yaml_1_2(word: str, value: object) -> None:
    found = value_of(word)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", ["f:3:1: a: given twice, first at f:1:1"]),
        ("a: {x: 1, x: 2}", ["f:1:11: a.x: given twice, first at f:1:5"]),
        (
            "b: 1\n<<: {a: 1}\n",
            ["f:2:1: merge keys (<<) are not supported; use 'extends'"],
        ),
        (
            "1: a\ntrue: b\n~: c\n? [x]\n: d\n",
            [
                "f:1:1: a knob's name must be text; quote it: '1'",
                "f:2:1: a knob's name must be text; quote it: 'true'",
                "f:3:1: a knob's name must be text; quote it: '~'",
                "f:4:3: a knob's name must be text, not a list or a mapping",
            ],
        ),
        (
            "a: .inf\nb: -.INF\nc: .nan\nd: 1e999\ne: 9223372036854775808\nf: 0x" + "f" * 5000,
            [
                "f:1:4: a: must be a finite number (found .inf)",
                "f:2:4: b: must be a finite number (found -.INF)",
                "f:3:4: c: must be a finite number (found .nan)",
                "f:4:4: d: must be a finite number (found 1e999)",
                "f:5:4: e: the number is too large",
                "f:6:4: f: the number is too large",
            ],
        ),
        ("a: !!python/name:os.system x", ["f:1:4: a: tags such as !!python/name:os.system"]),
        ("a: !mine {b: 1}", ["f:1:4: a: tags such as !mine are not supported"]),
        ("a: !!int x", ["f:1:4: a: expected a whole number, found 'x'"]),
        ('a: "\\0"', ["f:1:4: a: has a character that no database can store"]),
        ('a: "\\ud800"', ["f:1:4: a: has a character that no database can store"]),
        ('a: "\\Uffffffff"', ["f:1:7: an escape stands for no character"]),
        ("a:\n\tb: 1\n", ["f:2:1: tabs cannot be used here; indent with spaces"]),
        ("a: 1\nb: \x01\n", ["f:2:4: the character #x0001 is not allowed"]),
        ("a: 1\n b: 2\n", ["f:2:3: not YAML: mapping values are not allowed here"]),
        ("a: [1\n", ["f:2:1: not YAML: expected ',' or ']'"]),
        ("a: *x\n", ["f:1:4: not YAML: found undefined alias 'x'"]),
        ("a: 1\n---\nb: 2\n", ["f:2:1: a scenario is one document; there is a second one here"]),
        ("", ["f:1:1: empty"]),
        ("# nothing\n", ["f:1:1: empty"]),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(text: str, expected: list[str]) -> None:
    found = refusals(text)
    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_aliases_stand_for_their_values() -> None:
    parsed = read("a: &x {b: [1, 2]}\nc: *x\n")
    assert parsed.root is not None
    assert plain(parsed.root) == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}}


def _laughs(levels: int) -> str:
    first = "x0: &x0 [l, l, l, l, l, l, l, l, l, l]"
    others = (f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, levels))
    return "\n".join([first, *others])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_laughs(9), "more than 50,000 values"),
        (f"a: &a {'x' * 1000}\nb: [{'*a, ' * 2000}]", "more than 50,000 values"),
        (f"a: [{'1,' * 150_000}]", "more than 50,000 values"),
        ("a: &x [*x]", f"nested more than {MAX_DEPTH} levels deep"),
        ("a: &x {b: *x}", f"nested more than {MAX_DEPTH} levels deep"),
        ("a: " + "[" * 100_000, f"nested more than {MAX_DEPTH} levels deep"),
        ("a: " + "{b: " * 10_000, f"nested more than {MAX_DEPTH} levels deep"),
    ],
)
def test_bombs_are_refused(text: str, message: str) -> None:
    (problem,) = read(text).problems
    assert problem.message.startswith(message)
    assert problem.line <= 9


def test_places_of_names_and_values() -> None:
    parsed = read("a: 1\nb:\n  - x\n  - c:   d\n")
    assert parsed.root is not None
    places = {path: (node.key, node.at) for path, node in nodes(parsed.root)}
    assert places == {
        (): (None, SourcePlace("f", 1, 1)),
        ("a",): (SourcePlace("f", 1, 1), SourcePlace("f", 1, 4)),
        ("b",): (SourcePlace("f", 2, 1), SourcePlace("f", 3, 3)),
        ("b", 0): (None, SourcePlace("f", 3, 5)),
        ("b", 1): (None, SourcePlace("f", 4, 5)),
        ("b", 1, "c"): (SourcePlace("f", 4, 5), SourcePlace("f", 4, 10)),
    }


@given(st.one_of(st.text(), st.text(" \n\t:-[]{},&*!|>'\"%#?@`ab1.~<=\\ux\0\ufeff\x85")))
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    parsed = read(text)
    assert (parsed.root is None) <= bool(parsed.problems)
    for problem in parsed.problems:
        assert problem.line >= 1
        assert problem.column >= 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: \xff\n", "f.yaml:1:4: not UTF-8 text"),
        (b"a: 1\nb\xe9: 2\n", "f.yaml:2:2: not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "f.yaml:1:1: not UTF-8 text"),
        (b"", "f.yaml:1:1: the file is empty"),
        (b"---\n", "f.yaml:2:1: a scenario is a mapping of knobs ('knob: value')"),
        (b"- a\n", "f.yaml:1:1: a scenario is a mapping of knobs ('knob: value')"),
        (b"#" * (MAX_BYTES + 1), "f.yaml:1:1: larger than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_scenario(
    content: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.yaml").write_bytes(content)
    (problem,) = read_file(Path("f.yaml")).problems
    assert str(problem) == message


def test_paths_that_are_no_file(tmp_path: Path) -> None:
    found = [
        read_file(path).problems[0].message
        for path in (tmp_path / "none.yaml", tmp_path, Path("a\0b"), tmp_path / ("x" * 300))
    ]
    assert found == [
        "no such file",
        "this is a directory, not a scenario file",
        "cannot be read: embedded null byte",
        "cannot be read: File name too long",
    ]


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: [\n")
    assert read_file(path).problems[0].line == 2
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    root = read_file(path).root
    assert root is not None
    assert plain(root) == {"a": 1}
