"""Numerics on arrays, numpy and scipy only: games of sets, resampling, intervals."""
