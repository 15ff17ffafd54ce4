"""Regression checks: a result against a baseline, for people, for machines and for pytest."""
