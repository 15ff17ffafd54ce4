"""Jobs and outputs: malformed configurations, full disks, names that would run; never half a file."""

from __future__ import annotations

import csv
import html.parser
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import attribution as at
from tests.hurt import Hurt, check, each, orders, touches

LEAST = """
models = ["linear"]
[log]
touches = "touches.parquet"
conversions = "conversions.parquet"
[output]
folder = "{folder}/out"
"""
# Names that a page, a spreadsheet, a plot or a separator would trip over.
NAMES = [
    "<script>alert(1)</script>",
    '" onload="x',
    "</svg>",
    "&amp;",
    "]]>",
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r",
    "a,b;c\nd",
    'say "hi"',
    "a > b",
    "🚀",
    "e\u0301",
    "\u202ertl",
    "a\0b",
    "\ufffe",
    "{{ 7 * 7 }}",
    "%s",
    "$x^2$",
    "\\frac",
    "_",
    "",
    " ",
    "x" * 5_000,
]


def job(place: Path, more: str = "", **lines: str) -> Path:
    """Write the little log and a configuration beside it, with some lines replaced by others."""
    pq.write_table(pa.table(touches()), place / "touches.parquet")
    pq.write_table(pa.table(orders()), place / "conversions.parquet")
    text = LEAST.format(folder=place)
    for key, line in lines.items():
        text = text.replace(f"{key} =", f"{line}  #", 1)
    (place / "job.toml").write_text(text + more, encoding="utf-8")
    return place / "job.toml"


def ran(place: Path, more: str = "", **lines: str) -> object:
    return at.run(at.load_config(job(place, more, **lines)))


def raw(place: Path, content: bytes) -> object:
    (place / "job.toml").write_bytes(content)
    return at.load_config(place / "job.toml")


def occupied(place: Path) -> object:
    (place / "out" / "report.html").mkdir(parents=True)
    return ran(place)


CONFIGS = {
    "no TOML": Hurt(lambda p: raw(p, b"models = ["), ("job.toml", "not valid TOML", "quotes")),
    "no UTF-8": Hurt(lambda p: raw(p, "models = ['é']".encode("latin-1")), ("not UTF-8", "save the file")),
    "nested without end": Hurt(lambda p: raw(p, b"a = " + b"[" * 5_000), ("nests", "is flat")),
    "empty": Hurt(lambda p: raw(p, b""), ("2 mistakes", "models: is missing", "[log]"), "models"),
    "no file": Hurt(lambda p: at.load_config(job(p).with_name("jb.toml")), ("jb.toml", "job.toml")),
    "no path": Hurt(lambda p: at.load_config(5), ("no path", "weekly.toml")),
    "unknown section": Hurt(lambda p: ran(p, "[journys]\n"), ("did you mean 'journeys'?",), "journys"),
    "unknown key": Hurt(
        lambda p: ran(p, "[journeys]\nlokback = '7D'\n"), ("did you mean 'lookback'?",), "journeys.lokback"
    ),
    "wrong type": Hurt(
        lambda p: ran(p, "[journeys]\nlookback = 30\n"), ("with its unit", '"30D"'), "journeys.lookback"
    ),
    "a word for a flag": Hurt(
        lambda p: ran(p, "[journeys]\ndrop_censored = 'no'\n"),
        ("true or false", "Fix"),
        "journeys.drop_censored",
    ),
    "unknown model": Hurt(
        lambda p: ran(p, models='models = ["linaer"]'), ("did you mean 'linear'?",), "models[0]"
    ),
    "model of wrong parameters": Hurt(
        lambda p: ran(p, models="models = [{name = 'last_non_direct', direct = 5}]"),
        ("neither a name nor", "direct="),
        "models[0]",
    ),
    "missing inputs": Hurt(
        lambda p: ran(p, touches='touches = "touchs.parquet"'), ("no file", "touches.parquet")
    ),
    "missing spend": Hurt(
        lambda p: ran(p, "[spend]\npath = 'spend.csv'\n"), ("no spend table", "relative to"), "spend.path"
    ),
    "unknown check": Hurt(
        lambda p: ran(p, "[audit]\nfail_on = ['nul_keys']\n"), ("did you mean 'null_keys'?",), "audit.fail_on"
    ),
    "unknown goal": Hurt(
        lambda p: ran(p, "[journeys]\ngoal = 'x'\n"), ("no goal column", "[log.schema] goal")
    ),
    "not a job": Hurt(lambda p: at.run("job.toml"), ("takes a Job", "load_config")),
    "output that is a file": Hurt(
        lambda p: ran(p, folder=f'folder = "{p}/touches.parquet"'),
        ("cannot make the output folder", "folder ="),
        "output.folder",
    ),
    "output with a zero byte": Hurt(
        lambda p: ran(p, folder='folder = "a\\u0000b"'), ("cannot make", "folder ="), "output.folder"
    ),
    "output that is occupied": Hurt(occupied, ("report.html", "it is a folder", "folder =")),
}


