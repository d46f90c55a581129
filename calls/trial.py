"""What the bot would make of a sentence, and why: for the people who choose its words.

It asks the very functions that a call asks; nothing is stored and no vendor is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.translation import gettext

from calls import thinking, understanding
from calls.settings import Answer, CallSettings
from calls.understanding import Answer as YesNo
from calls.understanding import faq
from providers.protocols import Message

LONGEST: Final = 500  # letters


class Tone(StrEnum):
    FOUND = "found"
    NOTHING = "nothing"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was listened for: its name, what was found, and why."""

    about: str
    value: str
    why: str = ""
    tone: Tone = Tone.FOUND


@dataclass(frozen=True, slots=True)
class Sentence:
    """`asked`: what the language model is told when the words alone do not decide; empty: it is not asked."""

    findings: Sequence[Finding]
    asked: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    answer: Answer
    percent: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Question:
    """`verdict` says what comes of it; `asked` as of a Sentence."""

    verdict: str
    candidates: Sequence[Candidate]
    certain_percent: int
    asked: Sequence[Message] = ()


def sentence(text: str, settings: CallSettings) -> Sentence:
    """What a sentence of a caller means to the bot of a tenant."""
    text = text[:LONGEST]
    found = [_problem(text, settings), _anger(text, settings), _censored(text, settings), _yes_no(text, settings)]
    code = understanding.problem(text, settings.problem_index, settings.language)
    asked = thinking.problem_question(text, settings.problems) if code is None and settings.problems else ()
    return Sentence([*found, *_others(text, settings)], asked)


def _problem(text: str, settings: CallSettings) -> Finding:
    code = understanding.problem(text, settings.problem_index, settings.language)
    mentions = understanding.mentions(text, settings.problem_index, settings.language)
    counted = {mention.words for mention in mentions if mention.counts}
    parts = [
        gettext("«%(words)s» names %(problem)s")
        % {"words": " ".join(mention.words), "problem": settings.problems[mention.code].name}
        if mention.code
        else gettext("something of another kind is named with it")
        for mention in dict.fromkeys(mentions)
        if mention.counts
    ] + [
        gettext("«%s» does not count: it works, is denied, or belongs to another matter") % " ".join(mention.words)
        for mention in dict.fromkeys(mentions)
        if not mention.counts and mention.words not in counted
    ]
    about = gettext("Problem")
    if code is not None:
        return Finding(about, settings.problems[code].name, "; ".join(parts))
    if counted:
        value = gettext("undecided between several: the language model is asked, then the caller")
    else:
        value = gettext("no keyword names one: the language model is asked, then the caller")
    return Finding(about, value, "; ".join(parts), Tone.NOTHING)


def _anger(text: str, settings: CallSettings) -> Finding:
    signs = understanding.angry_words(text, settings.anger_words, settings.language)
    why = ", ".join(f"«{sign}»" for sign in signs)
    if understanding.is_angry(text, settings.anger_words, settings.language):
        why = why or gettext("by the sentence as a whole")
        return Finding(gettext("Anger"), gettext("yes: a person takes over"), why, Tone.ALARM)
    if why:
        why = gettext("%s alone is not enough here") % why
    return Finding(gettext("Anger"), gettext("no"), why, Tone.NOTHING)


def _censored(text: str, settings: CallSettings) -> Finding:
    written = understanding.censor(text, settings.censored)
    if written == text:
        return Finding(gettext("What people read"), gettext("every word as it was said"), "", Tone.NOTHING)
    return Finding(gettext("What people read"), written, gettext("charged words are replaced"))


def _yes_no(text: str, settings: CallSettings) -> Finding:
    values = {YesNo.YES: gettext("yes"), YesNo.NO: gettext("no"), YesNo.UNCLEAR: gettext("neither: asked again")}
    agreed, fixed = understanding.yes_no(text, settings.language), understanding.fixed(text, settings.language)
    why = "" if fixed is agreed else gettext("after «does it work now?»: %s") % values[fixed]
    tone = Tone.NOTHING if agreed is YesNo.UNCLEAR else Tone.FOUND
    return Finding(gettext("Yes or no"), values[agreed], why, tone)


def _others(text: str, settings: CallSettings) -> list[Finding]:
    """What is heard only where it was asked for, or said; those that found something."""
    language = settings.language
    values = {
        gettext("Telephone number"): understanding.phone(text, language),
        gettext("E-mail address"): understanding.email(text, language),
        gettext("First name"): understanding.first_name(text, language),
        gettext("Spelt"): understanding.spelling(text, language),
        gettext("Company"): understanding.company(text, settings.companies, language),
    }
    requests = {
        gettext("wants a person"): understanding.wants_human(text, language),
        gettext("wants somebody to come"): understanding.wants_visit(text, language),
        gettext("wants to be called back"): understanding.wants_callback(text, language),
        gettext("asks a question"): understanding.is_question(text, language),
        gettext("asks to hear it again"): understanding.asks_to_repeat(text, language),
        gettext("asks whether it is a machine"): understanding.asks_if_machine(text, language),
        gettext("refuses to be recorded"): understanding.refuses_recording(text, language),
        gettext("has done what was asked"): understanding.attempt(text, language) is understanding.Attempt.DONE,
        gettext("only agrees"): understanding.is_acknowledgement(text, language),
        gettext("only shows that he listens"): understanding.is_backchannel(text, language),
    }
    found = [Finding(about, str(value), gettext("when it is asked for")) for about, value in values.items() if value]
    said = [name for name, is_so in requests.items() if is_so]
    return [*found, *([Finding(gettext("The caller"), ", ".join(said))] if said else [])]


def question(text: str, settings: CallSettings) -> Question:
    """Which answer of the company a question gets, as a call would choose it."""
    text, language = text[:LONGEST], settings.language
    chosen = settings.faq.match(text)
    candidates = [
        Candidate(answer, round(100 * score), answer == chosen) for score, answer in settings.faq.scores(text)
    ]
    asked: Sequence[Message] = ()
    if understanding.asks_to_repeat(text, language):
        verdict = gettext("The bot says its own question again.")
    elif understanding.asks_if_machine(text, language):
        verdict = gettext("The bot says that it is a machine.")
    elif not settings.answers:
        verdict = gettext("There is no active entry in your account's language: nothing is answered.")
    elif chosen is not None:
        verdict = gettext("This is clear: the bot gives the answer, without asking the language model.")
    elif understanding.is_question(text, language):
        asked = thinking.answer_question(text, settings.faq.nearest(text))
        verdict = gettext("No entry is near enough: the language model chooses one of these, or none.")
    else:
        verdict = gettext("This is not heard as a question: it is taken for an answer to the bot's own.")
    return Question(verdict, candidates, round(100 * faq.CERTAIN), asked)
