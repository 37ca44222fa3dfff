"""Shows what was counted, at the end of `make skips`."""

import pytest

from tests.automation.skipping.fuzz import tally


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of the random programs, and which kinds of reads are run each time."""
    if tally.RANDOM.rounds:
        terminalreporter.section("what was run, and what had to be")
        for line in tally.RANDOM.lines():
            terminalreporter.write_line(line)
    if tally.ALONE:
        always = sorted(name for name, runs in tally.ALONE.items() if runs)
        terminalreporter.section(f"reads that are run each time: {len(always)} of {len(tally.ALONE)}")
        terminalreporter.write_line(", ".join(always))
