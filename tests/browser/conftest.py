"""A headless Chromium, where there is one; the tests here are skipped where there is none.

Where ``BROWSER_TESTS`` is "required", as in CI once Chromium is there, they fail instead.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from contextlib import contextmanager

import pytest

REQUIRED = os.environ.get("BROWSER_TESTS") == "required"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    "--hide-scrollbars",
)


def absent(reason):
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def started():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        absent("there is no Chromium with its driver (apt-get install chromium chromium-driver)")
    for package in ("selenium", "axe_core_python") if REQUIRED else ("selenium",):
        if importlib.util.find_spec(package) is None:
            absent(f"{package} is not installed (dependency group browser)")
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in [*FLAGS, f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        browser = webdriver.Chrome(options=options, service=Service(driver))
        browser.set_page_load_timeout(120)
        browser.set_script_timeout(240)
        try:
            yield browser
        finally:
            browser.quit()


@pytest.fixture(scope="session")
def browser():
    with started() as one:
        yield one
