"""`report` and the `Report` that it returns: one self-contained HTML page, Markdown, or files of tables."""

from __future__ import annotations

import html
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, overload

import numpy as np

from attribution._checks import whole
from attribution._display import Display
from attribution._files import atomic_write
from attribution._migration import tells_places
from attribution.credit.table import fold
from attribution.errors import CreditError
from attribution.kernels.clocks import UTC, clock_time
from attribution.language.catalogue import ENGLISH, Language
from attribution.language.catalogue import language as language_of
from attribution.reporting.blocks import Section, Table
from attribution.reporting.contents import FOLDED, SECTIONS, FactKeywords, check_sections
from attribution.reporting.display_names import labelled
from attribution.reporting.facts import ReportFacts
from attribution.reporting.formats import UNATTRIBUTED, clean, css_text, day
from attribution.reporting.logo import data_uri
from attribution.reporting.needs import Asked
from attribution.reporting.recipe import Material

if TYPE_CHECKING:
    import jinja2
    import pandas as pd

    from attribution.credit.credit import Credit

logger = logging.getLogger(__name__)

_FRAME_HEIGHT = 720  # CSS pixels of a report in a notebook: a screen, in which it scrolls


@dataclass(frozen=True, eq=False, repr=False)
class Report(Display):
    """A report: sections of sentences, tables and figures, ready to be written.

    Attributes
    ----------
    title, subtitle
        The head of the page.
    sections
        What it says, in order.
    words
        The language that it is written in.
    logo
        A picture for the head of the page, as a ``data:`` URI; empty for none.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    words: Language = ENGLISH
    logo: str = ""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The frames behind the tables, unrounded, by name; in the page, ``id="table-<name>"``."""
        return {table.name: table.frame for table in self._all_tables()}

    def _all_tables(self) -> list[Table]:
        return [block for section in self.sections for block in section.blocks if isinstance(block, Table)]

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that its style and the notebook's stay apart."""
        page, title = (html.escape(text, quote=True) for text in (self.to_html(), self.title))
        return (
            f'<iframe srcdoc="{page}" title="{title}" sandbox="" width="100%" height="{_FRAME_HEIGHT}" '
            'style="border:0"></iframe>'
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the contents: one row a table, with its section, its caption and its number of rows."""
        import pandas as pd

        rows = [
            (section.title, block.name, block.caption, len(block.frame))
            for section in self.sections
            for block in section.blocks
            if isinstance(block, Table)
        ]
        return pd.DataFrame(rows, columns=["section", "table", "caption", "rows"])

    def _title(self) -> str:
        return f"Report: {self.title} ({self.subtitle})" if self.subtitle else f"Report: {self.title}"

    @overload
    def to_html(self) -> str: ...

    @overload
    def to_html(self, path: None) -> str: ...

    @overload
    def to_html(self, path: str | os.PathLike[str]) -> Path: ...

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str | Path:
        """Return the report as one HTML page, or write it where a path is given.

        The page holds everything that it shows: it runs no script and asks the network for nothing. Names
        are escaped wherever they stand. The same inputs give the same bytes.

        Parameters
        ----------
        path
            A file to write; it is replaced only by a complete page.

        Returns
        -------
        str or Path
            The page; where it was written, the path.

        Raises
        ------
        OutputError
            If the file cannot be written; what was there before is unchanged.
        """
        from attribution import __version__

        text = _environment().get_template("report.html.j2").render(
            title=self.title,
            subtitle=self.subtitle,
            sections=self.sections,
            words=self.words,
            logo=self.logo,
            version=__version__,
        )  # fmt: skip
        return text if path is None else _written(text, path)

    @overload
    def to_markdown(self) -> str: ...

    @overload
    def to_markdown(self, path: None) -> str: ...

    @overload
    def to_markdown(self, path: str | os.PathLike[str]) -> Path: ...

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str | Path:
        """Return the report as Markdown, or write it where a path is given.

        Tables become pipe tables; figures are told in words.

        Parameters
        ----------
        path
            A file to write; it is replaced only by a complete text.

        Returns
        -------
        str or Path
            The text; where it was written, the path.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        from attribution.reporting.markdown import to_markdown

        text = to_markdown(self.title, self.subtitle, self.sections)
        return text if path is None else _written(text, path)

    def to_tables(
        self,
        folder: str | os.PathLike[str],
        kind: Literal["parquet", "csv"] = "parquet",
        *,
        bom: bool = False,
    ) -> dict[str, Path]:
        """Write every table of the report to a file of its own, unrounded.

        All files are complete before the first takes its place; other files in the folder stay.

        Parameters
        ----------
        folder
            Where; it is made where it is missing.
        kind
            ``"parquet"`` or ``"csv"`` (UTF-8; text that a spreadsheet would run as a formula is written with
            a leading apostrophe).
        bom
            Whether CSV files begin with a byte order mark, by which Excel knows that they are UTF-8.

        Returns
        -------
        dict
            The path of each table's file, by the table's name.

        Raises
        ------
        OutputError
            If the kind is unknown or the files cannot be written.
        """
        from attribution.reporting.report_tables import write_tables

        return write_tables(self.tables, folder, kind, bom=bom)


def _written(text: str, path: str | os.PathLike[str]) -> Path:
    with atomic_write(path, text=True) as file:
        file.write(text)
    return Path(path)


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["block_kind"] = lambda block: type(block).__name__
    environment.globals["trusted"] = Markup  # only for drawings made by _draw, and for what css_text returns
    environment.globals["css_text"] = css_text
    return environment


@tells_places(CreditError)
def report(
    credit: Credit,
    facts: ReportFacts | None = None,
    *,
    preset: Literal["brief", "full"] = "full",
    spend: Any = None,
    sections: Sequence[str] | None = None,
    title: str | None = None,
    logo: str | os.PathLike[str] | None = None,
    language: str = "en",
    currency: str | None = None,
    decimals: int | None = None,
    top_paths: int = 20,
    labels: Mapping[str, str] | None = None,
    **given: Unpack[FactKeywords],
) -> Report:
    """Put credit, incremental effects, money, journeys and findings together for a reader.

    Parameters
    ----------
    credit
        From `attribute`, of one model or several. With ``bootstrap=`` the report tells how sure it is.
    facts
        What is known beside it, as one value; or leave it out and give the facts one by one, see below.
    preset
        ``"full"``, or ``"brief"``: what it comes to in one screen and on two sheets, the main tables folded
        below.
    spend
        Costs, as `Credit.with_spend` takes them, or as `Costs` with rates or other options of `with_spend`;
        leave out where `credit` has its costs already.
    sections
        Names of the sections to show, in order; all that there is something to say about by default:
        ``answer``, ``next``, ``findings``, ``credit``, ``incremental``, ``calibration``, ``budget``,
        ``money``, ``sure``, ``over_time``, ``activity``, ``customers``, ``breakdown``, ``journey_map``,
        ``time_to_convert``, ``paths``, ``synergy``, ``holdouts``, ``unattributed``, ``audit``, ``limits``,
        ``settings``.
    title
        The title of the page.
    logo
        A PNG, JPEG or SVG file of at most 256 KiB, which becomes part of the page.
    language
        ``"en"`` or ``"fr"``: texts, numbers and dates; what a check of your own says stays as it is.
    currency, decimals
        How amounts of money are written; by default as `credit` says.
    top_paths
        How many paths are listed, 0 for none.
    labels
        What to call channels, models, goals and the values of other dimensions, by their names; names that
        the report has not are passed over. Models and the channels of the default grouping have names by
        default, such as "Last touch" and "Organic search". The frames keep the names of the data.
    **given
        Facts, in place of `facts`; ``facts.with_facts(...)`` adds to those. ``journeys``: the journeys that
        the credit came from, or what `tally_journeys` made of a log, for the sections that credit alone
        cannot fill. ``lifts``: what experiments found, by channel, as `calibrate` takes them: what was
        incremental is then set beside what is credited. ``calibration``: what `calibrate` made of the credit.
        ``budget``: what `advise_budget` made of that.
        ``checks``: what `EventLog.audit` found; example rows stay out of the report, because they name users.
        ``synergy``: what `synergy` found of the pairs of channels. ``manifest``: facts about the run, nested
        as you like, shown at the end. ``paths``, ``flows`` and ``lags``, in place of those made of the
        journeys: what `path_counts`, `Journeys.flows`, and `Journeys.time_to_convert` and
        `Journeys.touches_to_convert` returned.

    Returns
    -------
    Report
        With `to_html`, `to_markdown` and `to_tables`; `tables` holds the frames behind the tables.

    Raises
    ------
    CreditError
        If the spend does not fit the credit, a fact is not what its name says, a channel, section or language
        is unknown, no section that was asked for by name has anything to say, two names would look alike by
        their labels, or the logo cannot be used.

    Examples
    --------
    >>> import attribution as at
    >>> paths = {"path": ["search > email", "email"], "conversions": [3, 1], "nulls": [5, 9]}
    >>> journeys = at.read_paths(paths)
    >>> page = at.report(at.attribute(journeys, ["first_touch", "last_touch"]), journeys=journeys)
    >>> page.tables["credit"]
               channel  first_touch  last_touch
    0           search          3.0         0.0
    1            email          1.0         4.0
    2  All conversions          4.0         4.0
    """
    known = _checked(credit, facts, title, given)
    whole(top_paths, "top_paths", least=0, error=CreditError)
    words, names = language_of(language), check_sections(sections, preset)
    if spend is not None:
        credit = credit.with_spend(spend)
    if currency is not None:
        credit = credit.with_look(currency=currency)
    if decimals is not None:
        credit = credit.with_look(decimals=decimals)
    words = labelled(words, _names(credit, known), labels)
    channels = fold(credit, ("channel",))
    asked = Asked(credit.by, () if preset == "full" and sections is None else names, top_paths)
    material = Material(
        words, credit, channels, top_paths, known.by_need(channels), known.journeys_for(asked)
    )
    picture = "" if logo is None else data_uri(logo)
    heading = words("title") if title is None else clean(title)
    folded = FOLDED[preset] if sections is None else frozenset[str]()
    made = tuple(replace(material.section(SECTIONS[name]), folded=name in folded) for name in names)
    shown = tuple(section for section in made if section.blocks)
    if sections is not None:
        _tell_empty([section.name for section in made if not section.blocks], none=not shown)
    return Report(heading, _period(words, credit), shown, words, picture)


def _names(credit: Credit, facts: ReportFacts) -> list[str]:
    """Return the names that a report shows: of models, channels and other dimensions, goals, arms."""
    names = [*credit.models, *(str(name) for key in credit.keys for name in dict.fromkeys(key.tolist()))]
    goal: Any = credit.settings.get("goal") or ()
    names += [goal] if isinstance(goal, str) else map(str, goal)
    for entry in (facts.given.get("lifts") or {}).values():
        for one in entry if isinstance(entry, Sequence) else [entry]:
            lift = getattr(one, "lift", one)
            names += [
                str(name) for name in (getattr(lift, "outcome", None), *getattr(lift, "arms", ())) if name
            ]
    return [name for name in names if name != UNATTRIBUTED]


def _checked(credit: object, facts: object, title: object, given: FactKeywords) -> ReportFacts:
    """Return all facts as one value, or raise CreditError for what is not what its name says."""
    from attribution.credit.credit import Credit

    for name, value, kind, hint in (
        ("credit", credit, Credit, "at.report(at.attribute(log, models))"),
        ("facts", facts, ReportFacts | None, "at.report(credit, at.ReportFacts(checks=log.audit()))"),
        ("title", title, str | None, 'at.report(credit, title="Attribution, week 47")'),
    ):
        if not isinstance(value, kind):
            msg = f"{name} is of type {type(value).__name__}"
            raise CreditError(msg, column=name, hint=hint)
    own = ReportFacts(**given)
    if facts is None:
        return own
    assert isinstance(facts, ReportFacts)
    if own.given:
        said = ", ".join(f"{name}=..." for name in own.given)
        nones = ", ".join(f"{name}=None" for name in own.given)
        first = next(iter(own.given))
        msg = f"{first}= stands beside facts=, which has a place for it"
        raise CreditError(msg, column=first, hint=f"facts=facts.with_facts({said}), {nones}")
    return facts


def _tell_empty(names: Sequence[str], *, none: bool) -> None:
    """Say which sections that were asked for hold nothing, and what each needs; refuse if all are so."""
    if not names:
        return
    hints = dict.fromkeys(need.hint for name in names for need in SECTIONS[name].needs if need.hint)
    missing = f"nothing is known for {', '.join(map(repr, names))}"
    if none:
        msg = f"the report would be empty: {missing}"
        raise CreditError(msg, column="sections", hint=", or ".join(hints) or None)
    logger.warning("%s: not in the report%s", missing, "".join(f"; {hint}" for hint in hints))


def _period(words: Language, credit: Credit) -> str:
    """Return the time that the credit is about, in words; empty where it is not known."""
    if credit.window is None:
        return ""
    shown = clock_time(np.array(credit.window), str(credit.settings.get("timezone", UTC)))
    first, last = (day(instant, words) for instant in shown.tolist())
    return first if first == last else words("period", first=first, last=last)
