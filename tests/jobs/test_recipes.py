"""The samples of docs/schedule.md are what they say they are: each is read by its own grammar."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from attribution.cli.commands import COMMANDS
from attribution.cli.parsers import parser_of
from tests.docs.pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "schedule.md"
FOUND = [(block.language, block.text) for block in blocks(PAGE.read_text(encoding="utf-8"))]


def samples(language: str) -> list[str]:
    return [text for found, text in FOUND if found == language]


def understood(command: str) -> None:
    """Parse the arguments of every `attribution ...` in a shell command as the program would."""
    command = re.sub(r"\$\{DAY:\+(.*?)\}", lambda match: match[1], command)
    command = re.sub(r"\{\{ ds \}\}", "2026-11-21", command).partition(">>")[0].rpartition("&&")[2]
    words = shlex.split(command)
    starts = [place for place, word in enumerate(words) if Path(word).name == "attribution"]
    assert starts, command
    options = parser_of(COMMANDS).parse_args(words[starts[0] + 1 :])
    assert options.config == "nightly.toml"


# The grammar of crontab(5): fields of numbers, ranges, lists and steps.
FIELD = r"(?:\*|\d+(?:-\d+)?)(?:/\d+)?(?:,\d+(?:-\d+)?(?:/\d+)?)*"
LIMITS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def jobs_of(crontab: str) -> list[str]:
    found = []
    for line in crontab.splitlines():
        if not line or line.startswith("#") or re.fullmatch(r"[A-Z_]+=\S.*", line):
            continue
        match = re.fullmatch(rf"((?:{FIELD} +){{5}})(\S.*)", line)
        assert match, line
        for field, (low, high) in zip(match[1].split(), LIMITS, strict=True):
            assert all(low <= int(number) <= high for number in re.findall(r"(?<!/)\b\d+", field)), line
        assert "%" not in match[2], "cron would take it for a line break"
        found.append(match[2])
    return found


def test_the_crontab():
    (crontab,) = samples("cron")
    (command,) = jobs_of(crontab)
    understood(command)


@pytest.mark.parametrize("line", ["15 4 * * x", "60 4 * * * x", "15 24 * * * x", "15 4 0 * * x", "soon x"])
def test_a_wrong_crontab_is_found(line):
    with pytest.raises(AssertionError):
        jobs_of(line)


UNITS = {
    "Unit": {"Description", "Wants", "After"},
    "Service": {"Type", "WorkingDirectory", "ExecStart", "SuccessExitStatus"},
    "Timer": {"OnCalendar", "Persistent", "RandomizedDelaySec"},
    "Install": {"WantedBy"},
}


def test_the_systemd_units(tmp_path):
    names = []
    for text in samples("systemd"):
        name = text.splitlines()[0].removeprefix("# ")
        unit = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#")
        unit.optionxform = str
        unit.read_string(text)
        for section in unit.sections():
            assert set(unit[section]) <= UNITS[section]
        if name.endswith(".service"):
            understood(unit["Service"]["ExecStart"])
            # What the unit starts is not on this machine; any program will do for the check.
            text = re.sub(r"=/srv/attribution/bin/attribution", "=/bin/true", text)
        (tmp_path / name).write_text(text)
        names.append(name)
    assert names == ["attribution-nightly.service", "attribution-nightly.timer"]
    if shutil.which("systemd-analyze") is None:
        pytest.skip("without systemd the names of the keys are all that was checked")
    verified = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in names)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    complaints = [line for line in verified.stderr.splitlines() if "attribution-nightly" in line]
    assert complaints == []
    calendar = re.search(r"OnCalendar=(.*)", samples("systemd")[1])
    assert calendar is not None
    subprocess.run(["systemd-analyze", "calendar", calendar[1]], capture_output=True, check=True)


def test_the_airflow_dag():
    (source,) = samples("py")
    compile(source, "dag.py", "exec")
    command = re.search(r'bash_command="(.*?)"', source)
    schedule = re.search(r'schedule="(.*?)"', source)
    assert command is not None
    assert schedule is not None
    understood(command[1])
    assert jobs_of(f"{schedule[1]} x") == ["x"]


def test_the_actions_workflow():
    yaml = pytest.importorskip("yaml")
    (text,) = samples("yaml")
    workflow = yaml.safe_load(text)
    triggers = workflow[True]  # YAML 1.1 reads the key `on` as true
    assert jobs_of(f"{triggers['schedule'][0]['cron']} x") == ["x"]
    steps = workflow["jobs"]["run"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    (run,) = [step["run"] for step in steps if step.get("name") == "Run"]
    understood(run)


def test_every_exit_code_has_a_remedy():
    from attribution.cli import codes

    page = PAGE.read_text(encoding="utf-8")
    for code in (codes.DONE, codes.FAILED, codes.REFUSED, codes.INTERNAL, codes.IN_USE):
        assert re.search(rf"^\| {code} \|", page, re.MULTILINE)
        assert re.search(rf"^  {code}  ", codes.HELP, re.MULTILINE)
    assert f"| {codes.INTERRUPTED}, {codes.TERMINATED} |" in page
