"""Files that no one would wish for: each gives an error that names it and the remedy, or the right credit."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import attribution as at
from tests.hurt import UNATTRIBUTED, WHOLE, Hurt, check, credited, each, orders, touches

ROOT = Path(__file__).parents[1]
CSV = "user_id,time,channel\n1,2026-03-01,email\n1,2026-03-02,search\n2,2026-03-03,email\n"


def put(folder, content, name="t.csv"):
    """Write a file and return its path."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parquet(folder, table=None, name="t.parquet", **options):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(touches() if table is None else table), path, **options)
    return path


def ipc(folder, *, stream, name="t.arrow", batches=1):
    table = pa.table(touches())
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(str(folder / name), table.schema) as writer:
        for part in (table.slice(0, 2), table.slice(2)) if batches == 2 else (table,):
            writer.write_table(part)
    return folder / name


def cut(path, keep):
    """Cut a file off; negative numbers count from its end."""
    path.write_bytes(path.read_bytes()[:keep])
    return path


def damaged_anywhere(path):
    """Damage every byte in turn, in a process of its own: a crash would end this one."""
    code = "import sys; from tests.test_hard_to_hurt_files import damage; damage(sys.argv[1])"
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    return "alive"


def damage(name):
    """Nothing comes of damage but an error that names file or column, or the file read as it stands."""
    path = Path(name)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        for value in (0x00, 0xFF):
            path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
            try:
                credited(path)
            except at.AttributionError as error:
                if name not in str(error) and error.column is None:
                    raise


def hive(folder, *names, column="channel"):
    for name in names:
        parquet(folder / "log" / name, touches(**{column: None}))
    return folder / "log"


def changed(folder, name, second):
    """Open a log, put another file in its place, and read it."""
    path = parquet(folder) if name.endswith("parquet") else put(folder, CSV)
    log = at.read_log(path, orders())
    if second is None:
        path.unlink()
    elif name.endswith("parquet"):
        parquet(folder, second)
    else:
        put(folder, second)
    log.load()


def linked(folder):
    (folder / "t.csv").symlink_to("nowhere.csv")
    return credited(folder / "t.csv")


def circle(folder):
    put(folder / "log", CSV)
    (folder / "log" / "again").symlink_to(folder / "log")
    return credited(folder / "log")


