"""The Chromium that the browser tests drive; run as a module, it gets one if there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
NONE = (
    "The browser tests need Chromium, and none could be had: there is none on PATH, Playwright "
    "could not install its own, and Debian's package could not be installed. Install Chromium and "
    "run `make test` again."
)


def find_chromium() -> str | None:
    """Path of a Chromium: on PATH, else Playwright's own; None if there is none."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def install_chromium() -> None:
    """Try Playwright's Chromium, then, as root, Debian's package."""
    _run([sys.executable, "-m", "playwright", "install", "chromium"])
    if find_chromium() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "update", "-qq"])
        _run(["apt-get", "install", "-y", "-qq", "chromium"])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    if find_chromium() is None:
        install_chromium()
    if find_chromium() is None:
        sys.exit(NONE)
