"""Every text of a report, by language: `catalogue` writes them, `en` and `fr` hold them, topic by topic.

A section takes a `Language` as its first argument, `words`, and calls it: ``words("left_out", n=3)``. A text
is added to the same topic in every language under the same key, with the same placeholders.
"""
