"""A worker process of the stream engine: reads jobs from its standard input, writes results to its output.

Started by `workers.Workers` as ``python -m attribution.engines.stream.worker``, not by `multiprocessing`: a
script without ``if __name__ == "__main__"`` and a notebook can then use it too, and no thread is ever forked.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import IO, Any

from attribution.errors import AttributionError, EngineError
from attribution.tables.unreadable import first_line


def main() -> int:
    """Answer jobs until the input ends, which it does when the parent process is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears ctrl-C and decides
    # Results leave by a descriptor of their own: whatever prints here goes to standard error.
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr  # which waits for no full buffer
    try:
        _answer(sys.stdin.buffer, results)
    except (BrokenPipeError, KeyboardInterrupt):
        return 1
    return 0


def _answer(jobs: IO[bytes], results: IO[bytes]) -> None:
    import pyarrow as pa

    pa.set_cpu_count(1)  # the processes share the processors, one each
    function: Any = None
    while True:
        try:
            kind, payload = pickle.load(jobs)  # noqa: S301 - from the parent, through a pipe of ours
        except EOFError:
            return
        answer = None
        try:
            if kind == "function":
                function = pickle.loads(payload)  # noqa: S301
            else:
                answer = function(payload)
            reply = pickle.dumps((True, answer), protocol=pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            reply = pickle.dumps((False, _sendable(error)))
        results.write(reply)
        results.flush()


def _sendable(error: Exception) -> AttributionError:
    if isinstance(error, AttributionError):
        return error
    if isinstance(error, MemoryError):
        return out_of_memory(str(error))
    msg = f"a worker process failed: {type(error).__name__}: {first_line(error)}"
    return EngineError(msg, hint="at.Stream(processes=1) shows where")


def out_of_memory(what: str) -> EngineError:
    """Return the error of a process that had not enough memory."""
    msg = f"a worker process ran out of memory{f' ({what})' if what else ''}"
    return EngineError(
        msg,
        why="a bucket of users needs more than there was",
        hint='at.Stream(memory="1GB", processes=1), or more buckets: at.Stream(buckets=256)',
    )


if __name__ == "__main__":
    sys.exit(main())
