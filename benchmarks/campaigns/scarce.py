"""What the system refuses: room, writing, memory, handles, streams; and other surroundings."""

from __future__ import annotations

import os
import random
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from benchmarks.campaigns import rows
from benchmarks.campaigns.ground import Ground, finish, made_whole, outlives, start
from benchmarks.campaigns.kills import Result

FULL = ("full", "No space", "room", "disk", "too large")


@contextmanager
def _disk(folder: Path, megabytes: float) -> Iterator[Path]:
    """A disk in memory that is as small as that; only root may make one."""
    folder.mkdir(exist_ok=True)
    size = f"size={int(megabytes * 1024)}k,mode=1777"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _enlarge(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=2g", folder], check=True)


def disk_full(ground: Ground, chance: random.Random, what: str) -> Result:
    """No room for the databases, for the server's, or for temporary files; then there is."""
    store = "postgresql" if what == "postgresql" else "sqlite"
    whole, _ = ground.whole(store)
    megabytes = chance.uniform(
        *{"sqlite": (0.1, 5), "postgresql": (8.5, 18), "TMPDIR": (0.01, 1)}[what]
    )
    with ground.place("sqlite") as outer, _disk(outer.folder / "small", megabytes) as small:
        space, options = f"space_{outer.folder.name.replace('-', '_')}", ""
        if what == "postgresql":
            (small / "data").mkdir(mode=0o777)
            os.chmod(small / "data", 0o777)  # noqa: S103, PTH101 - of the server's user
            import pwd

            owner = Path(ground.server.pgdata).stat().st_uid
            os.chown(small / "data", owner, pwd.getpwuid(owner).pw_gid)
            ground.sql(f"CREATE TABLESPACE {space} LOCATION '{small / 'data'}'")
            options = f"TABLESPACE {space}"
        try:
            with ground.place(store, options) as place:
                if what == "sqlite":
                    (place.folder / "out").symlink_to(small)
                env = (
                    {"TMPDIR": str(small), "SQLITE_TMPDIR": str(small)} if what == "TMPDIR" else {}
                )
                done = finish(start(place.run("--retry", "0"), place.folder, env=env))
                faults = done.faults(0, 1, 2)
                if done.code and not any(word in done.text for word in FULL):
                    faults.append(f"does not say that the disk is full: {done.text[-300:]!r}")
                _enlarge(small)
                faults += made_whole(place, whole)
        finally:
            if what == "postgresql":
                with suppress(Exception):
                    ground.sql(f"DROP TABLESPACE {space}")
    return f"{what}, {megabytes:.1f} MB", f"exit {done.code}", faults


def read_only(ground: Ground, chance: random.Random) -> Result:
    """A folder that nobody may write into: one sentence, nothing left, exit code 1 or 2."""
    commands: dict[str, list[str]] = {
        "run --out": ["--out", "ro/x"], "run --log-dir": ["--log-dir", "ro/logs"],
        "verify": ["verify", "ro/out"], "report": ["report", "ro/out"],
        "wipe": ["wipe", "ro/out", "--confirm"],
        "report -o": ["report", "ro/out", "-o", "ro/page.html"],
    }  # fmt: skip
    name = chance.choice(list(commands))
    with ground.place("sqlite") as place, _disk(place.folder / "ro", 2000) as disk:
        args = commands[name]
        if args[0].startswith("--"):
            args = [*place.run(), *args]
        else:
            made = [word if word != "out" else "ro/out" for word in place.run()]
            finish(start(made, place.folder))
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        done = finish(start(args, place.folder))
        faults = done.faults(0) if name == "verify" else done.faults(1, 2)
    return name, f"exit {done.code}", faults


def limited(ground: Ground, chance: random.Random, what: str) -> Result:
    """Too few handles, too little memory, files that may not grow; then the limit is gone."""
    number, least, most = {
        "RLIMIT_FSIZE": (resource.RLIMIT_FSIZE, 2_000, 2_500_000),
        "RLIMIT_NOFILE": (resource.RLIMIT_NOFILE, 7, 24),
        "RLIMIT_AS": (resource.RLIMIT_AS, 300_000_000, 1_200_000_000),
    }[what]
    limit = chance.randint(least, most)
    whole, _ = ground.whole("sqlite")
    with ground.place("sqlite") as place:
        more = ("--workers", chance.choice("12"))
        before = partial(resource.setrlimit, number, (limit, limit))
        env = {"OPENBLAS_NUM_THREADS": "1"}  # else it takes what there is
        process = start(place.run(*more), place.folder, before, env)
        done = finish(process)
        faults = done.faults(0, 1, 2) + outlives(process) + made_whole(place, whole, *more)
    return f"{what} {limit}, {more[1]} workers", f"exit {done.code}", faults


SURROUNDINGS: tuple[dict[str, str], ...] = (
    {"TZ": "Pacific/Kiritimati"}, {"TZ": "America/St_Johns"}, {"TZ": "no/where"},
    {"TZ": "XXX-14:59"}, {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "C"}, {"LC_ALL": "de_DE.UTF-8"},
    {"LANG": "POSIX", "LC_ALL": ""}, {"PYTHONHASHSEED": "1"},
    {"PYTHONHASHSEED": "99", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1:strict", "LC_ALL": "C"}, {"PYTHONOPTIMIZE": "2"},
    {"PYTHONDEVMODE": "1"}, {"COLUMNS": "1"}, {"TERM": "dumb", "NO_COLOR": "1"},
    {"FORCE_COLOR": "1"}, {"HOME": "/nowhere"}, {"TMPDIR": "/nowhere"},
    {"PGTZ": "Asia/Kathmandu"}, {"PGDATESTYLE": "German"}, {"PGCLIENTENCODING": "LATIN1"},
    {"PGOPTIONS": "-c extra_float_digits=0 -c intervalstyle=iso_8601 -c bytea_output=escape"},
    {"PGOPTIONS": "-c search_path=nowhere"}, {"PGOPTIONS": "-c standard_conforming_strings=off"},
)  # fmt: skip


def surrounded(ground: Ground, chance: random.Random) -> Result:
    """Another time zone, language, terminal: the same rows."""
    env = chance.choice(SURROUNDINGS)
    store = "postgresql" if any(name.startswith("PG") for name in env) else "sqlite"
    whole, _ = ground.whole(store)
    with ground.place(store) as place:
        done = finish(start(place.run("--workers", chance.choice("12")), place.folder, env=env))
        faults = done.faults(0)
        if not faults:
            faults = [
                f"not equal: {name}" for name in rows.differences(whole, rows.sums(place.urls))
            ]
    return f"{store}, {env}", f"exit {done.code}", faults


def _closed(*numbers: int) -> Callable[[], None]:
    def close() -> None:
        for number in numbers:
            os.close(number)

    return close


def streams(ground: Ground, chance: random.Random) -> Result:
    """Streams that are closed, full, or read by nobody: the rows are whole in the end."""
    how = chance.choice(("no stdout", "no stderr", "no stdin", "none", "full stdout", "full stderr",
                         "nobody reads", "nobody reads stderr"))  # fmt: skip
    whole, _ = ground.whole("sqlite")
    with ground.place("sqlite") as place:
        closed = {"no stdout": (1,), "no stderr": (2,), "no stdin": (0,), "none": (0, 1, 2)}.get(
            how
        )
        gone, end = os.pipe()
        os.close(gone)
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            out = (
                full if how == "full stdout" else end if how == "nobody reads" else subprocess.PIPE
            )
            err = full if how == "full stderr" else end if "stderr" in how else subprocess.PIPE
            before = _closed(*closed) if closed else None
            process = start(place.run(), place.folder, before, stdout=out, stderr=err)
            os.close(end)
            done = finish(process)
        unheard = how in ("none", "no stderr", "full stderr", "nobody reads stderr", "nobody reads")
        faults = [] if unheard and done.code == 1 else done.faults(0, 1, 120)
        faults += outlives(process) + made_whole(place, whole)
    return how, f"exit {done.code}", faults
