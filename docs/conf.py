"""Sphinx: the pages of this folder, and the names that ``import sim`` promises.

pip install --require-hashes -r requirements/all.lock
python -m sphinx -W -b html docs build/docs
"""

from sim.core.version import __version__

project = "Smoltflow"
author = "the Smoltflow maintainers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
include_patterns = ["*.md"]
html_theme = "alabaster"
html_theme_options = {"description": "A salmon company, simulated", "fixed_sidebar": True}

myst_heading_anchors = 3
autodoc_typehints = "none"  # a docstring says what its arguments are
autodoc_member_order = "bysource"
napoleon_use_rtype = False
napoleon_use_ivar = True
