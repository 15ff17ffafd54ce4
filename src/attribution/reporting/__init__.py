"""5: the report: which sections, in which words and figures, and how they become HTML or Markdown."""
