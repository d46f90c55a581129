"""Who has restarted the thing before the call."""

from __future__ import annotations

import pytest

from calls.scenarios.preset import preset
from calls.understanding import only_restarts, tells_restart

TOLD = [
    ("fr", "ma box ne marche plus, j'ai déjà redémarré la box trois fois"),
    ("fr", "J'ai plus internet, je l'ai redémarrée deux fois et toujours rien"),
    ("fr", "Plus de wifi, j'ai débranché et rebranché la livebox"),
    ("fr", "j'ai beau redémarrer, le wifi ne revient pas"),
    ("fr", "on l'a déjà rebranchée ce matin, la box clignote rouge"),
    ("fr", "Internet est coupé j'ai tout éteint et rallumé"),
    ("fr", "la box est rouge, même après l'avoir redémarrée"),
    ("fr", "internet marche plus, mon mari l'a redémarrée plusieurs fois"),
    ("en", "My broadband's down, I've already restarted the router three times"),
    ("en", "the wifi is gone and I've tried turning it off and on"),
    ("en", "no internet, I rebooted it twice"),
    ("en", "I've unplugged the router and plugged it back in, still nothing"),
    ("en", "The router's red, I've restarted everything"),
]
NOT_TOLD = [
    ("fr", "ma box ne marche plus, j'ai redémarré mon ordinateur"),
    ("fr", "la box a redémarré toute seule trois fois ce matin"),
    ("fr", "elle redémarre sans arrêt"),
    ("fr", "j'ai pas redémarré la box"),
    ("fr", "depuis que j'ai redémarré la box plus rien"),
    ("fr", "hier j'ai redémarré la box et ça avait remarché, là plus rien"),
    ("fr", "ma box ne marche plus"),
    ("fr", "j'ai redémarré mon téléphone et j'ai pas internet"),
    ("fr", "il faut que je redémarre la box ?"),
    ("fr", "j'ai redémarré l'imprimante et le wifi ne marche pas"),
    ("en", "my wifi is down, I've restarted my laptop"),
    ("en", "the router restarted itself three times"),
    ("en", "it keeps restarting"),
    ("en", "I haven't restarted it"),
    ("en", "since I restarted the router it's dead"),
    ("en", "should I restart the router, internet is down"),
    ("en", "I restarted the phone but no internet"),
    ("fr", "ma box ne marche plus, je l'ai redémarrée, et mon portable ne capte plus non plus"),
]


@pytest.mark.parametrize(("language", "text"), TOLD)
def test_a_restart_is_told(language: str, text: str) -> None:
    assert tells_restart(text, "internet", preset(language).problem_index, language)


@pytest.mark.parametrize(("language", "text"), NOT_TOLD)
def test_it_was_something_else_or_nobody_or_has_helped(language: str, text: str) -> None:
    assert not tells_restart(text, "internet", preset(language).problem_index, language)


@pytest.mark.parametrize(
    ("language", "step", "is_all"),
    [
        ("fr", "Débranchez votre box pendant dix secondes, puis rebranchez-la.", True),
        ("fr", "Vérifiez le câble, puis rebranchez la box.", False),
        ("fr", "Appuyez sur le bouton du wifi.", False),
        ("en", "Unplug your router for ten seconds, then plug it in again.", True),
        ("en", "Check the cable, then plug it in again.", False),
    ],
)
def test_a_step_asks_for_a_restart_and_nothing_else(language: str, step: str, is_all: bool) -> None:
    assert only_restarts(step, language) is is_all
