"""Processes that tests kill: forked from one that has loaded all libraries, they begin at once."""

import multiprocessing

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.fetching", "tests.build_process"])
