"""Makes the recorded files anew: ``python -m tests.golden``."""

from tests.golden import make

make()
