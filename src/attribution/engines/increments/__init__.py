"""The increments engine: each run reads what is new; what is settled lies in a folder of tallies."""
