"""Writes the access page: the template with the style and the script inside.

The page forbids itself the network (`Content-Security-Policy`), so that whatever a policy or a name contains cannot
send anything anywhere.
https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from automation.page.model import Page
from automation.reporting.files import output_file, write_at_once

_FOLDER = Path(__file__).parent
OPENED = 40
"""Up to this many accounts the tree is open from the start."""


def page_file(given: str) -> Path:
    """The absolute path of the page that the user asked for. Raises `UsageError` if it cannot be written there."""
    return output_file("--html", given, (".html",))


def render(page: Page) -> str:
    """The page as HTML."""
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    templates = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["moment"] = lambda moment: moment.strftime("%Y-%m-%d %H:%M UTC")
    return templates.get_template("page.html.j2").render(
        page=page,
        opened=sum(1 for _ in page.root.all_accounts()) <= OPENED,
        # Their own text, not a user's.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy=(
            f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
            "base-uri 'none'; form-action 'none'"
        ),
    )


def write(file: Path, page: Page) -> None:
    """Write the page to `file`, for this user alone: it says who may do what. Raises `UsageError`."""
    write_at_once("the page", file, render(page), 0o600)


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
