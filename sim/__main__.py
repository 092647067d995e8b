"""``python -m sim``: the command line."""

from __future__ import annotations

import sys

from sim.core.requirements import without_packages


def main() -> None:
    """Run the command line, or say what it lacks."""
    lack = without_packages(sys.argv[1:])
    if lack is not None:
        print(f"smoltflow: {lack}", file=sys.stderr)
        sys.exit(2)
    try:
        from sim.cli import main as command_line

        command_line()
    except (ImportError, MemoryError, OSError, RuntimeError) as error:
        # Too little memory shows itself where a library is loaded, or a fault is about to be told.
        from sim.core.system_errors import in_words

        told = in_words(error)
        if told is None:
            raise
        print(f"smoltflow: {told}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
