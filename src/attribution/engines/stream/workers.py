"""Worker processes that apply one function to many jobs, and what happens when one of them dies."""

from __future__ import annotations

import os
import pickle
import pickletools
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from attribution._threads import VARIABLE
from attribution.engines.stream.worker import out_of_memory
from attribution.errors import EngineError

_POLL = 0.2  # seconds between looks at ctrl-C while workers are busy


class Workers:
    """Processes that each hold one function and answer jobs; a context that ends them.

    Parameters
    ----------
    function
        Sent once to every process; it and the jobs must survive pickling.
    n
        How many processes.
    """

    def __init__(self, function: bytes, n: int) -> None:
        self._function = function
        self._processes = [_start() for _ in range(n)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)

    def map(self, jobs: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield (number of the job, answer) as answers come.

        Raises
        ------
        AttributionError
            What a job raised; or EngineError if a process died.
        """
        waiting: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        for number in range(len(jobs)):
            waiting.put(number)
        answers: queue.SimpleQueue[tuple[int, bool, Any]] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._serve, args=(process, jobs, waiting, answers), daemon=True)
            for process in self._processes
        ]
        for thread in threads:
            waiting.put(None)
            thread.start()
        for _ in jobs:
            number, good, answer = _next(answers)
            if not good:
                raise answer
            yield number, answer

    def _serve(
        self,
        process: subprocess.Popen[bytes],
        jobs: Sequence[Any],
        waiting: queue.SimpleQueue[int | None],
        answers: queue.SimpleQueue[tuple[int, bool, Any]],
    ) -> None:
        """Hand jobs to one process until there are none."""
        assert process.stdin is not None
        assert process.stdout is not None
        number = -1
        try:
            _exchange(process, ("function", self._function))
            while True:
                following = waiting.get()
                if following is None:
                    return
                number = following
                good, answer = _exchange(process, ("job", jobs[number]))
                answers.put((number, good, answer))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            answers.put((number, False, _died(process, error)))
        except Exception as error:  # noqa: BLE001 - raised by the thread that waits
            answers.put((number, False, error))


def _start() -> subprocess.Popen[bytes]:
    """Start a process that can import what this one can, and takes no library from the working directory."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(_import_path()),
        # One processor each: threads of numerical libraries would only fight for them.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        VARIABLE: "1",
    }
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "attribution.engines.stream.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # ctrl-C in a terminal reaches the parent alone
        )
    except OSError as error:
        msg = f"cannot start a worker process: {error.strerror}"
        raise EngineError(msg, hint="at.Stream(processes=1)") from error


def _import_path() -> list[str]:
    """Return where a worker looks for modules: where this process does, but for the working directory.

    A file called ``queue.py`` or ``sitecustomize.py`` in the folder where a schedule runs is not executed.
    """
    ours = Path(__file__).absolute().parents[2]
    return [path for path in sys.path if path and (Path(path) == ours or not _is_here(path))]


def _is_here(path: str) -> bool:
    try:
        return Path(path).samefile(Path())
    except OSError:
        return False


def _exchange(process: subprocess.Popen[bytes], message: tuple[str, Any]) -> tuple[bool, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    pickle.dump(message, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
    process.stdin.flush()
    good, answer = pickle.load(process.stdout)  # noqa: S301 - from our own worker
    if message[0] == "function" and not good:
        raise answer
    return good, answer


def _next(answers: queue.SimpleQueue[tuple[int, bool, Any]]) -> tuple[int, bool, Any]:
    while True:
        try:
            return answers.get(timeout=_POLL)  # in slices, so that ctrl-C is heard on every system
        except queue.Empty:
            continue


def _died(process: subprocess.Popen[bytes], error: Exception) -> EngineError:
    """Return the error of a process that ended without an answer."""
    try:
        code = process.wait(5)
    except subprocess.TimeoutExpired:
        return EngineError(f"a worker process stopped answering ({error})", hint="at.Stream(processes=1)")
    if code == -signal.SIGKILL:
        return out_of_memory("it was killed, as the system does when memory runs short")
    reason = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    return EngineError(f"a worker process died: {reason}", hint="at.Stream(processes=1)")


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:  # it holds what the dead process never read
        return


def sendable(function: Callable[..., Any]) -> bytes | None:
    """Return the function pickled, or None if another process could not make it out.

    What a notebook or a script defines itself lives in ``__main__``, which is another module there, and
    nothing of the working directory is imported there.
    """
    if not sys.executable:
        return None
    try:
        data = pickle.dumps(function, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError):
        return None
    texts = {text for _, text, _ in pickletools.genops(data) if isinstance(text, str)}
    return None if any(name == "__main__" or _only_here(name) for name in texts) else data


def _only_here(name: str) -> bool:
    """Return whether a module, if it is one, was found in the working directory."""
    top = name.partition(".")[0]
    file = getattr(sys.modules.get(top), "__file__", None) if name in sys.modules else None
    if file is None or top == __name__.partition(".")[0]:
        return False
    found = Path(file)
    return _is_here(str(found.parents[1 if found.name == "__init__.py" else 0]))
