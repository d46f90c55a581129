"""What sounds like «un instant», and tells something."""

from __future__ import annotations

import pytest

from calls.understanding import asks_to_wait

PAUSES = [
    ("fr", True, "J'arrive."),
    ("fr", True, "Deux secondes, j'arrive tout de suite."),
    ("fr", False, "J'arrive plus à imprimer."),
    ("fr", False, "Je n'arrive pas à envoyer des mails"),
    ("fr", False, "J'arrive toujours pas à ouvrir le logiciel"),
    ("fr", False, "J'arrive à appeler mais pas à recevoir"),
    ("fr", False, "je reviens vers vous pour mon imprimante"),
    ("en", True, "Give me a second."),
    ("en", False, "Give me a refund."),
    ("en", False, "A minute ago it was fine."),
]


@pytest.mark.parametrize(("language", "asks", "text"), PAUSES)
def test_who_asks_for_a_moment(language: str, asks: bool, text: str) -> None:
    assert asks_to_wait(text, language) is asks