TEXT = {
    "plain": Hurt(lambda p: credited(put(p, CSV)), answer=WHOLE),
    "byte order mark": Hurt(lambda p: credited(put(p, b"\xef\xbb\xbf" + CSV.encode())), answer=WHOLE),
    "semicolons": Hurt(lambda p: credited(put(p, CSV.replace(",", ";"))), answer=WHOLE),
    "tabs, Windows lines": Hurt(
        lambda p: credited(put(p, CSV.replace(",", "\t").replace("\n", "\r\n"))), answer=WHOLE
    ),
    "old Macintosh lines": Hurt(lambda p: credited(put(p, CSV.replace("\n", "\r"))), answer=WHOLE),
    "blank lines": Hurt(lambda p: credited(put(p, "\n\n" + CSV.replace("\n", "\n\n"))), answer=WHOLE),
    "quoted line breaks": Hurt(
        lambda p: credited(put(p, CSV.replace("email", '"e\n""m"""').replace("channel", '"channel"'))),
        answer={'e\n"m"': WHOLE["email"], "search": WHOLE["search"]},
    ),
    "a line break in a header": Hurt(
        lambda p: credited(
            put(
                p,
                CSV.replace("channel", 'channel,"no\nte"')
                .replace("email", "email,x")
                .replace("search", "search,y"),
            )
        ),
        answer=WHOLE,
    ),
    "a header and no line": Hurt(lambda p: credited(put(p, "user_id,time,channel")), answer=UNATTRIBUTED),
    "a quote never closed": Hurt(
        lambda p: credited(put(p, CSV.replace("search", '"search'))),
        ("t.csv", "a quote that is not closed", "line 4"),
    ),
    "a quote never closed, compressed": Hurt(
        lambda p: credited(put(p, gzip.compress(CSV.replace("search", '"search').encode()), "t.csv.gz")),
        ("not closed",),
    ),
    "too few cells": Hurt(
        lambda p: credited(put(p, CSV + "3,2026-01-01\n")), ("t.csv", "Expected 3 columns")
    ),
    "a name twice": Hurt(
        lambda p: credited(put(p, CSV.replace("time,", "user_id,time,", 1).replace(",2026", ",9,2026"))),
        ("more than one column",),
        "user_id",
    ),
    "another name twice": Hurt(
        lambda p: credited(
            put(
                p,
                "x,user_id,time,x,channel\n9,1,2026-03-01,8,email\n9,1,2026-03-02,8,search\n9,2,2026-03-03,8,email\n",
            )
        ),
        answer=WHOLE,
    ),
    "UTF-16": Hurt(lambda p: credited(put(p, CSV.encode("utf-16"))), answer=WHOLE),
    "UTF-16, cut": Hurt(lambda p: credited(put(p, CSV.encode("utf-16")[:-1])), ("t.csv", "not UTF-16")),
    "UTF-16 without its mark": Hurt(
        lambda p: credited(put(p, CSV.encode("utf-16-le"))), ("t.csv", "UTF-16 without the mark", "utf-16-le")
    ),
    "Latin-1": Hurt(
        lambda p: credited(put(p, CSV.replace("email", "é").encode("latin-1"))), ("t.csv", "UTF8")
    ),
    "nothing": Hurt(lambda p: credited(put(p, "")), ("t.csv", "no header line")),
    "one endless line": Hurt(lambda p: credited(put(p, b"x" * 300_000)), ("t.csv", "no line of names")),
    "compressed, and not said": Hurt(
        lambda p: credited(put(p, gzip.compress(CSV.encode()))), ("t.csv", "no text")
    ),
    "said compressed, and not": Hurt(
        lambda p: credited(put(p, CSV, "t.csv.gz")), ("t.csv.gz", "header check")
    ),
    "compressed and cut": Hurt(
        lambda p: credited(put(p, gzip.compress(CSV.encode() * 999)[:99], "t.csv.gz")),
        ("t.csv.gz", "Truncated"),
    ),
    "currency signs": Hurt(
        lambda p: credited(None, put(p, "user_id,time,value\n1,2026-03-04,$10\n2,2026-03-05,20\n")),
        ("not numbers", "currency signs"),
        "value",
        (0,),
    ),
    "decimal commas": Hurt(
        lambda p: credited(None, put(p, "user_id;time;value\n1;2026-03-04;10,5\n2;2026-03-05;20\n")),
        ("not numbers", "decimal point"),
        "value",
        (0,),
    ),
    "values like 1e999": Hurt(
        lambda p: credited(None, put(p, "user_id,time,value\n1,2026-03-04,1e999\n2,2026-03-05,20\n")),
        ("infinite",),
        "value",
        (0,),
    ),
    "ids like 007 against numbers": Hurt(
        lambda p: credited(put(p, CSV.replace("\n1", "\n001"))), answer=WHOLE
    ),
    "ids like 007 against text": Hurt(
        lambda p: credited(
            put(p, CSV.replace("\n1", "\n007")),
            put(p, "user_id,time,value\n7,2026-03-04,10\n007,2026-03-05,20\n", "c.csv"),
        ),
        answer={"email": (0.5, 10.0), "search": (0.5, 10.0), "(unattributed)": (1.0, 10.0)},
    ),
    "ids beyond 63 bits": Hurt(
        lambda p: credited(put(p, CSV.replace("\n1", f"\n{2**64 - 1}"))),
        ("no whole numbers below 2**63", "one type"),
        "user_id",
        (0, 1),
    ),
}

