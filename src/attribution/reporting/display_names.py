"""What channels, models and goals are called in a report: as its caller says, else as its language has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attribution.errors import CreditError
from attribution.language.catalogue import Language
from attribution.reporting.formats import clean

_HINT = 'labels={"organic_search": "Organic search"}'


def labelled(words: Language, names: Iterable[str], labels: Mapping[str, str] | None) -> Language:
    """Return a language that calls names as `labels` say, and others as it has them by default.

    A default that would make two names look alike is not used.

    Parameters
    ----------
    words
        The language of the report.
    names
        Those of the report: channels, models, other dimensions, goals.
    labels
        What to call them; names that the report has not are passed over, so that one mapping serves many.

    Raises
    ------
    CreditError
        If the labels are no texts, or make two names look alike.
    """
    given = _checked(labels)
    known = list(dict.fromkeys(map(str, names)))
    usual = {name: words.texts.get(f"name.{name}", name) for name in known}
    shown = {name: given.get(name, str(usual[name])) for name in known}
    taken = Counter(shown.values())
    shown = {name: name if taken[text] > 1 and name not in given else text for name, text in shown.items()}
    _refuse_alike(shown)
    return words.with_labels({name: text for name, text in shown.items() if text != name})


def _checked(labels: object) -> Mapping[str, str]:
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        msg = f"labels is of type {type(labels).__name__}, not a mapping from names to what they are called"
        raise CreditError(msg, column="labels", hint=_HINT)
    for name, text in labels.items():
        if not isinstance(name, str) or not isinstance(text, str) or not clean(text).strip():
            msg = f"labels[{name!r}] = {text!r}: both must be text, and what is shown is never empty"
            raise CreditError(msg, column="labels", hint=_HINT)
    return {name: clean(text) for name, text in labels.items()}


def _refuse_alike(shown: Mapping[str, str]) -> None:
    first: dict[str, str] = {}
    for name, text in shown.items():
        if text in first:
            msg = f"{first[text]!r} and {name!r} would look alike: {text!r}"
            hint = f"labels={{{first[text]!r}: {first[text] + ' 1'!r}, {name!r}: {name + ' 2'!r}}}"
            raise CreditError(msg, column="labels", hint=hint)
        first[text] = name
