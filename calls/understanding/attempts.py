"""What callers tell while they try what they were asked to do."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from calls.understanding.fixed import fixed
from calls.understanding.requests import hits_of, is_acknowledgement, is_question, made_of, refuses_recording, says
from calls.understanding.text import Hit, clauses, words
from calls.understanding.yes_no import Answer, yes_no

# Words between a negation and what it denies: «I haven't plugged it all back in», «pas encore rebranchée».
_REACH = 3
_AWAITED_WITHIN = 2  # «quand elle a redémarré»
_LONGEST_NEWS = 8
_CLOSE = 2  # behind it: «elle ne s'allume même plus»
_NEGATIONS = {"fr": {"pas", "jamais", "rien", "plus"}, "en": {"not", "never", "nothing", "stopped"}}
_NO = {"fr": frozenset({"non"}), "en": frozenset({"no", "nope", "nah"})}
_BUT = frozenset({"mais", "but"})
_YES = frozenset({"oui", "yes", "ok", "bien"})
_HAS = frozenset({"ai", "a", "avons", "ont", "avez"})


class Attempt(Enum):
    AGREES = auto()  # «d'accord»: at first that the caller will try, later that it is done
    DONE = auto()
    ALREADY = auto()  # «je l'ai déjà fait»: at first that it was done before the call, later that it is done
    WORKS = auto()
    FIXED = auto()  # it works, and nothing else was told: «ah, ça remarche !»
    FAILS = auto()  # it is done, or the caller says so, and helped nothing
    CANNOT = auto()  # «j'ai pas de box», «je vous appelle avec», «non merci», «on l'a fait ce matin»


def attempt(text: str, language: str) -> Attempt | None:
    """What comes of it; None: the caller is at it, and tells of it or asks something."""
    if is_acknowledgement(text, language):
        return Attempt.AGREES
    spoken = words(text, language)
    is_next = made_of(spoken, language, "what_next")  # «et maintenant ?», and nothing that was done
    if not is_next and made_of(spoken, language, "done", "done_alone", "acknowledgement", "what_next"):
        return Attempt.DONE
    if (before := _did_before(text, language)) is not None:
        return before
    answer, is_done = fixed(text, language), tells_done(text, language)
    is_starting = _stands("blinks", spoken, language)  # whatever its colour
    if answer is Answer.YES and says("works_again", text, language) and not is_starting:
        return Attempt.FIXED if _tells_only_that(text, spoken, language) else Attempt.WORKS
    if not is_done and (_cannot(text, language) or means_nothing_of_it(text, language)):
        return Attempt.CANNOT
    is_result = says("still_broken", text, language) or says("works_again", text, language)
    is_final = not says("not_yet", text, language) and not is_halfway(text, language) and not is_starting
    if answer is Answer.NO and is_result and is_final:
        return Attempt.FAILS
    return Attempt.DONE if is_done else None


def _tells_only_that(text: str, spoken: Sequence[str], language: str) -> bool:
    """Whether there is no room for another matter, and no doubt: «ça remarche, mais envoyez quelqu'un»."""
    is_short = len(spoken) <= _LONGEST_NEWS and not says("reserve", text, language)
    return is_short and says("works_after_all", text, language) and not text.rstrip().endswith("?")


def is_halfway(text: str, language: str) -> bool:
    """Whether it is off and not on again: «ben non, elle est débranchée»."""
    return says("half", text, language) and not says("done", text, language)


def is_under_way(text: str, language: str) -> bool:
    """Whether it is still starting, or the caller still looks: «elle redémarre»; not «elle redémarre sans arrêt»."""
    spoken = words(text, language)
    if says("for_ever", text, language):
        return False
    if _stands("blinks", spoken, language):
        return yes_no(text, language) is Answer.UNCLEAR  # even green
    answer = fixed(text, language)
    if answer is Answer.UNCLEAR and _stands("looks", spoken, language):
        return True  # and has not found anything
    return answer is not Answer.YES and _stands("under_way", spoken, language)


def declines(text: str, language: str) -> bool:
    """Whether it begins with «non», or objects («mais c'est pas une panne»): who does so again does not want to.

    Not who asks for time, or is at it.
    """
    opening = words(text, language)[:2]
    objects = says("objects", text, language) or not (_NO[language] | _BUT).isdisjoint(opening)
    if not objects or (not _BUT.isdisjoint(opening) and not _YES.isdisjoint(opening)):  # «mais oui, je le fais»
        return False
    asks_for_time = any(says(section, text, language) for section in ("not_yet", "wait", "looks"))
    return not asks_for_time and not is_halfway(text, language) and not is_under_way(text, language)


