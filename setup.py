"""Names the packages; everything else that a build needs stands in pyproject.toml.

That file can list packages or have them found, but not both: found are those of the code, and
``sim.shipped`` is the folder ``scenarios``.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["sim", "sim.*", "persistence", "persistence.*"]),
        "sim.shipped",
    ]
)
