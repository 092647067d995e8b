"""Reports: what a study or a run found, as one page that can be read without anything else.

A page is made in two steps. :mod:`.study` and :mod:`.run` work out what it says: sections of
sentences, tables with the numbers behind them, and pictures that know how to draw themselves
(:mod:`.page`). :mod:`.html` draws the pictures and sets the page. The first step needs neither
matplotlib nor jinja2, so the numbers alone (``report --json``) come without them. The same results
give the same bytes.
"""
