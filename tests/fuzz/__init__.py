"""Odd types, damaged bytes, broken configuration at every door: right answers, or errors that teach."""
