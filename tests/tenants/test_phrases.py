"""A tenant's own text that could not be spoken is refused where it is typed."""

import pytest
from django.core.exceptions import ValidationError

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
