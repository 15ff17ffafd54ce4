"""Every error that a user can cause: what is wrong, where, why it matters, and the line that fixes it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self, TypeVar

_Error = TypeVar("_Error", bound="AttributionError")


_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
LESS_MEMORY = 'engine=at.Stream(memory="1GB")'
"""The setting with which work on a log needs less memory."""
FEWER_COLUMNS = "give the table as Parquet files, of which only the columns that are needed are read"
"""What to do where there is no such setting."""


class AttributionError(Exception):
    """Base of every error that this library raises on purpose.

    The message is assembled from facts, so that a person reads all of them and a script can pick the
    ones it needs from the attributes.

    Parameters
    ----------
    problem
        What is wrong, in one sentence that contains the offending value.
    column
        The column (or configuration key) at fault.
    rows
        Positions of the first offending rows, at most five are shown.
    count
        How many rows offend.
    why
        Why it matters: which number would be wrong.
    hint
        The line that fixes it.

    Examples
    --------
    >>> from attribution.errors import LogError
    >>> print(LogError("3 users are null", column="user_id", rows=[4, 9], count=3, hint="log.dropna()"))
    3 users are null (column 'user_id'; 3 rows, first at 4, 9).
      Fix: log.dropna()
    """

    def __init__(
        self,
        problem: str,
        *,
        column: str | None = None,
        rows: Sequence[int] = (),
        count: int | None = None,
        why: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem = problem
        self.column = column
        self.rows = tuple(int(row) for row in list(rows)[:5])
        self.count = count if count is not None else (len(rows) or None)
        self.why = why
        self.hint = hint
        self.parts: tuple[AttributionError, ...] = ()
        super().__init__(self._message())

    @classmethod
    def together(cls, problem: str, parts: Sequence[AttributionError]) -> Self:
        """Return one error that tells several, each with its own column and fix; its facts are the first's.

        Parameters
        ----------
        problem
            What is wrong, in one sentence.
        parts
            The errors.

        Examples
        --------
        >>> print(LogError.together("it has 2 faults", [LogError("no user"), LogError("no time")]))
        it has 2 faults:
          1. no user.
          2. no time.
        """
        error = cls(problem, column=parts[0].column, hint=parts[0].hint)
        error.parts = tuple(parts)
        error.args = (error._message(),)
        return error

    def with_hint(self, hint: str) -> Self:
        """Return the same error with another fix.

        Parameters
        ----------
        hint
            The line that fixes it.
        """
        facts = {**self.__dict__, "hint": hint}
        return _rebuild(type(self), facts)

    def as_a(self, kind: type[_Error]) -> _Error:
        """Return the same facts as an error of another kind, which a function is known to raise.

        Parameters
        ----------
        kind
            An `AttributionError`.

        Examples
        --------
        >>> LogError("3 users are null", column="user_id").as_a(CreditError)
        CreditError("3 users are null (column 'user_id').")
        """
        return _rebuild(kind, dict(self.__dict__))

    def _message(self) -> str:
        if self.parts:
            return "\n".join(
                [f"{self.problem}:", *(f"  {number}. {part}" for number, part in enumerate(self.parts, 1))]
            )
        where = []
        if self.column is not None:
            where.append(f"column {self.column!r}")
        if self.count is not None:
            rows = f"{self.count:,} row{'s' if self.count != 1 else ''}"
            if self.rows:
                rows += f", first at {', '.join(map(str, self.rows))}"
            where.append(rows)
        text = self.problem.rstrip(".") + (f" ({'; '.join(where)})" if where else "") + "."
        if self.why:
            text += f"\n  Why it matters: {self.why}"
        if self.hint:
            from attribution._fixes import said  # ast and tomllib, which only an error needs

            text += "".join(f"\n  {line}" for line in said(self.hint))
        return text

    def say_fix(self, words: Callable[[str], str]) -> None:
        """Say the fix in other words: a reader who writes TOML or types commands has no use for Python.

        Parameters
        ----------
        words
            Takes the hint and returns it in the words of its reader.

        Examples
        --------
        >>> error = AttributionError("3 users are null", hint='invalid="drop"')
        >>> error.say_fix(lambda hint: f"[log] {hint}")
        >>> print(error)
        3 users are null.
          Fix: [log] invalid="drop"
        """
        for part in self.parts:
            part.say_fix(words)
        if self.hint:
            self.hint = self.parts[0].hint if self.parts else words(self.hint)
            self.args = (self._message(),)

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword arguments do not survive pickling (worker processes) by themselves.
        return (_rebuild, (type(self), dict(self.__dict__)))


def _rebuild(kind: type[_Error], facts: dict[str, object]) -> _Error:
    error = kind.__new__(kind)
    error.__dict__.update(facts)
    Exception.__init__(error, error._message())  # noqa: SLF001 (our own class)
    return error


class LogError(AttributionError, ValueError):
    """The touch or conversion log cannot be read, or holds values that have no right reading."""


class JourneyError(AttributionError, ValueError):
    """Journeys cannot be built as asked."""


class NoConversionsError(JourneyError):
    """A job has nothing to credit; what an earlier run wrote stands."""


class ModelError(AttributionError, ValueError):
    """A model is unknown, misconfigured, or needs something that the journeys do not carry."""


class ExperimentError(AttributionError, ValueError):
    """An experiment cannot be planned, assigned or analysed as asked."""


class EngineError(AttributionError, RuntimeError):
    """An engine could not finish: memory, disk, a worker process or the cluster failed it."""


class InUseError(EngineError):
    """Another process is at work on the same folder; later, the same call may well succeed."""


class CreditError(AttributionError, ValueError):
    """Credit and spend cannot be combined or shown as asked."""


class BaselineError(AttributionError, ValueError):
    """A baseline cannot be read, or is of other settings than the result that it is compared with."""


class ConfigError(AttributionError, ValueError):
    """A configuration file is malformed or contradicts itself."""


class OutputError(AttributionError, OSError):
    """An output could not be written; nothing half-written was left behind."""


class DatasetError(AttributionError, ValueError):
    """A sample or a simulation is unknown or impossible."""


@contextmanager
def raised_as(kind: type[_Error], *others: type[AttributionError]) -> Iterator[None]:
    """Raise errors of other kinds as those of one: the same facts, and the same words.

    Parameters
    ----------
    kind
        What the caller's caller expects.
    others
        What the block may raise; by default a `LogError`, as every reader of tables does.

    Examples
    --------
    >>> with raised_as(ExperimentError):
    ...     raise LogError("users: there is no file 'a.csv'")
    Traceback (most recent call last):
    attribution.errors.ExperimentError: users: there is no file 'a.csv'.
    """
    caught = others or (LogError,)
    try:
        yield
    except caught as error:
        raise error.as_a(kind) from error


@contextmanager
def enough_memory(hint: str) -> Iterator[None]:
    """Tell that memory ran out as an error of ours; also a decorator.

    Parameters
    ----------
    hint
        The setting that needs less of it.

    Examples
    --------
    >>> with enough_memory('engine="stream"'):
    ...     raise MemoryError("malloc of size 99 failed")
    Traceback (most recent call last):
    attribution.errors.EngineError: memory ran out (malloc of size 99 failed).
      Fix: engine="stream"
    """
    try:
        yield
    except MemoryError as error:
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        msg = f"memory ran out{f' ({reason})' if reason else ''}"
        raise EngineError(msg, hint=hint) from error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the entry of `known` that `name` most likely misspells, or None.

    Examples
    --------
    >>> nearest("geo 3", ["geo 03", "geo 13"])
    'geo 03'
    """
    by_fold = {str(entry).casefold(): str(entry) for entry in known}
    by_number = {_ZEROS.sub("", fold): entry for fold, entry in by_fold.items()}
    if entry := by_number.get(_ZEROS.sub("", str(name).casefold())):
        return entry
    found = difflib.get_close_matches(str(name).casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None


def unknown_name(what: str, name: object, known: Iterable[str]) -> str:
    """Say that `name` is not one of `known`, with the nearest valid name first.

    Examples
    --------
    >>> unknown_name("model", "markv", ["linear", "markov"])
    "there is no model 'markv'; did you mean 'markov'? Known: 'linear', 'markov'"
    """
    names = [str(entry) for entry in known]
    guess = nearest(str(name), names)
    text = f"there is no {what} {name!r}"
    if guess is not None:
        text += f"; did you mean {guess!r}?"
    shown = ", ".join(repr(entry) for entry in names[:30])
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    separator = " " if guess is not None else "; "
    return f"{text}{separator}Known: {shown or 'none'}{more}"
