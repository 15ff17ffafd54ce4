"""What a French reader is told of checks and notes: French, but for code and for the names of users."""

from __future__ import annotations

import re

from attribution._fixes import said
from attribution.language.catalogue import language
from attribution.language.sentence import Sentence

FRENCH = language("fr")
# Not those of both languages, or of code, such as conversions and touches.
ENGLISH_WORDS = {
    *("the", "of", "and", "with", "without", "are", "is", "was", "were", "not", "they", "their", "there"),
    *("than", "which", "that", "them", "its", "has", "have", "been", "no", "spend", "between", "before"),
    *("after", "each", "every", "only"),
}


def english_in(text: str) -> set[str]:
    """Return the English words of a French text, of what is no code and no name."""
    prose = re.sub(r"'[^']*'|\"[^\"]*\"|\S*[=_(\[]\S*|#.*", " ", text)
    return set(re.findall(r"[a-zà-ÿ]+", prose.lower())) & ENGLISH_WORDS


def said_in_french(*texts: str) -> None:
    """Assert that each text is a sentence of the catalogue, and French where French is asked for."""
    for text in texts:
        assert isinstance(text, Sentence), text
        assert not english_in(FRENCH.say(text)), FRENCH.say(text)


def checks_in_french(checks) -> None:
    """Assert it of the findings of checks, and of what helps where that is no code."""
    for check in checks:
        said_in_french(check.text)
        if check.fix and not said(check.fix)[0].startswith("Fix: "):
            said_in_french(check.fix)
