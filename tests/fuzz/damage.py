"""Files with bytes changed, cut, doubled or put in."""

from __future__ import annotations

import gzip
import io
from random import Random

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

NASTY = [
    *(b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00" * 8, b"\xff\xfe", b"\xef\xbb\xbf"),
    *(
        b'"',
        b",",
        b";",
        b"\t",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b'""',
        b"'",
        b"\\",
        b"=",
        b"[",
        b"]",
        b"{",
        b"}",
    ),
    *(
        b"null",
        b"nan",
        b"1e999",
        b"-1",
        b"9" * 30,
        b"\xc3\xa9",
        b"\xe9",
        b"PAR1",
        b"ARROW1",
        b"#",
        b"a.",
        b"'''",
    ),
]


def files(table: pa.Table) -> list[tuple[str, bytes]]:
    """Return a table as the bytes of files, with their endings."""
    parquet, arrow, stream, delimited = (io.BytesIO() for _ in range(4))
    pq.write_table(table, parquet)
    with pa.ipc.new_file(arrow, table.schema) as writer:
        writer.write_table(table)
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    pacsv.write_csv(table, delimited)
    text = delimited.getvalue()
    return [
        ("parquet", parquet.getvalue()),
        ("arrow", arrow.getvalue()),
        ("arrows", stream.getvalue()),
        ("csv", text),
        ("tsv", text.replace(b",", b"\t")),
        ("csv", text.decode().encode("utf-16")),
        ("csv.gz", gzip.compress(text)),
    ]


def damaged(data: bytes, rng: Random) -> bytes:
    """Return the bytes with one to three mistakes."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        place = rng.randrange(len(data) + 1)
        length = rng.choice([1, 1, 2, 4, 16])
        match rng.randrange(6):
            case 0:
                data = data[:place] + rng.randbytes(length) + data[place + length :]
            case 1:
                data = data[:place] + rng.choice(NASTY) + data[place + length :]
            case 2:
                data = data[:place] + rng.choice(NASTY) + data[place:]
            case 3:
                data = data[:place] + data[place + length :]
            case 4:
                data = data[:place] + data[place : place + 40] + data[place:]
            case _:
                data = data[:place] if rng.random() < 0.5 else data[place:]
    return data
