"""What a case makes of what it is told."""

from __future__ import annotations

import pytest

from calls.case import Case
from calls.scenarios.preset import preset


@pytest.mark.parametrize(
    "displayed",
    [
        *("Anonymous", "anonymous caller", "Unknown", "Private", "PRIVATE NUMBER", "Restricted", "Unavailable"),
        *("Masqué", "Numéro masqué", "Appel masqué", "Inconnu", "Appelant inconnu", "Privé", "Anonyme", "No name"),
        *("0612345678", "+33 6 12 34 56 78", "<unknown>", ""),
    ],
)
def test_what_stands_for_no_name_is_none(displayed: str) -> None:
    assert Case(caller_name=displayed).full_name == ""


@pytest.mark.parametrize("displayed", ["Pierre Martin", "Иван", "Masque et Plumes", "Lab 7", "Private Bank SA"])
def test_a_name_that_the_pbx_displays_is_taken(displayed: str) -> None:
    assert Case(caller_name=displayed).full_name == displayed


def test_what_the_caller_says_counts_more() -> None:
    assert Case(first_name="Zoé", caller_name="Anonymous").full_name == "Zoé"


def test_what_fails_besides_outlasts_the_worker() -> None:
    settings = preset("fr")
    internet, mobile = settings.problems["internet"], settings.problems["mobile"]
    again = Case()
    again.recall(Case(problem=internet, further=(mobile,)).known(), settings.problems)
    assert (again.problem, again.further) == (internet, (mobile,))


def test_whom_the_number_does_not_belong_to_is_not_recognised_again() -> None:
    before = Case(customer_id=1, first_name="Camille", last_name="MOREAU", company="Globex")
    before.is_somebody_else()
    before.first_name = "Bruno"
    again = Case(customer_id=1, first_name="Camille", last_name="MOREAU", company="Globex")
    again.recall(before.known(), {})
    assert (again.customer_id, again.full_name, again.company) == (None, "Bruno", "")
