"""Holdout tests of users: plan, assign, check and analyse."""