BINARY = {
    "Parquet cut short": Hurt(
        lambda p: credited(cut(parquet(p), -9)), ("t.parquet", "cut short", "write the file again")
    ),
    "Parquet cut to nothing": Hurt(lambda p: credited(cut(parquet(p), 0)), ("t.parquet", "empty")),
    "Parquet with a tail": Hurt(
        lambda p: credited(put(p, parquet(p).read_bytes() + b"x", "t.parquet")), ("t.parquet", "footer")
    ),
    "Parquet damaged anywhere": Hurt(
        lambda p: damaged_anywhere(parquet(p, write_page_checksum=True, compression="none")), answer="alive"
    ),
    "Parquet without a row group": Hurt(
        lambda p: credited(parquet(p, pa.table(touches()).schema.empty_table())), answer=UNATTRIBUTED
    ),
    "Arrow file cut short": Hurt(
        lambda p: credited(cut(ipc(p, stream=False), -20)), ("t.arrow", "cannot be read")
    ),
    "Arrow file damaged anywhere": Hurt(lambda p: damaged_anywhere(ipc(p, stream=False)), answer="alive"),
    "Arrow stream damaged anywhere": Hurt(lambda p: damaged_anywhere(ipc(p, stream=True)), answer="alive"),
    "Arrow stream without its end": Hurt(  # pyarrow reads it, and two batches or one would look alike
        lambda p: credited(cut(ipc(p, stream=True, batches=2), -8)), ("t.arrow", "mark of its end")
    ),
    "Feather of old": Hurt(
        lambda p: credited(put(p, b"FEA1" + bytes(20), "t.feather")), ("version 1", "Parquet")
    ),
    "a spreadsheet": Hurt(
        lambda p: credited(put(p, b"PK\x03\x04", "t.xlsx")), ("no known format", ".parquet")
    ),
    "a page of the web": Hurt(lambda p: credited(put(p, "<html>404</html>")), ("<html>", "no user column")),
}

PLACES = {
    "no such file": Hurt(lambda p: credited(put(p, CSV).with_name("t.cvs")), ("no file", "t.csv"), None),
    "no path": Hurt(lambda p: credited(""), ("path is empty", "read_log(")),
    "a zero byte": Hurt(
        lambda p: at.read_log(put(p, CSV).parent / "t\0.csv", orders()), ("no file", "t.csv")
    ),
    "a home of nobody": Hurt(lambda p: credited("~nobody-of-this-name/t.csv", orders()), ("no file",)),
    "a link to nowhere": Hurt(linked, ("no file", "link to 'nowhere.csv'")),
    "links in a circle": Hurt(circle, ("more than once", "name each file once")),
    "a file twice": Hurt(lambda p: credited([put(p, CSV), str(p / "*.csv")]), ("more than once",)),
    "a glob of nothing": Hurt(
        lambda p: credited(str(p / "none" / "*.csv")), ("no file matches", "no folder")
    ),
    "a glob that is none": Hurt(
        lambda p: credited(str(p / "**.csv")), ("no pattern of paths", "folder/**/*.parquet")
    ),
    "an address": Hurt(lambda p: credited("s3://bucket/t.parquet"), ("no path of this machine", "pyarrow")),
    "files of two formats": Hurt(
        lambda p: credited((parquet(p), put(p, CSV))[0].parent), ("CSV and Parquet", "*.csv")
    ),
    "files of two widths": Hurt(
        lambda p: credited(
            [
                parquet(p, name="1.parquet"),
                parquet(p, touches(user_id=pa.array([8, 8, 9], pa.int8())), "2.parquet"),
            ]
        ),
        answer=WHOLE,
    ),
    "files of two kinds of users": Hurt(
        lambda p: credited(
            [parquet(p, name="1.parquet"), parquet(p, touches(user_id=["8", "8", "9"]), "2.parquet")]
        ),
        ("not of one kind", "2.parquet", "astype"),
        "user_id",
    ),
    "a file without the channel": Hurt(
        lambda p: credited([parquet(p, name="1.parquet"), parquet(p, touches(channel=None), "2.parquet")]),
        ("2.parquet", "other files"),
        "channel",
    ),
    "paths in files of two shapes": Hurt(
        lambda p: at.read_paths(
            [
                parquet(p, {"path": ["a"], "conversions": [1]}, "1.parquet"),
                parquet(p, {"path": ["a"]}, "2.parquet"),
            ]
        ),
        ("2.parquet",),
        "conversions",
    ),
    "folders with odd names": Hurt(
        lambda p: credited(hive(p, "channel=a%20b", "channel=x=y", "_tmp/channel=c")),
        answer={"a b": (1.0, 15.0), "x=y": (1.0, 15.0)},
    ),
    "folders without a value": Hurt(
        lambda p: credited(hive(p, "channel=__HIVE_DEFAULT_PARTITION__")),
        ("channels are null",),
        "channel",
        (0, 1, 2),
    ),
    "folders that contradict": Hurt(
        lambda p: credited(hive(p, "channel=a/channel=b")), ("two folders", "one folder a column"), "channel"
    ),
    "folders of one kind and another": Hurt(
        lambda p: credited(hive(p, "channel=a", "other")), ("no column 'channel'",), "channel"
    ),
    "users in folders": Hurt(
        lambda p: credited(hive(p, "user_id=1", "user_id=02", column="user_id")),
        answer={"email": (round(4 / 3, 12), 20.0), "search": (round(2 / 3, 12), 10.0)},
    ),
    "gone when it is read": Hurt(lambda p: changed(p, "t.parquet", None), ("no file",)),
    "another column when it is read": Hurt(
        lambda p: changed(p, "t.parquet", touches(channel=None)),
        ("other columns than when", "read_log again"),
    ),
    "another type when it is read": Hurt(
        lambda p: changed(p, "t.parquet", touches(user_id=["1", "1", "2"])), ("other columns than when",)
    ),
    "another header when it is read": Hurt(
        lambda p: changed(p, "t.csv", CSV.replace("channel", "source")), ("other columns than when",)
    ),
}


