"""What a run needs that nobody watches: a lock, what came before, what to remove, what to say in a line."""
