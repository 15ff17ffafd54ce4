"""`report` and the `Report` that it returns: one self-contained HTML page, or Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution._checks import whole
from attribution._display import Display
from attribution._files import atomic_write
from attribution.diagnostics import CheckResult
from attribution.errors import CreditError
from attribution.reporting.blocks import Section, Table
from attribution.reporting.formats import clean
from attribution.reporting.sections import make_sections, period_of

if TYPE_CHECKING:
    import os

    import jinja2
    import pandas as pd

    from attribution.credit.credit import Credit
    from attribution.journeys.journeys import Journeys


@dataclass(frozen=True, eq=False, repr=False)
class Report(Display):
    """A report: sections of sentences, tables and figures, ready to be written.

    Attributes
    ----------
    title, subtitle
        The head of the page.
    sections
        What it says, in order.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]

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
            If the file cannot be written.
        """
        from attribution import __version__

        page = _environment().get_template("report.html.j2")
        text = page.render(
            title=self.title, subtitle=self.subtitle, sections=self.sections, version=__version__
        )
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
    journeys: Journeys | None = None,
    paths: pd.DataFrame | None = None,
    checks: Sequence[CheckResult] | None = None,
    title: str = "Marketing attribution",
    currency: str | None = None,
    decimals: int | None = None,
    top_paths: int = 20,
    manifest: Mapping[str, Any] | None = None,
) -> Report:
    """Put credit, money, paths and findings together for a reader.

    Parameters
    ----------
    credit
        From `attribute`, of one model or several.
    spend
        Costs, as `Credit.with_spend` takes them; leave out where `credit` has its costs already.
    journeys
        The journeys that the credit came from, for the top paths.
    paths
        What `path_counts` returned, in place of journeys that are not in memory.
    checks
        What `EventLog.audit` found. Example rows stay out of the report: they name users.
    title
        The title of the page.
    currency, decimals
        How amounts of money are written; by default as `credit` says.
    top_paths
        How many paths are listed, 0 for none.
    manifest
        Facts about the run, nested as you like, shown at the end.

    Returns
    -------
    Report
        With `to_html` and `to_markdown`; `tables` holds the frames behind the tables.

    Raises
    ------
    CreditError
        If the spend does not fit the credit.

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

    _refuse_others(credit, journeys, paths, checks, manifest)
    whole(top_paths, "top_paths", least=0, error=CreditError)
    if spend is not None:
        credit = credit.with_spend(spend)
    if currency is not None:
        credit = replace(credit, currency=currency)
    if decimals is not None:
        credit = replace(credit, decimals=decimals)
    sections = make_sections(credit, journeys, paths, checks, top_paths=top_paths, manifest=manifest)
    return Report(clean(title), period_of(credit), sections)


def _refuse_others(credit: object, journeys: object, paths: object, checks: object, manifest: object) -> None:
    """Raise CreditError for an argument that is not what its name says."""
    import pandas as pd

    from attribution.credit.credit import Credit
    from attribution.journeys.journeys import Journeys

    for name, value, kind, hint in (
        ("credit", credit, Credit, "at.report(at.attribute(log, models))"),
        ("journeys", journeys, Journeys | None, "at.report(credit, journeys=at.build_journeys(log))"),
        ("paths", paths, pd.DataFrame | None, "at.report(credit, paths=at.path_counts(log))"),
        ("checks", checks, Sequence | None, "at.report(credit, checks=log.audit())"),
        ("manifest", manifest, Mapping | None, 'at.report(credit, manifest={"run": "weekly"})'),
    ):
        if not isinstance(value, kind):
            msg = f"{name} is of type {type(value).__name__}"
            raise CreditError(msg, column=name, hint=hint)
