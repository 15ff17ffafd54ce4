"""A headless Chromium, where there is one; the tests here are skipped where there is none."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager

import pytest

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
    "--hide-scrollbars",
)


@contextmanager
def started():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("there is no Chromium with its driver (apt-get install chromium chromium-driver)")
    pytest.importorskip("selenium", reason="Selenium drives the browser (dependency group browser)")
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
