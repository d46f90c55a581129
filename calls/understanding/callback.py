"""Does the caller want to be called back, and does he say when?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, partial

from calls.understanding.anger import asks_for_person
from calls.understanding.farewell import farewell, leaves_no_message
from calls.understanding.numbers import is_number
from calls.understanding.requests import is_question
from calls.understanding.text import Hit, Lexicon, clauses, lexicon, phrases_of, table, words
from calls.understanding.yes_no import Answer, yes_no

# «Je veux pas qu'on me rappelle»: how many words may stand between.
_REACH = 3
_ARTICLES = {"un", "une", "one", "a"}
_ONESELF = {"je", "moi", "i"}  # «plutôt que d'être rappelé, moi je préfère …»
_OR = {"fr": {"ou", "sinon"}, "en": {"or", "otherwise", "else"}}
# «Call», «ring» and «phone» are calls back only before one of these, or at the end.
_CALLS = {"call", "ring", "phone", "telephone", "calls", "rings", "phones"}
_CALLED = {
    *("me", "us", "him", "her", "them", "back", "my", "our", "his", "somebody", "someone", "at", "after", "tomorrow"),
    *("later", "before", "this", "on", "please", "is", "would", "instead", "around", "about", "when", "then"),
}
_CALLED_BACK = {"called", "rang", "rung", "phoned"}
_NO_CALL = {"the", "this", "your", "on", "in", "transfer", "by", "of"}


_phrases = partial(phrases_of, "callback")


def _says(section: str, spoken: Sequence[str], language: str) -> bool:
    return bool(_phrases(section, language).find(spoken))


def wants_callback(text: str, language: str) -> bool:
    """Whether the caller asks to be called back: «vous pouvez me rappeler demain ?», «a call back, please».

    Not who complains that nobody did, who wants to be told something again («rappelez-moi votre
    nom»), who asks for it if the line should be cut, or would as soon have a person now.
    """
    if _says("condition", words(text, language), language):
        return False
    wishes = [clause for clause in clauses(text, language) if _is_wish(clause, text, language)]
    return bool(wishes) and not _asks_for_person_too(text, language)


def prefers_call(text: str, language: str) -> bool:
    """Whether the caller would rather be called than written to: «je préfère que vous m'appeliez»; he tells no hour."""
    if tells_hour(text, language):
        return False
    by_phone = _phrases("by_phone", language)
    return any(
        not _is_denied(hit, clause, language) for clause in clauses(text, language) for hit in by_phone.find(clause)
    )


def tells_hour(text: str, language: str) -> bool:
    """Whether a time is told, whatever numbers are."""
    return _says("hour", words(text, language), language)


def tells_when(text: str, language: str) -> bool:
    """Whether a time, or a number to call, is told with it: it is for the ticket."""
    spoken = words(text, language)
    return _says("when", spoken, language) or any(_is_number(word, language) for word in spoken)


def _is_number(word: str, language: str) -> bool:
    return word not in _ARTICLES and is_number(word, language)


def _is_wish(clause: Sequence[str], text: str, language: str) -> bool:
    return any(
        not _is_no_wish(clause[: hit.start], clause[hit.end :], text, language) for hit in _calls_back(clause, language)
    )


def _calls_back(clause: Sequence[str], language: str) -> Iterator[Hit[str]]:
    for hit in _phrases("verb", language).find(clause):
        cannot = clause[hit.start] == "rappeler" and clause[max(hit.start - 1, 0)] in ("pas", "plus")
        if not cannot or "vous" in clause[: hit.start]:  # «je peux pas rappeler ma mère»
            yield hit
    for hit in _phrases("call", language).find(clause):
        after = clause[hit.end :]
        is_asked = not clause[: hit.start] or _says("request", clause[: hit.start], language)
        if is_asked and (not after or _phrases("when", language).at(after, 0) or _is_number(after[0], language)):
            yield hit
    for hit in _phrases("noun", language).find(clause):
        beside = [*clause[: hit.start], *clause[hit.end :]]
        is_article = len(clause[hit.start : hit.end]) > 1 and clause[hit.start] != "call"
        if _is_polite(beside, language) or (is_article and _says("lead", clause[: hit.start], language)):
            yield hit


def _is_polite(spoken: Sequence[str], language: str) -> bool:
    found = _phrases("polite", language).find(spoken)
    return sum(hit.end - hit.start for hit in found) == len(spoken)


def _is_no_wish(before: Sequence[str], after: Sequence[str], text: str, language: str) -> bool:
    if any(after[: len(refused)] == list(refused) for refused in _refusals(language)):
        return True
    if after and _phrases("thing", language).at(after, 0) and not _phrases("no_thing", language).at(after, 0):
        return not is_number(after[1], language) if len(after) > 1 else True
    if any(hit.end == len(before) for hit in _phrases("subject", language).find(before)):
        return True
    asks_when = {"quand", "when"}.intersection(before) or after[-1:] == ["quand"]
    if asks_when and is_question(text, language):
        return True
    return any(hit.value == "no_wish" for hit in _before(language).find(before))


@cache
def _refusals(language: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(words(phrase, language)) for phrase in table("callback")[language]["refused"])


@cache
def _before(language: str) -> Lexicon[str]:
    """`no_wish`, and what begins like it and is a wish: «why not»."""
    lists = table("callback")[language]
    return lexicon([(lists[section], section) for section in ("wish", "no_wish")], language)


