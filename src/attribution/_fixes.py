"""The grammar of a fix: which parts of a hint are code, and in which language."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["keywords", "call", "statement", "toml", "shell", "words"]

_APART = re.compile(r"(,? or |; )")
_SHELL = (
    "attribution ",
    "pip install ",
    "export ",
    "--",
    "spark-submit ",
    "chmod ",
    "mkdir ",
    "rm -r ",
    "ls -l ",
)
_TABLE = re.compile(r"^(\[{1,2}[A-Za-z_.]+\]{1,2})(?:\s+(.*))?$", re.DOTALL)
_KEYWORDS = re.compile(r"^[A-Za-z_]\w*=(?![= ])")


@dataclass(frozen=True)
class Part:
    """One part of a hint.

    Attributes
    ----------
    kind
        ``"keywords"`` are arguments for the call that failed (``buckets=256``), ``"call"`` is a call to make
        instead, where ``...`` stands for what was given (``at.read_log(..., invalid="drop")``),
        ``"statement"`` changes a table before the call is made again, ``"toml"`` and ``"shell"`` are lines
        of those doors. ``"words"`` is what no code can do.
    text
        The part as it stands.
    node
        Its syntax tree, where it is Python.
    before
        What joins it to the part before it, such as ``", or "``.
    note
        What is said about the code behind it, as in ``first=0.4 for forty percent``.
    """

    kind: Kind
    text: str
    node: ast.AST | None = field(default=None, compare=False)
    before: str = ""
    note: str = ""

    @property
    def function(self) -> str:
        """The name of the function or method that a call calls; for keywords it is empty."""
        call = self.node
        if not isinstance(call, ast.Call) or self.kind == "keywords":
            return ""
        return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")

    @property
    def keywords(self) -> Mapping[str, ast.expr]:
        """The arguments that a call names."""
        call = self.node
        if not isinstance(call, ast.Call):
            return {}
        return {word.arg: word.value for word in call.keywords if word.arg is not None}


def parts_of(hint: str) -> tuple[Part, ...]:
    """Return the alternatives and steps of a hint, each with its language.

    Examples
    --------
    >>> [(part.kind, part.text) for part in parts_of('buckets=256, or at.Markov(order=1)')]
    [('keywords', 'buckets=256'), ('call', 'at.Markov(order=1)')]
    >>> [part.kind for part in parts_of("leave one of them out; it says nothing")]
    ['words']
    """
    whole = _part(hint)
    if whole.kind != "words":
        return (whole,)
    pieces = _APART.split(hint)
    found: list[Part] = []
    start = 0
    while start < len(pieces):
        for end in range(len(pieces), start, -2):  # the longest run of pieces that is code
            part = _part("".join(pieces[start:end]).strip())
            if part.kind != "words":
                break
        else:
            end, part = start + 1, _with_note(pieces[start])
        before = pieces[start - 1] if start else ""
        if part.kind == "words" and found and found[-1].kind == "words":
            last = found.pop()
            part, before = Part("words", f"{last.text}{before}{part.text}"), last.before
        found.append(replace(part, before=before))
        start = end + 1
    return tuple(found)


def said(hint: str) -> list[str]:
    """Return what a message says of a hint: code behind ``Fix:``, and what is no code under another word.

    Examples
    --------
    >>> said('at.read_log(..., hash_bits=64), or the ids as integers')
    ['Fix: at.read_log(..., hash_bits=64)', 'Or: the ids as integers']
    >>> said("write the file again")
    ['To do: write the file again']
    """
    if "in Python, before the run: " in hint:  # the steps behind it belong together
        return [f"Fix: {hint}"]
    parts = parts_of(hint)
    words = [part for part in parts if part.kind == "words"]
    if not words:
        return [f"Fix: {hint}"]
    if len(words) == len(parts):
        return [f"To do: {hint}"]
    code = [part for part in parts if part.kind != "words"]
    line = "".join(f"{part.before if place else ''}{part.text}{part.note}" for place, part in enumerate(code))
    first = parts.index(code[0])  # what is said before any code is to be tried before it
    lines = [f"{'Or' if 'or' in part.before else 'To do'}: {part.text}" for part in words]
    before = sum(parts.index(part) < first for part in words)
    label = "Or" if before and "or" in code[0].before else "Fix"
    return [*lines[:before], f"{label}: {line}", *lines[before:]]


def _with_note(text: str) -> Part:
    """Return the code that a text begins with and what is said about it; all of it as words without code."""
    for space in reversed([found.start() for found in re.finditer(" ", text)]):
        code = text[:space].rstrip(",:")
        part = _part(code)
        if part.kind != "words":
            return replace(part, note=text[len(code) :])
    return Part("words", text)


def _part(text: str) -> Part:
    if text.startswith(_SHELL):
        return Part("shell", text)
    if _KEYWORDS.match(text):
        call = _expression(f"_({text})")
        if isinstance(call, ast.Call) and call.keywords and not call.args:
            return Part("keywords", text, call)
    if is_toml(text):
        return Part("toml", text)
    node = _expression(text)
    if isinstance(node, ast.Call):
        return Part("call", text, node)
    if " = " not in text:
        return Part("words", text)
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return Part("words", text)
    if (
        module.body
        and all(map(_does, module.body))
        and any(not isinstance(one, ast.Expr) for one in module.body)
    ):
        return Part("statement", text, module)
    return Part("words", text)


def _does(line: ast.stmt) -> bool:
    """Whether a line of Python does something, rather than being words that happen to parse."""
    if isinstance(line, ast.Expr):
        return isinstance(line.value, ast.Call)
    if isinstance(line, ast.Assign):
        return not isinstance(line.value, ast.Tuple) and not isinstance(line.value, ast.Name)
    return isinstance(line, ast.Import | ast.ImportFrom)


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def is_toml(text: str) -> bool:
    """Whether a line is one of a configuration file, as in ``[log] invalid = "drop"``."""
    found = _TABLE.match(text)
    lines = f"{found[1]}\n{found[2] or ''}" if found else text
    if not found and not re.match(r"^[A-Za-z_]\w* = ", text):
        return text.startswith("{name = ") and is_toml(f"model = {text}")
    try:
        tomllib.loads(lines)
    except tomllib.TOMLDecodeError:
        return False
    return True


def toml_value(value: Any) -> str:
    """Return a Python value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml_value(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(entry) for entry in value) + "]"
    if isinstance(value, int | float):
        return repr(value)
    msg = f"TOML has no {type(value).__name__}"
    raise TypeError(msg)
