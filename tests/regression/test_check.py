"""What check says, what it refuses, and what its files hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import attribution as at
from attribution import cli
from attribution.errors import AttributionError, BaselineError
from attribution.models.log_profile import profile_of, steps_of_credit, tally_profile
from attribution.regression import check_text, transitions
from attribution.regression.log_drift import chance_psi, psi, shift
from attribution.regression.store import as_baseline, read_baseline
from attribution.regression.tolerance import tolerance

PATHS = {
    "path": ["ad > email", "email", "ad", "ad > search > email"],
    "conversions": [20, 10, 5, 8],
    "nulls": [90, 40, 70, 30],
}


def journeys(**changes):
    return at.read_paths(PATHS | changes)


def credit(models=("linear", "markov"), **changes):
    return at.attribute(journeys(**changes), list(models))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return at.datasets.simulate(1_500, seed=3, days=90).write(tmp_path_factory.mktemp("data"))


def job(data: Path, name: str, more: str = "", models: str = '["linear", "markov"]') -> Path:
    config = data / f"{name}.toml"
    config.write_text(
        f"models = {models}\n[log]\ntouches = 'touches.parquet'\nconversions = 'conversions.parquet'\n"
        f"[journeys]\ngoal = 'purchase'\n[report]\nsections = ['findings']\n"
        f"[output]\nfolder = '{data / name}'\n{more}",
        encoding="utf-8",
    )
    return config


@pytest.fixture(scope="module")
def folder(data) -> Path:
    at.run(at.load_config(job(data, "out")))
    return data / "out"


# ------------------------------------------------------------------------------------------- what it says


def test_the_worst_channel_is_named_first_with_its_numbers():
    old = credit()
    new = replace(old, conversions=old.conversions * np.array([[1.0, 1.5, 1.001]]))
    found = at.check(new, old)["credit[linear]"]
    assert found.text.startswith("email, conversions: ")
    assert "(+50%)" in found.text
    assert found.count == 2
    assert found.rows[0]["new"] == pytest.approx(1.5 * found.rows[0]["old"])
    assert "--update-baseline" in found.fix


def test_failed_checks_come_first_and_lost_conservation_before_all():
    old = credit()
    new = replace(old, conversions=old.conversions * 1.5)
    checks = at.check(new, as_baseline(old, journeys=journeys()), journeys=journeys())
    order = [check.passed for check in checks]
    assert order == sorted(order, key=[False, None, True].index)
    assert checks[0].name.startswith("conservation")
    assert check_text.worst(checks).startswith("conservation")


def test_a_tie_that_flips_is_no_change_of_rank():
    old = credit(["first_touch"], conversions=[10, 10, 0, 0])
    share = np.array([[10.0 + 1e-9, 10.0 - 1e-9, 0.0]])
    assert at.check(replace(old, conversions=share), old)["ranks[first_touch]"].passed


def test_nothing_is_judged_that_is_not_known():
    checks = at.check(credit(["linear"]), credit(["linear"]))
    for name in ("conservation[linear]", "log", "transitions"):
        assert checks[name].passed is None
        assert checks[name].text.startswith("not checked: ")
    assert checks.passed


def test_sampling_noise_passes_on_request_and_says_so():
    log = at.datasets.simulate(4_000, seed=1, days=90)
    built = at.build_journeys(at.read_log(log.touches, log.conversions))
    first = at.attribute(built, "linear", bootstrap=100, rng=1)
    half = np.random.default_rng(2).random(len(built)) < 0.9
    second = at.attribute(built.take(half), "linear", bootstrap=100, rng=1)
    assert not at.check(second, first).passed
    checks = at.check(second, first, sampling=True, share_points=0)
    assert checks["credit[linear]"].passed
    assert "sampling noise (bootstrap)" in checks["credit[linear]"].text
    assert checks["ranks[linear]"].passed
    assert checks["shares[linear]"].passed


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_standard_errors_survive_the_file(tmp_path, kind):
    log = at.datasets.simulate(1_000, seed=1, days=60)
    built = at.build_journeys(at.read_log(log.touches, log.conversions))
    made = at.attribute(built, ["linear", "markov"], by=("channel", "week"), bootstrap=20, rng=1)
    direct = as_baseline(made, journeys=built)
    stored = read_baseline(at.save_baseline(made, tmp_path / f"b.{kind}", journeys=built))
    assert np.array_equal(
        np.sort(stored.errors.ravel()), np.sort(direct.errors.ravel())
    )  # rows of JSON are sorted by label
    assert stored.log == direct.log
    assert stored.transitions == direct.transitions
    assert stored.settings == direct.settings
    assert stored.window == direct.window
    assert at.check(made, stored, journeys=built).passed


def test_atol_rtol_and_share_points_let_pass():
    old = credit(["linear"])
    new = replace(old, conversions=old.conversions * np.array([[1.01, 0.99, 1.0]]))
    assert at.check(new, old, rtol=0.02, share_points=1).passed
    assert at.check(new, old, atol=1, share_points=1).passed
    failed = [check.name for check in at.check(new, old, rtol=0.02).failed]
    assert failed == ["shares[linear]"]


def test_spend_that_changed_is_found(tmp_path):
    old, new = (credit(["linear"]).with_spend({"ad": 100.0, "email": cost}) for cost in (40.0, 80.0))
    stored = at.save_baseline(old, tmp_path / "b.json")
    assert at.check(old, stored)["cost"].passed
    found = at.check(new, stored)["cost"]
    assert found.text == "email, cost: 40 -> 80 (+100%); 1 cell moved"
    assert at.check(credit(["linear"]), stored)["cost"].passed is None


@pytest.mark.parametrize(
    "settings",
    [{"nulls": False}, {"after_conversion": "overlap"}, {"max_touches": 3}, {"drop_censored": True}],
    ids=str,
)
def test_days_whose_touches_depend_on_later_ones_are_not_held_against_a_log_that_grew(settings):
    data = at.datasets.simulate(6_000, seed=9, days=100)
    made = []
    frames = [table.to_pandas() for table in (data.touches, data.conversions)]
    for day in ("2025-04-01", "2025-04-08"):
        tables = [frame[frame["time"] < day] for frame in frames]
        built = at.build_journeys(at.read_log(*tables), goal="purchase", **settings)
        made.append((at.attribute(built, "linear"), built))
    (old, before), (new, after) = made
    checks = at.check(new, as_baseline(old, journeys=before), mode="nightly", journeys=after)
    assert checks.passed, str(checks.failed)
    assert checks["log.history"].passed  # of conversions
    assert checks["log.missing_days"].passed is None


# ---------------------------------------------------------------------------------------------- by hand


def test_a_profile_counts_what_is_there():
    # By hand: a user with touches at 01:30 and 02:10 and an order of 25 at 03:00; another touches at 23:00.
    touches = {
        "user_id": [1, 1, 2], "channel": ["a", "b", "a"],
        "time": ["2026-01-01T01:30", "2026-01-01T02:10", "2026-01-02T23:00"],
    }  # fmt: skip
    orders = {"user_id": [1, 3], "time": ["2026-01-01T03:00", "2026-01-02T03:30"], "value": [25.0, 0.0]}
    built = at.build_journeys(at.read_log(touches, orders))
    assert profile_of(tally_profile(built)) == {
        "amounts": {
            "conversions": 2, "converting": 1, "journeys": 2, "squared_value": 625, "touches": 3,
            "unattributed": 1, "users": 3, "value": 25,
        },
        "channels": {"a": 2, "b": 1},
        "conversion_days": {"2026-01-01": 1, "2026-01-02": 1},
        "conversion_day_hours": {"2026-01-01 03": 1, "2026-01-02 03": 1},
        "conversion_hours": {"03": 2},
        "day_hours": {"2026-01-01 01": 1, "2026-01-01 02": 1, "2026-01-02 23": 1},
        "day_waits": {"2026-01-01 1h": 1, "2026-01-02 none": 1},  # 50 minutes; no touch
        "days": {"2026-01-01": 2, "2026-01-02": 1},
        "hours": {"01": 1, "02": 1, "23": 1},
        "lengths": {"1": 1, "2": 1},
        "values": {"0": 1, "17.8": 1},
    }  # fmt: skip


def test_profiles_of_parts_add_up():
    log = at.datasets.simulate(800, seed=2, days=60)
    built = at.build_journeys(at.read_log(log.touches, log.conversions))
    cut = int(np.flatnonzero(built.user != built.user[len(built) // 2])[-1] // 2)
    while built.user[cut] == built.user[cut - 1]:
        cut += 1
    parts = tally_profile(built.between(0, cut)) + tally_profile(built.between(cut, len(built)))
    whole, summed = profile_of(tally_profile(built)), profile_of(parts)
    assert whole.keys() == summed.keys()
    for part, held in whole.items():
        assert summed[part] == pytest.approx(held, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_transition_counts_do_not_depend_on_the_order(order):
    built = journeys()
    at_order = at.attribute(built, at.Markov(order=order))
    # By hand: 43 conversions and 230 other journeys; `ad` starts the first, third and fourth path.
    assert steps_of_credit(at_order) == {
        "(start)": {"ad": 223, "email": 50},
        "ad": {"email": 110, "search": 38, "(conversion)": 5, "(null)": 70},
        "email": {"(conversion)": 38, "(null)": 160},
        "search": {"email": 38},
    }


def test_drift_of_transitions_by_hand():
    # One state of two; half of its steps go elsewhere, and it has half of the traffic: a quarter.
    old = {"(start)": {"a": 10.0}, "a": {"(null)": 10.0}}
    new = {"(start)": {"a": 10.0}, "a": {"(null)": 5.0, "(conversion)": 5.0}}
    found = transitions.check(old, new, tolerance("pinned", None))[0].check
    assert found.passed is False
    assert "25.00% of all steps" in found.text
    assert found.rows[0]["old"] in {0.0, 1.0}


def test_psi_by_hand_and_by_chance():
    # (0.6 - 0.5) ln(0.6 / 0.5) + (0.4 - 0.5) ln(0.4 / 0.5) = 0.04055, but for the half counts
    assert psi(np.array([5e6, 5e6]), np.array([6e6, 4e6]))[0] == pytest.approx(0.0405465, abs=1e-6)
    # Simulation with known truth: of two samples of one population few exceed four deviations.
    rng = np.random.default_rng(4)
    draws = [psi(*rng.multinomial(2_000, np.ones(20) / 20, 2).astype(float))[0] for _ in range(400)]
    assert np.mean(np.array(draws) > chance_psi(20, 2_000, 2_000, 4.0)) < 0.01
    assert np.mean(draws) == pytest.approx(19 * 2 / 2_000, rel=0.1)


@pytest.mark.parametrize("hours", [-3, -1, 0, 1, 2, 12])
def test_a_shifted_clock_is_read(hours):
    day = 1_000 + 900 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    rng = np.random.default_rng(6)
    assert shift(rng.poisson(day).astype(float), np.roll(rng.poisson(day), hours).astype(float)) == hours


# -------------------------------------------------------------------------------------- what it refuses


def test_other_settings_are_refused_by_name(data):
    log = at.read_log(data / "touches.parquet", data / "conversions.parquet")
    old, new = (at.attribute(log, "linear", lookback=window) for window in ("30D", "15D"))
    with pytest.raises(BaselineError, match="lookback was '30D' and is '15D'") as caught:
        at.check(new, old)
    assert caught.value.column == "lookback"
    for despite in ("lookback", ("settings",)):
        found = at.check(new, old, despite=despite)["settings"]
        assert found.passed is None
        assert "despite lookback '30D' -> '15D'" in found.text
    with pytest.raises(BaselineError, match="did you mean 'lookback'"):
        at.check(new, old, despite="lokback")


def test_models_of_other_parameters_are_refused_and_other_models_are_a_finding():
    old = at.attribute(journeys(), {"m": at.Markov(order=1)})
    with pytest.raises(BaselineError, match=r"models\.m was .Markov\(order=1.* and is .Markov\(order=2"):
        at.check(at.attribute(journeys(), {"m": at.Markov(order=2)}), old)
    found = at.check(credit(["linear"]), old)["models"]
    assert found.text == "m vanished; linear new"


def test_another_breakdown_is_refused(data):
    log = at.read_log(data / "touches.parquet", data / "conversions.parquet")
    with pytest.raises(BaselineError, match="by channel and week"):
        at.check(at.attribute(log, "linear", by=("channel", "week")), at.attribute(log, "linear"))


def damaged(change, suffix="json"):
    """Return how a baseline is written and its text changed."""

    def write(folder: Path) -> Path:
        path = at.save_baseline(credit(), folder / "a.json")
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        return path.rename(path.with_suffix(f".{suffix}"))

    return write


def without(old: str, new: str):
    return damaged(lambda whole: whole.replace(old, new))


def _with(whole: str, **changed: object) -> str:
    return json.dumps({**json.loads(whole), **changed})


def _twice(whole: str) -> str:
    rows = json.loads(whole)["credit"]
    return _with(whole, credit=[*rows, rows[0]])  # what a merge that kept both sides leaves


BAD = {
    "not there": lambda folder: folder / "missing.json",
    "empty": damaged(lambda _: ""),
    "cut": damaged(lambda whole: whole[:300]),
    "other JSON": damaged(lambda _: '{"a": 1}'),
    "a list": damaged(lambda _: "[]"),
    "newer": without('"schema": 1', '"schema": 2'),
    "settings by hand": without("order=1", "order=2"),
    "no credit": without('"credit"', '"kredit"'),
    "text for a number": without('"conversions": ', '"conversions": "x" '),
    "a row twice": damaged(_twice),
    "a list for the log's counts": damaged(lambda whole: _with(whole, log=[])),
    "no counts of hours": damaged(lambda whole: _with(whole, log={"hours": None})),
    "text for transitions": damaged(lambda whole: _with(whole, transitions="x")),
    "totals lost": without("attributed_value", "v"),
    "another suffix": lambda folder: folder / "baseline.xlsx",
    "an empty folder": lambda folder: folder,
    "no Parquet": damaged(str, "parquet"),
    "a number": lambda _: 3,
    "nothing": lambda _: None,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_baselines_are_refused_in_words(name, tmp_path):
    path = BAD[name](tmp_path)
    with pytest.raises(AttributionError) as caught:
        at.check(credit(), path)
    assert isinstance(caught.value, BaselineError)


@pytest.mark.parametrize(
    "options",
    [
        {"rtol": -1},
        {"rtol": "x"},
        {"atol": float("nan")},
        {"mode": "nightly "},
        {"sampling": -2},
        {"despite": 3},
    ],
    ids=str,
)
def test_bad_tolerances_are_refused(options):
    with pytest.raises(BaselineError):
        at.check(credit(), credit(), **options)


def test_a_baseline_is_json_or_parquet(tmp_path):
    with pytest.raises(BaselineError, match=r"\.json"):
        at.save_baseline(credit(), tmp_path / "baseline.csv")


# --------------------------------------------------------------------------------------------- the shell


def test_a_run_checks_against_itself_on_any_engine(folder, data, tmp_path, capsys):
    base = tmp_path / "base.json"
    assert cli.main(["check", str(folder), "--baseline", str(base)]) == 2
    assert "--update-baseline" in capsys.readouterr().err
    assert cli.main(["check", str(folder), "--baseline", str(base), "--update-baseline"]) == 0
    assert cli.main(["check", str(folder), "--baseline", str(base)]) == 0
    said = capsys.readouterr()
    assert "ok      log.hours" in said.out
    assert "0 failed" in said.out
    assert said.err == ""
    at.run(at.load_config(job(data, "streamed", "[engine]\nname = 'stream'\n")))
    checks = at.check(data / "streamed", base)
    assert checks.passed
    assert checks["log.history"].passed
    assert at.check(data / "out" / "credit.parquet", base).passed
    assert at.check(data / "out" / "manifest.json", base).passed


def test_the_worst_offender_is_on_stderr_and_machines_get_files(folder, data, tmp_path, capsys):
    base = tmp_path / "base.json"
    assert cli.main(["check", str(folder), "--baseline", str(base), "--update-baseline"]) == 0
    smaller = data / "smaller"
    smaller.mkdir(exist_ok=True)
    table = at.datasets.simulate(1_500, seed=3, days=90)
    log = at.read_log(table.touches.slice(0, table.touches.num_rows // 2), table.conversions)
    built = at.build_journeys(log, goal="purchase")
    new = at.save_baseline(at.attribute(built, ["linear", "markov"]), tmp_path / "new.json", journeys=built)
    capsys.readouterr()
    files = [tmp_path / "checks.xml", tmp_path / "checks.json"]
    code = cli.main(
        ["check", str(new), "--baseline", str(base), "--junit", str(files[0]), "--json", str(files[1])]
    )
    said = capsys.readouterr()
    assert code == 1
    found = json.loads(files[1].read_text(encoding="utf-8"))
    assert found["passed"] is False
    assert said.err.startswith(f"attribution: check failed: {found['worst']}")
    assert said.out.startswith(f"failed  {found['checks'][0]['name']}")
    suite = ET.parse(files[0]).getroot().find("testsuite")
    names = [case.get("name") for case in suite]
    assert names == [check["name"] for check in found["checks"]]
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) > 3
    assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    assert cli.main(["check", str(new), "--baseline", str(base), "--update-baseline"]) == 0
    assert cli.main(["check", str(new), "--baseline", str(base)]) == 0


@pytest.mark.parametrize("moved", [["credit.parquet"], ["credit.parquet", "credit.csv", "report.html"], []])
def test_a_folder_torn_between_renames_is_a_broken_run_and_no_regression(
    data, folder, tmp_path, capsys, monkeypatch, moved
):
    base = tmp_path / "base.json"
    at.save_baseline(folder, base)
    job(data, "torn", '[check]\nbaseline = "previous"\nmode = "nightly"\n')
    config = data / "torn.toml"
    at.run(at.load_config(config))
    config.write_text(config.read_text().replace('"linear", "markov"', '"last_touch"'))
    replaced = Path.replace

    def killed(self: Path, target: Path) -> Path:  # after so many of the four renames
        left_draft = self.parent.name.startswith(".writing-") and target.parent != self.parent
        if left_draft and self.name not in moved:
            raise KeyboardInterrupt
        return replaced(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        at.run(at.load_config(config))
    monkeypatch.undo()
    capsys.readouterr()
    code = cli.main(["check", str(data / "torn"), "--baseline", str(base)])
    said = capsys.readouterr().err
    if not moved:
        assert code == 0
        return
    assert code == 2
    assert "is a broken run" in said
    assert f"Fix: attribution run {config}" in said
    again = at.run(at.load_config(config))  # the next run repairs it, and does not fail for it
    assert [check.name for check in again.regression] == ["baseline"]
    assert again.regression["baseline"].passed is None
    assert at.check(data / "torn", data / "torn").passed


def test_other_settings_exit_with_2_and_can_be_accepted(data, folder, tmp_path, capsys):
    base = tmp_path / "base.json"
    at.save_baseline(folder and at.run(at.load_config(data / "out.toml")), base)
    at.run(at.load_config(job(data, "short", "", '["linear"]')))
    config = job(data, "shorter")
    config.write_text(config.read_text().replace("[journeys]", "[journeys]\nlookback = '7D'"))
    at.run(at.load_config(config))
    capsys.readouterr()
    assert cli.main(["check", str(data / "shorter"), "--baseline", str(base)]) == 2
    assert "lookback was '30D' and is '7D'" in capsys.readouterr().err
    assert cli.main(["check", str(data / "shorter"), "--baseline", str(base), "--despite", "lookback"]) == 1
    assert cli.main(["check", str(data / "shorter"), "--baseline", str(base), "--update-baseline"]) == 0
    assert cli.main(["check", str(data / "shorter"), "--baseline", str(base)]) == 0


def test_credit_that_does_not_add_up_is_no_baseline(tmp_path):
    made = credit()
    bad = at.save_baseline(replace(made, conversions=made.conversions * 0.9), tmp_path / "bad.json",
                           journeys=journeys())  # fmt: skip
    base = tmp_path / "base.json"
    assert cli.main(["check", str(bad), "--baseline", str(base), "--update-baseline"]) == 1
    assert not base.exists()


def test_a_baseline_is_the_same_bytes_twice(tmp_path):
    first, second = (
        at.save_baseline(credit(), tmp_path / f"{name}.json", journeys=journeys()).read_bytes()
        for name in "ab"
    )
    assert first == second
    document = json.loads(first)
    assert list(document) == sorted(document)
    assert document["schema"] == 1
    assert document["settings"]["models"]["linear"] == "Linear(per='touch')"


def test_hostile_names_stay_text(tmp_path):
    names = {"path": ['<b>"x" > \x00\x1b[31m', "=1+1"], "conversions": [3, 4], "nulls": [1, 1]}
    old = at.attribute(at.read_paths(names), "linear")
    new = replace(old, conversions=old.conversions * 2)
    checks = at.check(new, at.save_baseline(old, tmp_path / "b.json"))
    shown = check_text.table(checks)
    assert "\x1b" not in shown
    assert "\x00" not in shown
    check_text.write_junit(checks, tmp_path / "checks.xml")
    assert ET.parse(tmp_path / "checks.xml").getroot().find("testsuite/testcase/failure") is not None
