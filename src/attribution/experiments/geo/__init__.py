"""Geo tests: regions are treated, and the rest tells what would have happened."""
