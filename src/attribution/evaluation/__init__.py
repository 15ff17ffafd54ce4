"""Models and their intervals against known truth, and against each other."""