@pytest.mark.parametrize("case", each({"text": TEXT, "binary": BINARY, "places": PLACES}))
def test_a_bad_file_gives_a_lesson_or_the_right_credit(case, tmp_path):
    check(case, tmp_path)


def test_the_order_of_columns_may_change_between_opening_and_reading(tmp_path):
    log = at.read_log(put(tmp_path, CSV), orders())
    lines = [",".join(line.split(",")[::-1]) for line in CSV.splitlines()]
    put(tmp_path, "\n".join(lines))
    assert log.load().channels == ("email", "search")


@contextmanager
def nobody():
    """Act as a user with no rights, where we have the right to do so."""
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)
def test_files_of_others_are_named_with_the_remedy():

    credit = at.attribute(at.read_log(touches(), orders()), "linear")
    at.read_paths({"path": ["a"], "conversions": [1]})
    credit.with_spend({"email": 1.0}).to_frame()
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        feather.write_feather(pa.table(touches()), folder / "t.feather")
        paths = [
            parquet(folder),
            put(folder, CSV),
            folder / "t.feather",
            put(folder, "models = 1", "job.toml"),
        ]
        inside = parquet(folder / "closed")
        for path in (*paths, inside.parent):
            path.chmod(0)
        attempts = [
            *(
                (lambda path=path: credited(path), "no permission", "chmod")
                for path in (*paths[:3], inside, inside.parent)
            ),
            (lambda: credited([put_readable, paths[0]]), "no permission", "chmod"),
            (lambda: credited(str(inside.parent / "*.parquet")), "no permission", "chmod"),
            (lambda: at.read_paths(paths[1]), "no permission", "chmod"),
            (lambda: credit.with_spend(paths[1]), "no permission", "chmod"),
            (lambda: credit.to_csv(folder / "credit.csv"), "Permission denied", "choose a folder"),
            (lambda: credit.to_parquet(folder / "credit.parquet"), "Permission denied", "choose a folder"),
        ]
        put_readable = put(folder, CSV, "fine.csv")
        with nobody():
            for attempt, problem, remedy in attempts:
                with pytest.raises(at.AttributionError) as caught:
                    attempt()
                assert problem in str(caught.value)
                assert remedy in str(caught.value)
        assert not list(folder.glob("credit*"))
