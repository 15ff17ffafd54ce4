"""Where credit meets incremental effects, and nowhere else."""