def _asks_for_person_too(text: str, language: str) -> bool:
    """«Passez-moi quelqu'un, ou rappelez-moi»; but «un technicien peut me rappeler ?» wants the call."""
    parts = [part for clause in clauses(text, language) for part in _alternatives(clause, language)]
    return any(asks_for_person(part, language) for part in parts if not any(_calls_back(part, language)))


def _alternatives(clause: Sequence[str], language: str) -> Iterator[list[str]]:
    part: list[str] = []
    for word in clause:
        if word in _OR[language]:
            yield part
            part = []
        else:
            part.append(word)
    yield part


def wants_technician_now(text: str, language: str) -> Answer:
    """«Shall I put you through now? Otherwise, we will call you back»: yes is now, no is the call back.

    What was said of either outweighs the «oui» or «non» before it: «oui, rappelez-moi» is a no.
    What the caller said last of it counts.
    """
    found = Answer.UNCLEAR
    for said in _turns(text, language):
        told = _told(said, language)
        if told is not Answer.UNCLEAR:
            found = told
    if found is not Answer.UNCLEAR:
        return found
    is_asked = is_question(text, language) and not _says("why_not", words(text, language), language)
    return Answer.UNCLEAR if is_asked else yes_no(text, language)


def wants_neither(text: str, language: str) -> bool:
    """Asked the same: «non, je rappellerai», «non merci, ça ira»; but «non, plus tard» wants the call back."""
    if text.rstrip().endswith("?") or wants_callback(text, language):
        return False
    if wants_technician_now(text, language) is Answer.YES and farewell(text, language) is None:
        return False
    spoken = words(text, language)
    if any(_phrases("himself_not", language).at([*spoken, ""], hit.end) is None for hit in _himself(spoken, language)):
        return True
    is_later = any(hit.value == "later" for hit in _when(language).find(spoken))
    if is_later or _says("busy", spoken, language) or not leaves_no_message(text, language):
        return False
    return _says("leaves", spoken, language) or farewell(text, language) is not None


def _himself(spoken: Sequence[str], language: str) -> list[Hit[str]]:
    return _phrases("himself", language).find(spoken)


def _turns(text: str, language: str) -> Iterator[list[list[str]]]:
    """The clauses, cut where the caller thinks better of it: «un technicien… non, rappelez-moi»."""
    said: list[list[str]] = []
    for clause in clauses(text, language):
        if said and _phrases("corrects", language).at(clause, 0):
            yield said
            said = []
        said.append(clause)
    yield said


def _told(said: Sequence[Sequence[str]], language: str) -> Answer:
    clauses_told = [clause for clause in said if not _asks(clause, language)]
    if any(_mentions(clause, "calls", language) for clause in clauses_told):
        return Answer.NO
    if any(_says("busy", clause, language) for clause in clauses_told):
        return Answer.NO
    for clause in clauses_told:
        for hit in _mentions(clause, "sign", language):
            return Answer.YES if hit.value == "now" else Answer.NO
    return Answer.UNCLEAR


def _asks(clause: Sequence[str], language: str) -> bool:
    """«Combien de temps d'attente», «il rappelle quand»."""
    asks = _phrases("asks", language)
    return asks.at(clause, 0) is not None or any(hit.end == len(clause) for hit in asks.find(clause))


def _mentions(clause: Sequence[str], kind: str, language: str) -> list[Hit[str]]:
    """What a clause wants, in order: calls back, or any sign of now or later; not what it does not want."""
    found = _calls(clause, language) if kind == "calls" else _when(language).find(clause)
    return [hit for hit in found if not _is_denied(hit, clause, language)]


@cache
def _when(language: str) -> Lexicon[str]:
    lists = table("callback")[language]
    return lexicon([(lists[section], section) for section in ("now", "later")], language)


def _calls(spoken: Sequence[str], language: str) -> Iterator[Hit[str]]:
    """What speaks of calling: «rappelez», «call me»; not «put my call through»."""
    stems = tuple(table("callback")[language]["stems"])
    for position, word in enumerate(spoken):
        before, following = spoken[max(0, position - 1) : position], spoken[position + 1 : position + 2]
        is_call = word in _CALLS and _CALLED.issuperset(following) and _NO_CALL.isdisjoint(before)
        is_back = word in _CALLS | _CALLED_BACK and following == ["back"]
        if word.startswith(stems) or (language == "en" and (is_call or is_back)):
            yield Hit(position, position + 1, "later")


def _is_denied(hit: Hit[str], clause: Sequence[str], language: str) -> bool:
    """«Pas de technicien», «ne me rappelez pas», «rather than wait for a call back»; not «non, maintenant»."""
    if clause[hit.end : hit.end + 1] in (["pas"], ["non"]) or clause[hit.end + 1 : hit.end + 2] == ["pas"]:
        return True
    if clause[hit.start].endswith("ez"):
        return False  # «je peux pas maintenant rappelez-moi»
    before = clause[: hit.start]
    if any(denial.value == "denied" and hit.start - denial.end <= _REACH for denial in _denials(language).find(before)):
        return True
    others = _phrases("rather_than", language).find(before)
    return bool(others) and _ONESELF.isdisjoint(before[others[-1].end :])


@cache
def _denials(language: str) -> Lexicon[str]:
    lists = table("callback")[language]
    return lexicon([(lists[section], section) for section in ("denied", "not_denied")], language)
