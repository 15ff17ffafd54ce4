"""A picture put into the page itself, so that the page asks for nothing."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from attribution.errors import CreditError

MOST_BYTES = 256 * 1024
_STARTS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_HINT = 'logo="...", the path of a PNG, JPEG or SVG file'


def data_uri(path: str | os.PathLike[str]) -> str:
    """Return a picture as a ``data:`` URI.

    The kind is told by the content, not by the name. A browser runs no script of an SVG that is shown as a
    picture, and the page's policy lets it load nothing.

    Parameters
    ----------
    path
        A PNG, JPEG or SVG file of at most 256 KiB.

    Raises
    ------
    CreditError
        If the file cannot be read, is too large, or is none of the three.
    """
    try:
        file = Path(path)
        size = file.stat().st_size
        content = file.read_bytes() if size <= MOST_BYTES else b""
    except (OSError, TypeError, ValueError) as error:
        msg = f"cannot read the logo {path!s}: {getattr(error, 'strerror', None) or error}"
        raise CreditError(msg, column="logo", hint=_HINT) from error
    if size > MOST_BYTES:
        msg = f"the logo {file} has {size:,} bytes, more than {MOST_BYTES:,}"
        why = "it is put into the page itself"
        raise CreditError(msg, column="logo", why=why, hint="a PNG of 400 pixels' width, or an SVG")
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return _uri(kind, content)
    if b"<svg" in content[:4096]:
        return _uri("image/svg+xml", content)
    msg = f"the logo {file} is neither PNG, JPEG nor SVG"
    raise CreditError(msg, column="logo", hint=_HINT)


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
