"""The stream engine: a log larger than memory, in buckets of users on disk, tallied by worker processes."""
