"""Run a Markdown page: its Python blocks in one namespace, its commands, its outputs compared."""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from attribution import cli

FENCE = re.compile(r"^```(?P<language>[a-z]*)[^\n]*\n(?P<text>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"#\s*(\S+\.toml)\s*$", re.MULTILINE)
LENIENT = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, text, the number of the line before its text, and what stands between
    it and the block before."""

    language: str
    text: str
    line: int
    between: str


def blocks(page: str) -> Iterator[Block]:
    end = 0
    for match in FENCE.finditer(page):
        line = page.count("\n", 0, match.start("text"))
        yield Block(match["language"], match["text"], line, page[end : match.start()])
        end = match.end()


def run_page(path: Path, make_targets: set[str]) -> None:
    """Run every block of a page, in order, in the working directory.

    - ``python``: executed; what it prints and the value of its last expression are its output.
    - ``text`` directly under a block that ran: must equal that block's output, white space aside
      (``...`` stands for anything).
    - ``bash``: ``attribution ...`` runs in this process and must exit with 0; ``make ...`` must name a
      target; ``pip install`` is left to the reader. Any other command is an error.
    - ``toml``: must parse; written to the working directory where its first line is ``# name.toml``.
    """
    namespace: dict[str, object] = {"__name__": f"page:{path.stem}"}
    output: str | None = None
    for block in blocks(path.read_text(encoding="utf-8")):
        where = f"{path.name}:{block.line + 1}"
        if block.language == "python":
            output = run_python(block, path, namespace)
        elif block.language == "bash":
            output = "".join(run_command(line, make_targets, where) for line in commands(block.text))
        elif block.language == "toml":
            tomllib.loads(block.text)
            if (name := NAMED.match(block.text)) is not None:
                Path(name[1]).write_text(block.text, encoding="utf-8")
        elif block.language == "text" and output is not None and not block.between.strip():
            same = doctest.OutputChecker().check_output(block.text, output, LENIENT)
            assert same, f"{where}: the page says\n{block.text}\nbut the code gives\n{output}"
            output = None
        else:
            output = None


def run_python(block: Block, path: Path, namespace: dict[str, object]) -> str:
    tree = ast.parse("\n" * block.line + block.text, str(path))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, str(path), "exec"), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), str(path), "eval"), namespace)
            if value is not None:
                printed.write(f"{value!r}\n")
    return printed.getvalue()


def commands(text: str) -> list[str]:
    """Return the commands of a shell block: continued lines joined, comments and prompts taken off."""
    lines = text.replace("\\\n", " ").splitlines()
    plain = (re.sub(r"\s+#.*|^#.*", "", line.removeprefix("$ ")).strip() for line in lines)
    return [line for line in plain if line]


def run_command(line: str, make_targets: set[str], where: str) -> str:
    program, *arguments = shlex.split(line)
    if program == "attribution":
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            try:
                code = cli.main(arguments)
            except SystemExit as leave:
                code = leave.code
        assert not code, f"{where}: `{line}` exits with {code}"
        return printed.getvalue()
    if program == "make":
        unknown = [word for word in arguments if "=" not in word and word not in make_targets]
        assert not unknown, f"{where}: no such target: {unknown}"
        return ""
    assert line.startswith("pip install"), f"{where}: a command that no test runs: {line}"
    return ""
