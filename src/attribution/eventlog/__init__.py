"""Logs of touches and conversions: read, check, group channels."""
