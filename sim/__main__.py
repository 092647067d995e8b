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
    from sim.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
