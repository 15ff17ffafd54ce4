"""Experiments: plan, assign, check and analyse holdouts and geo tests. Knows nothing of credit."""
