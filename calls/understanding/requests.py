"""What a caller says besides an answer: a question, «d'accord», «pardon ?», a refusal to be recorded."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from calls.understanding.backchannel import is_noise
from calls.understanding.fixed import listed
from calls.understanding.names import is_first_name, refuses
from calls.understanding.text import Hit, are_all_of, clauses, phrases_of, table, words

_phrases = partial(phrases_of, "requests")

# Words before «j'ai pas entendu»: «excusez-moi, il y a du bruit»; more of them tell something.
_LONGEST_EXCUSE = 8
# Words between it and what was not heard: «pas très bien la question».
_CLOSE = 2


def hits_of(section: str, spoken: Sequence[str], language: str) -> list[Hit[str]]:
    return _phrases(section, language).find(spoken)


def says(section: str, text: str, language: str) -> bool:
    return bool(hits_of(section, words(text, language), language))


def refuses_recording(text: str, language: str) -> bool:
    """Whether the caller does not want the call to be recorded."""
    return says("refuses_recording", text, language)


def is_question(text: str, language: str) -> bool:
    """Whether the caller asks something, by the mark of recognition or by the words."""
    return text.rstrip().endswith("?") or says("question", text, language)


def is_acknowledgement(text: str, language: str) -> bool:
    """Whether the caller only agrees: «d'accord» after «take your time» has not done anything yet."""
    if text.rstrip().endswith("?") or is_noise(text):
        return False
    return made_of(words(text, language), language, "acknowledgement")


def asks_to_repeat(text: str, language: str) -> bool:
    """Whether the caller wants to hear it again: «pardon ?», «je comprends pas»; but not «… pas ma facture»."""
    if says("repeat", text, language) or _has_missed_it(text, language):
        return True
    return says("repeat_alone", text, language) and made_of(
        words(text, language), language, "repeat_alone", "acknowledgement"
    )


def _has_missed_it(text: str, language: str) -> bool:
    """Whether what was not heard or understood is what we said, and nothing was told besides."""
    told = clauses(text, language)
    for number, clause in enumerate(told):
        for hit in _phrases("missed", language).find(clause)[:1]:
            before = [word for part in told[:number] for word in part] + list(clause[: hit.start])
            after = clause[hit.end :]
            if _phrases("reported", language).find(before):
                return False
            if any(ours.start <= _CLOSE for ours in _phrases("missed_of", language).find(after)):
                return True
            behind = [*after, *(word for part in told[number + 1 :] for word in part)]
            is_all = made_of(behind, language, "missed", "missed_beside", "repeat_alone", "acknowledgement")
            tells_no_more = not behind or is_all or _excuses(behind, language)
            return tells_no_more and len(before) <= _LONGEST_EXCUSE and not _tells_fault(before, language)
    return False


def _excuses(spoken: Sequence[str], language: str) -> bool:
    """«Je suis un peu sourde», «ça a coupé», beside «j'ai pas entendu»."""
    return len(spoken) <= _LONGEST_EXCUSE and bool(_phrases("missed_because", language).find(spoken))


def _tells_fault(spoken: Sequence[str], language: str) -> bool:
    return not _excuses(spoken, language) and "said False" in listed(" ".join(spoken), language).signs


def asks_back(text: str, language: str) -> bool:
    """Whether all that the caller says to a question is a question: «pourquoi mon prénom ?», «le mien ou le sien ?»."""
    spoken = clauses(text, language)
    asking = [_asks_why(clause, language) or made_of(clause, language, "which", "acknowledgement") for clause in spoken]
    is_why = any(_asks_why(clause, language) for clause in spoken)
    said = [word for clause in spoken for word in clause]
    is_told = any(is_first_name(word, language) or word.isdigit() for word in said) or sum(map(_is_letter, said)) > 1
    return bool(asking) and not is_told and all(asking) and (is_why or text.rstrip().endswith("?"))


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word not in "aioy"


def _asks_why(clause: Sequence[str], language: str) -> bool:
    position = 0
    while position < len(clause) and (hit := _phrases("acknowledgement", language).at(clause, position)):
        position = hit.end
    return position < len(clause) and _phrases("asks_why", language).at(clause, position) is not None


def only_is_present(text: str, language: str) -> bool:
    """Whether the caller only says that he is there: «oui oui, je suis là», «oui, allô ?»."""
    return says("present", text, language) and made_of(words(text, language), language, "present", "acknowledgement")


def asks_who(text: str, language: str) -> bool:
    """Whether all that the caller asks is who speaks: «à qui je parle, là ?»."""
    return says("who", text, language) and made_of(
        words(text, language), language, "who", "who_beside", "acknowledgement"
    )


def asks_if_machine(text: str, language: str) -> bool:
    """Whether the caller asks who or what he speaks to; «c'est un ordinateur.» says what he has."""
    if asks_who(text, language):
        return True
    asks = "?" in text or says("question", text, language)
    leads = [_phrases("machine_you", language)] + ([_phrases("machine_it", language)] if asks else [])
    after = table("requests")[language]["machine_after"]
    follows = {word for phrase in after for word in words(phrase, language)}
    for clause in clauses(text, language):
        for lead in (hit for phrases in leads for hit in phrases.find(clause) if hit.end < len(clause)):
            machine = _phrases("machine", language).at(clause, lead.end)
            if machine and (machine.end == len(clause) or clause[machine.end] in follows):
                return True
    return False


def asks_to_wait(text: str, language: str) -> bool:
    """Whether the caller wants a moment, or goes to find out: «attendez», «je sais pas, je demande à ma femme».

    Who says besides that he keeps it to himself does not.
    """
    spoken = clauses(text, language)
    kinds = [_opening(clause, language) for clause in spoken]
    if not {"wait", "search"}.intersection(kinds):
        return False
    said = [clause for clause, kind in zip(spoken, kinds, strict=True) if kind in ("search", "")]
    return not refuses(" ".join(word for clause in said for word in clause), language)


def only_asks_to_wait(text: str, language: str) -> bool:
    """Whether that is all: «attendez, je regarde»; but «je cherche un conseiller» tells something."""
    kinds = [_opening(clause, language) for clause in clauses(text, language)]
    return "wait" in kinds and "" not in kinds


def _opening(clause: Sequence[str], language: str) -> str:
    """Whether a clause asks to wait, tells what for, or excuses it, by how it begins past «oui» and «euh»; or «».

    «J'arrive» does, «j'arrive plus à imprimer» does not.
    """
    position, kind = 0, ""
    while position < len(clause):
        hits = [
            hit
            for section in ("wait", "no_wait", "search", "excuse", "acknowledgement")
            if (hit := _phrases(section, language).at(clause, position))
        ]
        if not hits:
            return ""
        longest = max(hits, key=lambda hit: hit.end)
        position, kind = longest.end, longest.value
        if kind != "acknowledgement":
            break
    return "" if kind == "no_wait" else kind


def made_of(spoken: Sequence[str], language: str, *sections: str) -> bool:
    """Whether phrases of `sections` are all that was said."""
    return are_all_of(spoken, *(_phrases(section, language) for section in sections))


_TIMES = {
    "fr": ("une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"),
    "en": ("once", "twice", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
}


def times(count: int, language: str) -> str:
    """How often, as it is said: «une fois», «deux fois», «de nombreuses fois»."""
    if not 1 <= count <= 10:
        return "de nombreuses fois" if language == "fr" else "many times"
    word = _TIMES[language][count - 1]
    return f"{word} fois" if language == "fr" else word if count <= 2 else f"{word} times"
