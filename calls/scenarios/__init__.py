"""Conversations as data: who calls, what is said and done, and what must come of it.

`load(language)` reads them, `run_text(scenario, settings)` plays one with a tenant's own
phrases and settings in a fraction of a second; docs/conversation.md tells how to write them.
"""

from calls.scenarios.loader import ScenarioError, load
from calls.scenarios.report import Report
from calls.scenarios.scenario import Scenario
from calls.scenarios.text import run_text

__all__ = ["Report", "Scenario", "ScenarioError", "load", "run_text"]
