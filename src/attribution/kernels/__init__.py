"""Numerics over flat arrays: hashed ids, order, windows, ragged segments, path identity."""
