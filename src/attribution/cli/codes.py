"""Exit codes: the one thing that every scheduler reads."""

from __future__ import annotations

DONE, FAILED, REFUSED, INTERNAL, IN_USE = 0, 1, 2, 3, 4
INTERRUPTED, TERMINATED = 130, 143

HELP = """\
exit codes:
  0  done
  1  a check failed, or there is no conversion to credit
  2  usage or bad input: the message on stderr names the remedy
  3  an error in this program; --debug shows where
  4  another run is at work on the same folder: nothing is wrong, try again later
"""