@pytest.mark.parametrize("case", each({"configuration": CONFIGS}))
def test_a_bad_job_gives_a_lesson_and_no_output(case, tmp_path):
    check(case, tmp_path)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


# Every write beyond so many bytes fails, as on a disk that fills; each stops at another file.
LIMITED = """
import resource, signal, sys
import attribution as at
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    at.run(at.load_config(sys.argv[1]))
except at.AttributionError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on files")
@pytest.mark.parametrize("room", [0, 1_000, 7_000, 20_000])
def test_a_full_disk_leaves_the_outputs_as_they_were(room, tmp_path):
    config = job(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.html").write_text("the old one")
    command = [sys.executable, "-c", LIMITED, str(config), str(room)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout.startswith("OutputError"), ended.stdout + ended.stderr
    assert "nothing was written" in ended.stdout
    assert "To do: make room" in ended.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]
    assert (tmp_path / "out" / "report.html").read_text() == "the old one"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_device_that_is_full_is_told():
    credit = at.attribute(at.read_log(touches(), orders()), "linear")
    for write in (credit.to_csv, credit.to_parquet, at.report(credit).to_html, at.report(credit).to_markdown):
        with pytest.raises(at.AttributionError, match="cannot write /dev/full: No space left") as caught:
            write("/dev/full")
        assert "make room" in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_small_disk_that_fills_is_left_as_it_was(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(at.AttributionError, match="No space left on device"):
            ran(tmp_path, folder=f'folder = "{disk}/out"')
        assert list(disk.rglob("*")) == []  # the empty folder is gone as well
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("path", ["", "a\0b", 5, None, "no/such/folder/credit.csv"])
def test_a_place_that_is_none_is_told(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    credit = at.attribute(at.read_log(touches(), orders()), "linear")
    for write in (credit.to_csv, credit.to_parquet):
        with pytest.raises(at.AttributionError) as caught:
            write(path)
        assert "Fix: " in str(caught.value) or "To do: " in str(caught.value)
    assert not list(tmp_path.iterdir())


def shell(*words: object, folder: Path, redirect: str = "") -> subprocess.CompletedProcess[str]:
    command = f'"{sys.executable}" -m attribution {" ".join(map(str, words))} {redirect}'
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)


COMMANDS = {
    "no such file": (("run", "none.toml"), "", 2, "none.toml"),
    "malformed configuration": (("run", "touches.parquet"), "", 2, "not UTF-8"),
    "no command": ((), "", 2, "required: COMMAND"),
    "empty folder": (("run", "job.toml", "--output", "''"), "", 2, "output folder is empty"),
    "output that is a file": (
        ("run", "job.toml", "--output", "touches.parquet"),
        "",
        2,
        "cannot make the output folder",
    ),
    "full standard output": (("run", "job.toml"), "> /dev/full", 2, "No space left"),
    "closed standard output": (("run", "job.toml"), ">&-", 0, ""),
    "nobody reads": (("run", "job.toml"), "| true", 0, ""),
    "misspelt column": (
        ("audit", "touches.parquet", "--conversions", "conversions.parquet", "--channel", "chanel"),
        "",
        2,
        "did you mean 'channel'?",
    ),
    "endless lookback": (
        ("audit", "touches.parquet", "--conversions", "conversions.parquet", "--lookback", "9" * 400 + "D"),
        "",
        0,
        "",
    ),
    "impossible simulation": (("simulate", "sim", "--users", "-5"), "", 2, "at least 1"),
    "simulation over a file": (
        ("simulate", "touches.parquet", "--users", "10"),
        "",
        2,
        "could not be written",
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="written for a POSIX shell")
@pytest.mark.parametrize("name", COMMANDS)
def test_a_bad_command_ends_with_a_message_and_its_code(name, tmp_path):
    words, redirect, code, message = COMMANDS[name]
    job(tmp_path)
    ended = shell(*words, folder=tmp_path, redirect=redirect)
    assert ended.returncode == code, ended.stderr
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "internal error" not in ended.stderr


class Page(html.parser.HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


@pytest.fixture(scope="module")
def credit_of_names() -> tuple[at.Credit, at.Journeys, at.EventLog]:
    n = len(NAMES)
    users = [user for user in range(n) for _ in range(2)]
    table = {
        "user_id": users,
        "time": ["2026-03-01", "2026-03-02"] * n,
        "channel": [NAMES[(user + place) % n] for place, user in enumerate(users)],
        "campaign": [NAMES[-user - 1] for user in users],
    }
    log = at.read_log(
        table, {"user_id": range(n), "time": ["2026-03-04"] * n, "value": [1.0] * n}, {"dims": "campaign"}
    )
    journeys = at.build_journeys(log)
    models = {"=model": "linear", "<b>model": "last_touch"}
    return at.attribute(journeys, models).with_spend(dict.fromkeys(NAMES, 2.0), currency="<i>"), journeys, log


def test_markup_in_names_is_inert_in_the_page(credit_of_names, tmp_path):
    credit, journeys, log = credit_of_names
    page = at.report(
        credit, journeys=journeys, checks=log.audit(), title="<script>", manifest={"<b>": "<script>"}
    )
    text = page.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    found = Page(text)
    assert not found.tags & {"script", "iframe", "object", "embed", "form", "link", "base"}
    assert not [name for name in found.attributes if name.startswith("on")]
    assert all(link.startswith("#") for link in found.links)
    assert "\0" not in text
    for fragment in (
        credit._repr_html_(),
        journeys._repr_html_(),
        log._repr_html_(),
        log.audit()._repr_html_(),
    ):
        assert "script" not in Page(fragment).tags
    by_campaign = at.attribute(journeys, "linear", by=("channel", "campaign"))
    assert "script" not in Page(at.report(by_campaign).to_html()).tags


def test_names_come_back_from_files_and_no_cell_is_a_formula(credit_of_names, tmp_path):
    credit, *_ = credit_of_names
    credit.to_csv(tmp_path / "credit.csv")
    credit.to_parquet(tmp_path / "credit.parquet")
    frame = credit.to_frame()
    assert pq.read_table(tmp_path / "credit.parquet")["channel"].to_pylist() == frame["channel"].tolist()
    with (tmp_path / "credit.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert len(rows) == len(frame)
    cells = [row[header.index(name)] for row in rows for name in ("model", "channel", "flag")]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert {cell.removeprefix("'") for cell in cells} >= set(NAMES)


@pytest.mark.filterwarnings("ignore:Glyph .* missing from")
@pytest.mark.parametrize("kind", ["bars", "spend"])
def test_plots_take_any_name(kind, credit_of_names, tmp_path):
    credit, *_ = credit_of_names
    for form in ("png", "svg", "pdf"):
        credit.select(models="=model").plot(kind=kind).figure.savefig(tmp_path / f"plot.{form}")
