"""Engines decide where a partition of users is tallied; they know no model."""
