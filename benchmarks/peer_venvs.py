"""An environment of its own for each peer, made once under a cache folder.

Peers pin what does not go together, so they do not share one. A peer that cannot be installed or imported
is reported with the reason, and the others run.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "attribution-benchmarks"


@dataclass(frozen=True)
class Peer:
    """A package to compare with: what tables call it, what installs it, what must import."""

    name: str
    requirements: tuple[str, ...]
    module: str


# matplotlib is imported by the first and the last, and declared by neither.
PEERS = (
    Peer("ChannelAttribution", ("ChannelAttribution==2.2.5", "matplotlib"), "ChannelAttribution"),
    Peer("mam", ("marketing-attribution-models==2.1.1",), "mam"),
    Peer("do-attribution", ("do-attribution==0.0.2",), "do_attribution"),
    Peer("mta", ("mta==0.0.9",), "mta"),
    Peer("shapley-attribution", ("shapley-attribution==2.1.0", "matplotlib"), "shapley_attribution"),
)


class UnavailableError(RuntimeError):
    """A peer cannot be installed or imported; the message says why."""


def python_of(peer: Peer, cache: Path = CACHE) -> str:
    """Return the Python of the peer's environment, made if it is not there.

    Raises
    ------
    UnavailableError
        With the last line of what pip or the import said.
    """
    home = cache / "-".join(requirement.replace("==", "-") for requirement in peer.requirements)
    python = str(home / "bin" / "python")
    if not Path(python).exists():
        _call([sys.executable, "-m", "venv", str(home)])
    if not (home / "installed").exists():
        _call([python, "-m", "pip", "install", "--quiet", *peer.requirements])
        _call([python, "-c", f"import {peer.module}"])
        (home / "installed").touch()
    return python


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        raise UnavailableError((errors or lines)[-1].strip())
