"""Who gets how much, and against what it cost: the result table and its arithmetic."""
