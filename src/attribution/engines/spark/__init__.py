"""The Spark engine: the log stays on the cluster, and only tallies come to the driver."""
