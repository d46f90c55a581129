"""A tenant's own text that could not be spoken is refused where it is typed."""

import pytest
from django.core.exceptions import ValidationError

from tenants.disclosure import says_machine
from tenants.models import Phrase, RemedyStep
from tests.cast import Cast


def test_a_text_may_use_the_values_of_its_phrase(alpha: Cast) -> None:
    Phrase(key="greet_known", text="Bonjour {first_name} !").full_clean()
    Phrase(key="greet_known", text="Bonjour !").full_clean()


@pytest.mark.parametrize(
    ("key", "text", "field", "message"),
    [
        ("greet_known", "Bonjour {email}", "text", "{email}"),
        ("greet_known", "Bonjour {email}", "text", "{first_name}"),
        ("goodbye", "Au revoir {first_name}", "text", "{first_name}"),
        ("goodbye", "Au revoir {", "text", ""),
        ("goodbye", "Au revoir {0}", "text", ""),
        ("goodbye", "Au revoir {tenant.__class__}", "text", ""),
        ("no_such_phrase", "Bonjour", "__all__", ""),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_refused(alpha: Cast, key: str, text: str, field: str, message: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Phrase(key=key, text=text).full_clean()
    assert set(refusal.value.message_dict) == {field}
    assert message in refusal.value.message_dict[field][0]


def test_a_step_of_a_remedy_has_no_values(alpha: Cast) -> None:
    with pytest.raises(ValidationError) as refusal:
        RemedyStep(problem_type=alpha.alpha.problem_type, text="Redémarrez, {first_name}.").full_clean()
    assert set(refusal.value.message_dict) == {"text"}


# --- That a machine speaks --------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Bonjour, vous êtes bien chez {tenant}, avec notre répondeur intelligent."),
        ("fr", "Bonjour, je suis Sophie, l'ASSISTANTE VIRTUELLE de {tenant}."),
        ("fr", "Bonjour, ici Léo, une voix de synthèse."),
        ("fr", "Je suis une IA. Que puis-je pour vous ?"),
        ("fr", "Un système automatisé vous répond."),
        ("fr", "Ici le voicebot de {tenant}."),
        ("en", "Hello, this is Sophie, the virtual assistant of {tenant}."),
        ("en", "You are talking to an A.I. Go ahead."),
        ("en", "An automated system answers you."),
    ],
)
def test_a_machine_that_says_so(language: str, text: str) -> None:
    assert says_machine(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "Bonjour, ici Sophie de {tenant}."),
        ("fr", "Bonjour, je suis l'assistante de {tenant}, j'ai toutes les solutions numériques."),
        ("fr", "Bonjour, ici {robot} du service des laves-linge, via {machine}."),
        ("en", "Hello, this is Sophie of {tenant}, your personal assistant."),
        ("en", "Hello, this is Maia. I said hello."),
    ],
)
def test_a_machine_that_passes_for_a_person(language: str, text: str) -> None:
    assert not says_machine(text, language)


@pytest.mark.parametrize("key", ["greet", "cut_off"])
@pytest.mark.parametrize("field", ["text", "draft"])
def test_a_call_cannot_begin_without_saying_that_a_machine_speaks(alpha: Cast, key: str, field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        Phrase(key=key, **{field: "Bonjour, ici Sophie de {tenant}."}).full_clean()
    assert set(refusal.value.message_dict) == {field}
    assert "assistant vocal automatique" in refusal.value.message_dict[field][0]
    Phrase(key=key, **{field: "Bonjour, ici Sophie, l'assistante virtuelle de {tenant}."}).full_clean()


def test_a_greeting_from_before_that_hides_the_machine_can_be_mended(alpha: Cast) -> None:
    Phrase.objects.filter(key="greet").delete()
    phrase = Phrase.objects.create(key="greet", text="Bonjour, ici Sophie.")
    phrase.draft = "Bonjour, ici Sophie, l'assistante virtuelle."
    phrase.full_clean()
    phrase.draft = "Bonjour, ici Sophie, bonjour."
    with pytest.raises(ValidationError):
        phrase.full_clean()
