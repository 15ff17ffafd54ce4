"""Jobs: a TOML file read and checked, run unattended, and what is kept of each run."""
