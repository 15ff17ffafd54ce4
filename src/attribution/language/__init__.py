"""What the library says, in every language: `catalogue` writes it, `en` and `fr` hold it, topic by topic.

A text is added to the same topic in every language under the same key, with the same placeholders. A section
of a report takes a `Language` as its first argument, `words`, and calls it: ``words("left_out", n=3)``. A
result says a `Sentence`, which is English until a report says it in its own language.
"""