def asks_about_step(text: str, language: str) -> bool:
    """Whether the step is the answer: «je débranche quoi, déjà ?», «combien de temps ?»."""
    return says("asks_step", text, language)


def tells_relapse(text: str, language: str) -> bool:
    """Whether it is broken again: «ah non, ça a recoupé»; «non, merci» tells nothing."""
    return says("relapse", text, language) and fixed(text, language) is not Answer.YES


def goes_on(text: str, language: str) -> bool:
    """Whether the caller tries on, when we had given it up: «non mais ça y est, j'ai trouvé»."""
    return says("resumes", text, language)


def means_another(text: str, language: str) -> bool:
    """Whether the caller says that something else is the matter than we took it for."""
    return says("instead", text, language) and not is_question(text, language)


def means_nothing_of_it(text: str, language: str) -> bool:
    """Whether it is not that, whatever it is: «mais non, c'est la facture», «ça n'a rien à voir»."""
    return says("not_that", text, language)


def only_denies(text: str, language: str) -> bool:
    """Whether that is all: «mais non, c'est pas ça» leaves to be asked what it is."""
    spoken = [word for word in words(text, language) if word not in _NO[language] | _BUT]
    return means_nothing_of_it(text, language) and made_of(spoken, language, "not_that", "acknowledgement")


def _did_before(text: str, language: str) -> Attempt | None:
    """Whether it was done before the call, as far as can be told; «c'est déjà fait» was done just now."""
    spoken = words(text, language)
    if language == "fr" and _HAS.isdisjoint(spoken):
        return None
    did, did_half = says("did", text, language), says("did_half", text, language)
    is_earlier = says("earlier_by", text, language)
    if (did or did_half) and is_earlier:
        return Attempt.CANNOT
    if not did or not says("earlier", text, language):
        return None
    return Attempt.CANNOT if says("still_broken", text, language) else Attempt.ALREADY


def tells_done(text: str, language: str) -> bool:
    """Whether it is said in words: «je l'ai rebranchée»; «c'est bon» may be no more than «d'accord»."""
    if says("not_done", text, language):
        return False
    told = clauses(text, language)
    if text.rstrip().endswith("?"):
        told = told[:-1]
    return any(
        not _is_awaited(hit.start, clause, language)
        for clause in told
        for hit in (*_not_denied("done", clause, language), *_last("done_last", clause, language))
    )


def _is_awaited(position: int, clause: Sequence[str], language: str) -> bool:
    """«Quand c'est fait», «j'attends que ça redémarre»: it is not yet."""
    return any(0 <= position - hit.end <= _AWAITED_WITHIN for hit in hits_of("awaited", clause, language))


def _cannot(text: str, language: str) -> bool:
    if refuses_recording(text, language):
        return False
    if says("cannot", text, language):
        return True
    if all(says(section, text, language) for section in ("if_done", "switches_off", "cuts")):
        return True
    return any(_ends("cannot_last", clause, language) for clause in clauses(text, language))


def _ends(section: str, clause: Sequence[str], language: str) -> bool:
    """Whether a phrase ends the clause: «it's on», not «it's on the bus»."""
    return bool(_last(section, clause, language))


def _last(section: str, clause: Sequence[str], language: str) -> list[Hit[str]]:
    return [hit for hit in _not_denied(section, clause, language) if hit.end == len(clause)]


def _stands(section: str, spoken: Sequence[str], language: str) -> bool:
    """Whether a phrase is there that is not denied: «not plugged in», «ça ne redémarre pas»."""
    return bool(_not_denied(section, spoken, language))


def _not_denied(section: str, spoken: Sequence[str], language: str) -> list[Hit[str]]:
    negations = _NEGATIONS[language]
    return [
        hit
        for hit in hits_of(section, spoken, language)
        if negations.isdisjoint(spoken[max(0, hit.start - _REACH) : hit.start])
        and (
            negations.isdisjoint(spoken[hit.end : hit.end + _CLOSE])
            or "de" in spoken[hit.end + 1 : hit.end + 1 + _CLOSE]  # «c'est fait pas de souci»
        )
    ]
