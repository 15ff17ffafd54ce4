"""What every experiment shares: its result, the words it is told in, and the rows it reads."""
