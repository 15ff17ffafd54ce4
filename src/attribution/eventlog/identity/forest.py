"""Links to persons: the strongest evidence that joins no two anchors.

Links are taken in the order of their strength, and each is accepted unless it would join identifiers that
already belong to different anchors: Kruskal's algorithm under that one constraint. It is computed as the
minimum spanning tree of a graph in which every anchor hangs on one root by a link stronger than all others:
a path between two anchors is then a cycle through the root, and its weakest link is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution._typing import Bools, Hashes
from attribution.eventlog.identity.links import Links, Nodes


@dataclass(frozen=True, eq=False)
class Persons:
    """Who is one.

    Attributes
    ----------
    label
        The person of each identifier, by number, int32, shape (n,).
    name
        The person's name, uint64, shape (persons,): the hash of its anchor, else of the identifier that was
        seen first, of a device before an address of the same instant.
    anchored
        Which persons have an anchor, shape (persons,).
    shared
        Which identifiers are seen with more anchors than their cap, shape (n,): persons of their own.
    refused
        Which links would have joined two anchors, shape (m,).
    forest
        The accepted links that made the persons, a scipy CSR matrix of shape (n, n).
    """

    label: Nodes
    name: Hashes
    anchored: Bools
    shared: Bools
    refused: Bools
    forest: Any


def persons_of(links: Links) -> Persons:
    """Find the persons behind identifiers and their links."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

    n = len(links.node)
    shared = _shared(links)
    used = np.flatnonzero(~(shared[links.left] | shared[links.right]))
    left, right = links.left[used], links.right[used]
    weakest = np.maximum(links.strength[left], links.strength[right])
    order = np.lexsort((links.node[right], links.node[left], -links.last[used], -links.count[used], weakest))
    weight = np.empty(len(used))
    weight[order] = np.arange(1, len(used) + 1)
    roots = np.flatnonzero(links.anchor).astype(np.int32)
    graph = csr_matrix(
        (
            np.concatenate([weight, np.full(len(roots), 0.5)]),
            (np.concatenate([left, roots]), np.concatenate([right, np.full(len(roots), n, np.int32)])),
        ),
        (n + 1, n + 1),
    )
    forest = minimum_spanning_tree(graph, overwrite=True)[:n, :n].tocsr()
    count, label = connected_components(forest, directed=False)
    refused = np.zeros(len(links.left), np.bool_)
    refused[used] = label[left] != label[right]
    return Persons(label, *_named(links, label, count), shared, refused, forest)


def _shared(links: Links) -> Bools:
    """Return which identifiers are seen with more anchors than their cap; without any, more others."""
    anchor = links.anchor
    counted = anchor if anchor.any() else np.ones(len(anchor), np.bool_)
    n = len(links.node)
    degree = np.bincount(links.left[counted[links.right]], minlength=n)
    degree += np.bincount(links.right[counted[links.left]], minlength=n)
    cap = np.array([kind.cap for kind in links.kinds])[links.node_kind]
    return np.asarray((degree > cap) & ~anchor)


def _named(links: Links, label: Nodes, count: int) -> tuple[Hashes, Bools]:
    n = len(links.node)
    seen = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(seen, links.left, links.first)
    np.minimum.at(seen, links.right, links.first)
    rank = np.where(links.anchor, 0, 1)
    order = np.lexsort((links.node, -links.strength, seen, rank, label))
    starts = np.flatnonzero(np.append(True, label[order][1:] != label[order][:-1])) if n else order
    chosen = order[starts]
    anchored = np.zeros(count, np.bool_)
    anchored[label[chosen]] = links.anchor[chosen]
    name = np.empty(count, np.uint64)
    name[label[chosen]] = links.plain(chosen)
    return name, anchored


def path(persons: Persons, start: int, end: int) -> list[int] | None:
    """Return the identifiers on the path of evidence between two, both included; None where there is none."""
    from scipy.sparse.csgraph import breadth_first_order

    _, before = breadth_first_order(persons.forest + persons.forest.T, start, directed=False)
    if start != end and before[end] < 0:
        return None
    steps = [end]
    while steps[-1] != start:
        steps.append(int(before[steps[-1]]))
    return steps[::-1]
