"""What stitching costs: links of devices, customers, addresses and phones, with kiosks and shared tablets.

    python -m benchmarks.identity [--links 1_000_000]         # CPU seconds of each step, and peak memory
    python -m benchmarks.identity --credit [--users 20_000]   # what it does to credit, whose truth is known

docs/identity.md records a run of both.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import pyarrow as pa

import attribution as at


def identities(links: int, seed: int = 3) -> pa.Table:
    """Return log-ins: two devices a customer, an address and a phone for half, 1% on one of twenty kiosks."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, max(links // 4, 1), links)
    device = customer * 2 + rng.integers(0, 2, links)
    device[rng.random(links) < 0.01] = -1 - rng.integers(0, 20)
    with_mail = rng.random(links) < 0.5
    time_of = rng.integers(0, 365 * 86_400, links) * 1_000_000 + 1_767_225_600_000_000
    texts = pa.array(customer).cast(pa.string())
    mail = pa.compute.binary_join_element_wise(texts, "shop.example", "@")
    return pa.table(
        {
            "device_id": pa.compute.binary_join_element_wise("d", pa.array(device).cast(pa.string()), ""),
            "customer_id": pa.compute.binary_join_element_wise("c", texts, ""),
            "email": pa.compute.if_else(pa.array(with_mail), mail, None),
            "time": pa.array(time_of, pa.timestamp("us", "UTC")),
        }
    )


def credit(users: int, seed: int = 2025) -> None:
    """Print how much of credit goes to the wrong channel, by what brings identifiers together."""
    world = at.datasets.simulate(users, seed=seed)
    by_device = at.read_log(world.touches, world.conversions, {"user": "device_id"})
    logs = {"true people": at.read_log(world.touches, world.conversions), "devices": by_device}
    for when in ("nearest", "ever", "after"):
        logs[f"log-ins, {when}"] = at.stitch(by_device, world.identities, when=when)
    models = ["first_touch", "last_touch", "linear", "markov"]
    frames = {
        name: at.attribute(log, models, goal="purchase").to_frame().set_index(["model", "channel"])
        for name, log in logs.items()
    }
    true = frames["true people"]
    print(f"| ids in the log | unattributed | {' | '.join(models)} | linear: email / video / store_visit |")
    print("|---|---:|---:|---:|---:|---:|---|")
    for name, frame in frames.items():
        linear, right = (table.xs("linear")["conversions"] for table in (frame, true))
        wrong = [(frame.xs(m)["share"] - true.xs(m)["share"]).abs().sum() / 2 for m in models]
        parts = [linear[c] / right[c] for c in ("email", "video", "store_visit")]
        shown = " / ".join(f"{part:.2f}" for part in parts)
        lost = linear["(unattributed)"] / linear.sum()
        print(f"| {name} | {lost:.1%} | {' | '.join(f'{error:.1%}' for error in wrong)} | {shown} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--links", type=int, default=1_000_000)
    parser.add_argument("--credit", action="store_true")
    parser.add_argument("--users", type=int, default=20_000)
    asked = parser.parse_args()
    if asked.credit:
        credit(asked.users)
    else:
        cost(asked.links)


def cost(links: int) -> None:
    """Print what stitching that many rows takes, and reading a log of as many touches."""
    table = identities(links)
    rng = np.random.default_rng(4)
    n = links
    rows = rng.integers(0, n, n)
    touches = pa.table(
        {
            "device_id": table["device_id"].take(pa.array(rows)),
            "time": table["time"],
            "channel": pa.array(np.array(["email", "search", "video"])[rng.integers(0, 3, n)]),
        }
    )
    orders = touches.slice(0, max(n // 20, 1)).drop_columns(["channel"])
    log = at.read_log(touches, orders, {"user": "device_id"})
    cpu = time.process_time()
    log.load(cache=False)
    plain = time.process_time() - cpu
    cpu = time.process_time()
    stitched = at.stitch(log, table)
    made = time.process_time() - cpu
    cpu = time.process_time()
    stitched.load(cache=False)
    read = time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(stitched.identity.to_frame().to_string(index=False))
    print(f"{n:,} rows of identifiers: stitch {made:.1f} CPU s, peak of all {peak:.2f} GB")
    print(f"{n:,} touches: read {plain:.2f} CPU s, read and mapped {read:.2f} ({read / plain:.2f} times)")


if __name__ == "__main__":
    main()
