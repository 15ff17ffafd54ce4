"""Exports of analytics, CRM, shop and payment systems, read as a log: what each format means, as data."""
