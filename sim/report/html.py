"""Sets a page as one HTML file: pictures within it, no network, no scripts."""

from __future__ import annotations

from pathlib import Path

from sim.report.drawing import need_plots, svg
from sim.report.page import Page

_TEMPLATE = Path(__file__).with_name("page.html")


def render(page: Page) -> str:
    """The page as HTML.

    Raises:
        ModuleNotFoundError: matplotlib or jinja2 is missing; the message says what to install.
    """
    need_plots()
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    # What a template must not escape is drawn here; everything else is.
    pictures = {picture.name: Markup(svg(picture)) for picture in page.pictures()}  # noqa: S704
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(page=page, pictures=pictures)
