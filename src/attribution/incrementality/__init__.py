"""Experiments: plan, assign, check and analyse holdouts. Knows nothing of credit."""
