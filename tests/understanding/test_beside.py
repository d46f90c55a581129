"""What is said beside an answer: a fault, a name once more, how something else does."""

from __future__ import annotations

import pytest

from calls.scenarios.preset import preset
from calls.understanding import Answer, last_name_again, tells_fault, yes_no
from tests.understanding.corpora import in_cells

FAULTS = {
    "fr": (
        "Thierry, et je vous appelle parce que mon portable n'a plus de réseau.",
        "Globex, et c'est urgent parce que mon portable ne capte plus du tout.",
        "Oui, enfin ça et aussi ma ligne fixe qui grésille.",
        "Oui, écoutez, je suis pressé, c'est pour la box, elle clignote rouge.",
        "contact arobase globex point com, et ma box ne marche plus",
        "j'ai pas internet depuis ce matin",
        "je vous appelle car je ne peux plus travailler depuis hier soir à la maison",
    ),
    "en": (
        "Hi, this is Siobhan from Globex, our broadband's gone down.",
        "No, that one's sorted, it's my mobile this time, no signal since yesterday.",
        "I'm calling about my router, it has a red light.",
    ),
}
NO_FAULTS = {
    "fr": (
        "Oh là là, l'internet moi vous savez, c'est mon petit-fils qui s'en occupe.",
        "Je sais plus, je consulte mes mails sur mon portable.",
        "Je n'ai pas d'adresse mail, je n'ai pas internet.",
        "Fleurs des Cimes.",
        "mon portable c'est le zéro six, douze, treize, quatorze, quinze",
        "roger quarante-neuf arobase club tiret internet point fr, non, quarante-sept",
    ),
    "en": (
        "I don't hold with the internet, my grandson does all that.",
        "I haven't got internet so no email.",
        "I check my email on my mobile.",
    ),
}


def sentences(of: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, text) for language, texts in of.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), sentences(FAULTS))
def test_a_fault_is_heard_beside_an_answer(language: str, text: str) -> None:
    assert tells_fault(text, preset(language).problem_index, language)


@pytest.mark.parametrize(("language", "text"), sentences(NO_FAULTS))
def test_a_thing_alone_is_no_fault(language: str, text: str) -> None:
    assert not tells_fault(text, preset(language).problem_index, language)


@pytest.mark.parametrize("kind", ["email", "phone", "spelling"])
def test_what_was_dictated_is_no_fault(kind: str) -> None:
    index = preset("fr").problem_index
    given = [text for text, value, _cell in in_cells(kind, "fr") if value not in ("null", None)]
    faults = [text for text in given if tells_fault(text, index, "fr")]

    assert given
    assert len(faults) <= 0.01 * len(given), faults


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("fr", "Oui, ça ne marche plus du tout depuis ce matin.", Answer.YES),
        ("fr", "Oui, c'est ça, et mon portable ne marche plus du tout", Answer.YES),
        ("fr", "Non, là c'est mon portable, il est complètement HS", Answer.NO),
        ("fr", "Oui, enfin pas du tout.", Answer.NO),
        ("fr", "Oui, ce n'est pas du tout mon nom.", Answer.NO),
        ("fr", "Ça ne correspond pas du tout.", Answer.NO),
        ("en", "Yes, it's not working at all.", Answer.YES),
        ("en", "Yes. No wait, it's not.", Answer.NO),
    ],
)
def test_how_something_else_does_takes_no_answer_back(language: str, text: str, meant: Answer) -> None:
    assert yes_no(text, language) is meant


@pytest.mark.parametrize(
    ("text", "first", "noted", "meant"),
    [
        ("Oui, Jean Moreau, M O R E A U.", "Jean", "MORO", "MOREAU"),
        ("Oui, oui, c'est ça, Huguette Bertin.", "Huguette", "BER", "BERTIN"),
        ("Oui, c'est bien ça.", "Jean", "MORO", None),
        ("Oui, Jean Moreau.", "Jean", "MORO", None),  # sounds so: recognition writes what is frequent
        ("Oui, Jean, J E A N.", "Jean", "MORO", None),
        ("Oui, Jean c'est ça.", "Jean", "CERIS", None),
        ("Oui, Marie Lefèvre.", "Marie", "LEFÈVRE-DUPONT", None),
    ],
)
def test_a_name_told_again_with_a_yes_corrects_only_what_differs(
    text: str, first: str, noted: str, meant: str | None
) -> None:
    assert last_name_again(text, first, noted, "fr") == meant
