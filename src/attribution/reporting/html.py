"""`report` and the `Report` that it returns: one self-contained HTML page, Markdown, or files of tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from attribution._checks import whole
from attribution._display import Display
from attribution._files import atomic_write
from attribution.diagnostics import CheckResult
from attribution.errors import CreditError
from attribution.language.catalogue import ENGLISH, Language
from attribution.language.catalogue import language as language_of
from attribution.reporting.blocks import Section, Table
from attribution.reporting.experiment_sections import find
from attribution.reporting.formats import clean
from attribution.reporting.logo import data_uri
from attribution.reporting.request import by_unit, refuse_others
from attribution.reporting.sections import Material, by_channel, check_sections, make_sections, period_of

if TYPE_CHECKING:
    import jinja2
    import pandas as pd

    from attribution.calibration.calibrate import Outcome
    from attribution.calibration.calibration import Calibration
    from attribution.credit.credit import Credit
    from attribution.evaluation.synergy_result import Synergy
    from attribution.journeys.flows import Flows
    from attribution.journeys.journeys import Journeys
    from attribution.journeys.lags import Lags


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

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as one HTML page, and write it where a path is given.

        The page holds everything that it shows: it runs no script and asks the network for nothing. Names
        are escaped wherever they stand. The same inputs give the same bytes.

        Parameters
        ----------
        path
            A file to write; it is replaced only by a complete page.

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
        return _written(text, path)

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the report as Markdown, and write it where a path is given.

        Tables become pipe tables; figures are told in words.

        Parameters
        ----------
        path
            A file to write; it is replaced only by a complete text.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        from attribution.reporting.markdown import to_markdown

        return _written(to_markdown(self.title, self.subtitle, self.sections), path)

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
        from attribution.reporting.export import write_tables

        return write_tables(self.tables, folder, kind, bom=bom)


def _written(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        with atomic_write(path, text=True) as file:
            file.write(text)
    return text


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
    environment.globals["trusted"] = Markup  # only for drawings made by _draw
    return environment


def report(
    credit: Credit,
    *,
    spend: Any = None,
    lifts: Mapping[str, Outcome | Sequence[Outcome]] | None = None,
    calibration: Calibration | None = None,
    journeys: Journeys | None = None,
    paths: pd.DataFrame | None = None,
    flows: Flows | None = None,
    lags: Sequence[Lags] = (),
    synergy: Synergy | None = None,
    checks: Sequence[CheckResult] | None = None,
    sections: Sequence[str] | None = None,
    title: str | None = None,
    logo: str | os.PathLike[str] | None = None,
    language: str = "en",
    currency: str | None = None,
    decimals: int | None = None,
    top_paths: int = 20,
    manifest: Mapping[str, Any] | None = None,
) -> Report:
    """Put credit, incremental effects, money, journeys and findings together for a reader.

    Parameters
    ----------
    credit
        From `attribute`, of one model or several. With ``bootstrap=`` the report tells how sure it is.
    spend
        Costs, as `Credit.with_spend` takes them, or as `Costs` with rates or other options of `with_spend`;
        leave out where `credit` has its costs already.
    lifts
        What experiments found, by channel, as `calibrate` takes them: what was incremental is then set
        beside what is credited.
    calibration
        What `calibrate` made of the credit.
    journeys
        The journeys that the credit came from, for the sections that credit alone cannot fill.
    paths
        What `path_counts` returned, in place of journeys that are not in memory.
    flows, lags
        What `Journeys.flows` returned; what `Journeys.time_to_convert` and `Journeys.touches_to_convert` did.
        By default they are made from `journeys`.
    synergy
        What `synergy` found of the pairs of channels.
    checks
        What `EventLog.audit` found. Example rows stay out of the report: they name users.
    sections
        Names of the sections to show, in order; all that there is something to say about by default:
        ``findings``, ``credit``, ``incremental``, ``calibration``, ``money``, ``sure``, ``over_time``,
        ``roles``, ``customers``, ``breakdown``, ``journey_map``, ``time_to_convert``, ``paths``, ``synergy``,
        ``holdouts``, ``unattributed``, ``audit``, ``limits``, ``settings``.
    title
        The title of the page.
    logo
        A PNG, JPEG or SVG file of at most 256 KiB, which becomes part of the page.
    language
        ``"en"`` or ``"fr"``: texts, numbers and dates. What checks found stays in English.
    currency, decimals
        How amounts of money are written; by default as `credit` says.
    top_paths
        How many paths are listed, 0 for none.
    manifest
        Facts about the run, nested as you like, shown at the end.

    Returns
    -------
    Report
        With `to_html`, `to_markdown` and `to_tables`; `tables` holds the frames behind the tables.

    Raises
    ------
    CreditError
        If the spend does not fit the credit, a channel, section or language is unknown, or the logo cannot
        be used.

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
    from dataclasses import replace

    refuse_others(locals())
    whole(top_paths, "top_paths", least=0, error=CreditError)
    words, names = language_of(language), check_sections(sections)
    if spend is not None:
        credit = credit.with_spend(spend)
    if currency is not None:
        credit = replace(credit, currency=currency)
    if decimals is not None:
        credit = replace(credit, decimals=decimals)
    channels = by_channel(credit)
    material = Material(
        words=words,
        credit=credit,
        channels=channels,
        journeys=journeys,
        paths=paths,
        top_paths=top_paths,
        checks=checks,
        found=find(channels, lifts),
        calibration=calibration,
        synergy=synergy,
        flows=flows,
        lags=by_unit(lags),
        manifest=manifest,
    )
    picture = "" if logo is None else data_uri(logo)
    heading = words("title") if title is None else clean(title)
    return Report(heading, period_of(words, credit), make_sections(material, names), words, picture)
