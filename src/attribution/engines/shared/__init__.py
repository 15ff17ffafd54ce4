"""What every engine shares: what it promises, how tallies are merged, and an engine that is open already."""
