"""The presets: complete in both languages, and fit to be spoken on a telephone."""

import re

import pytest
from django.utils.translation import override

from tenants import disclosure, presets
from tenants.models import Keyword, Severity, Tenant
from tenants.presets.names import NAMES, name_of

KEYS = {
    "opening": """greet cut_off busy closed take_message message_taken closed_on_call recording_notice
        recording_refused""",
    "greeting": """welcome greet_known greet_another cut_off_before go_on returning_client
        returning_client_pending_internet
        returning_client_pending_mobile returning_client_pending_landline returning_client_pending_other
        returning_client_pending_yes returning_client_pending_no""",
    "identification": """ask_phone ask_firstname ask_spelling ask_company ask_email confirm_first_name confirm_name
        confirm_company retry_phone retry_firstname retry_spelling retry_company retry_email
        skip_item""",
    "diagnosis": "ask_problem retry_problem clarify_problem problem_understood",
    "remedy": """remedy_intro ask_line ask_transfer_or_callback take_your_time check_back still_waiting
        cannot_try""",
    "verification": "ask_fixed retry_yes_no fixed not_fixed",
    "handover": """transfer nobody_free transfer_failed ask_callback_phone callback callback_without_number
        calm""",
    "anywhere": """still_there filler off_topic faq_back machine ask_end use_keys_yes_no use_keys_phone
        too_long_warning too_long vendor_down dtmf_choice""",
    "closing": "goodbye goodbye_silence error",
}
VALUES = {
    "greet": {"tenant"},
    "cut_off": {"tenant"},
    "cut_off_before": {"name"},
    "greet_known": {"first_name"},
    "greet_another": {"first_name"},
    "returning_client": {"count"},
    "returning_client_pending_other": {"problem"},
    "confirm_first_name": {"first_name"},
    "confirm_name": {"first_name", "last_name"},
    "confirm_company": {"company"},
    "clarify_problem": {"problems"},
    "problem_understood": {"problem"},
    "closed": {"hours"},
}
both = pytest.mark.parametrize("language", presets.LANGUAGES)


def spoken(language: str) -> list[str]:
    steps = [step.text for problem in presets.problem_types(language) for step in problem.steps]
    return [phrase.text for phrase in presets.phrases(language).values()] + steps


def test_there_is_a_preset_for_every_language_of_a_tenant() -> None:
    assert set(presets.LANGUAGES) == set(Tenant.Language.values)


@both
def test_the_phrases_are_those_that_the_flow_says(language: str) -> None:
    found = {(phrase.scene, key) for key, phrase in presets.phrases(language).items()}
    assert found == {(scene, key) for scene, keys in KEYS.items() for key in keys.split()}


@both
def test_each_phrase_has_the_values_that_the_flow_gives(language: str) -> None:
    found = {key: set(phrase.values) for key, phrase in presets.phrases(language).items() if phrase.values}
    assert found == VALUES


def test_the_same_phrases_can_be_interrupted_in_both_languages() -> None:
    french, english = (
        {p.key: p.interruptible for p in presets.phrases(language).values()} for language in ("fr", "en")
    )
    assert french == english


@both
def test_what_a_call_begins_with_says_that_it_is_a_machine_and_is_heard_to_its_end(language: str) -> None:
    for key in disclosure.KEYS:
        phrase = presets.phrases(language)[key]
        assert disclosure.says_machine(phrase.text, language)
        assert not phrase.interruptible


@both
def test_every_text_can_be_spoken(language: str) -> None:
    for text in spoken(language):
        assert 5 <= len(text) <= 140, text
        assert text[0].isupper(), text
        assert text[-1] in ".?!", text
        assert text == " ".join(text.split()), f"blanks: {text!r}"
        assert not re.search(r"\d", text), f"numbers are written as words: {text}"
        assert not re.search(r"[<>*_#`\[\]/\\|&@%€$+=~^]|https?|www", re.sub(r"\{\w+\}", "", text)), f"markup: {text}"


@both
def test_problems_are_tagged_and_have_a_remedy(language: str) -> None:
    problems = {problem.code: problem for problem in presets.problem_types(language)}
    assert {code: problem.tag for code, problem in problems.items()} == {
        "internet": "FIBRE_SYNCHRO",
        "mobile": "MOBILE_4G",
        "landline": {"fr": "LIGNE_FIXE", "en": "LANDLINE"}[language],
    }
    assert all(problem.steps and problem.severity in Severity.values for problem in problems.values())
    # Who restarts the box hangs up on us: the warning must be heard.
    cutting = {code for code, problem in problems.items() if problem.cuts_fixed_line}
    assert cutting == {"internet", "landline"}
    assert all([step.interruptible for step in problems[code].steps] == [False, True] for code in cutting)
    assert [step.wait_seconds for step in problems["internet"].steps] == [0, 180]
    assert [step.wait_seconds for step in problems["mobile"].steps] == [120]
    assert [step.wait_seconds for step in problems["landline"].steps] == [0, 120]


@both
def test_a_word_names_one_problem_only(language: str) -> None:
    words = [word for problem in presets.problem_types(language) for word in problem.keywords]
    assert len(words) == len(set(words)) >= 45
    assert all(word == word.lower().strip() for word in words)


@both
def test_boosts_are_within_what_recognition_takes(language: str) -> None:
    boosts = [keyword.boost for keyword in presets.keywords(language)]
    boosts += [boost for problem in presets.problem_types(language) for boost in problem.keywords.values()]
    assert set(boosts) <= set(range(5))


@both
def test_keywords_have_a_known_use_and_no_duplicates(language: str) -> None:
    found = [(keyword.kind, keyword.text) for keyword in presets.keywords(language)]
    assert len(found) == len(set(found))
    assert {kind for kind, _text in found} == {Keyword.Kind.HEARING, Keyword.Kind.ANGER, Keyword.Kind.CENSORED}


@both
def test_a_replacement_is_not_itself_censored(language: str) -> None:
    censored = {k.text: k.replacement for k in presets.keywords(language) if k.kind == Keyword.Kind.CENSORED}
    assert censored
    assert not set(censored) & set(censored.values())
    assert all(censored.values())


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'de'; there are fr, en"):
        presets.phrases("de")


def test_nobody_can_change_a_preset() -> None:
    with pytest.raises(TypeError):
        presets.phrases("fr")["greet"] = None  # type: ignore[index]


@pytest.mark.parametrize("text", ["Bonjour {", "Bonjour {}", "Bonjour {0}", "Bonjour {a.b}", "Bonjour {a:>9}", "{a!r}"])
def test_only_plain_names_stand_in_braces(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        presets.placeholders(text)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_phrase_has_a_name_for_people_and_no_two_the_same(language: str) -> None:
    with override(language):
        names = {key: name_of(key) for key in presets.phrases("fr")}
    assert list(names) == list(NAMES)
    assert len(set(names.values())) == len(names)
    assert not [key for key, name in names.items() if "_" in name or name == key]


def test_steps_of_remedies_and_answers_have_names_too() -> None:
    with override("fr"):
        assert name_of("internet_step_2") == "Remède pour internet, étape 2"
        assert name_of("faq_7") == name_of("faq_in_other_words") == "Réponse à une question"
