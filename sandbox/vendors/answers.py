"""What the emulated language model answers: deterministic, and sensible for a support call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.vendors.words import language_of, stems, words

# What people say when they mean a value, without accents.
_SIGNS = {
    "yes": "oui ouais ok daccord accord exact exactement absolument parfait yes yeah right correct sure volontiers",
    "no": "non pas toujours jamais aucun aucune rien no not nope still never nothing wrong",
    "positive": ("merci parfait super genial excellent content contente satisfait great perfect thank thanks happy"),
    "negative": (
        "enerve enervee colere furieux scandale scandaleux inadmissible inacceptable honte marre nul catastrophe "
        "ridicule angry furious unacceptable ridiculous terrible useless awful worst"
    ),
    "high": (
        "urgent urgence urgente grave bloque bloquee danger immediatement totale paralyse fume brule down "
        "emergency blocked critical immediately burning smoke"
    ),
    "low": "question renseignement information curieux savoir simple wondering inquiry",
    "human": "conseiller humain personne quelquun technicien operateur agent human person someone operator",
}
_SIGNS["oui"], _SIGNS["non"] = _SIGNS["yes"], _SIGNS["no"]
_SIGNS["handover"] = _SIGNS["transfer"] = _SIGNS["human"]
_SIGNS["urgent"] = _SIGNS["critical"] = _SIGNS["high"]
# What is chosen when nothing speaks for any value, the first that there is.
_NEUTRAL = ("unclear", "unknown", "none", "neutral", "medium", "other", "autre", "continue")
_CALLER = re.compile(r"^\W*(?:caller|client|customer|user|appelant|utilisateur)\w*\W*?[:>]\s*(.+)$", re.I | re.M)
_BOT = re.compile(r"^\W*(?:bot|assistant|agent)\w*\W*?[:>]\s*(.+)$", re.I | re.M)
# What a line is about when it tells a problem; the first five letters of each word.
_PROBLEM = {
    word[:5]
    for word in words(
        "panne marche fonctionne fonctionner coupe coupee coupure lent lente bloque bloquee erreur probleme souci "
        "casse plante impossible clignote allume internet box wifi fibre connexion reseau debit serveur ligne "
        "telephone imprimante ordinateur ecran messagerie mail courriel mot passe facture prelevement paiement "
        "working work broken slow down error problem issue trouble crash crashed cannot blinking router fibre "
        "connection network server line phone printer computer screen email password invoice bill payment charged"
    )
}
_BRACKETS = re.compile(r"\[[^\]]*\]")  # keys that were pressed, and what else was not said
# What the bot's last words tell of the end; the first that fits.
_OUTCOMES = (
    (
        re.compile(r"vous rappel|call you back", re.I),
        {"fr": "L'appelant sera rappelé.", "en": "The caller will be called back."},
    ),
    (
        re.compile(r"passe un|transf[eè]r|mets en relation|putting you through|transferring|connecting you", re.I),
        {"fr": "L'appel a été passé à une personne.", "en": "The call was handed over to a person."},
    ),
    (
        re.compile(r"bonne nouvelle|résolu|good news|solved|glad", re.I),
        {"fr": "Le problème est résolu.", "en": "The problem is solved."},
    ),
)
_LAST_LINES = 4
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"\+?\d(?:[ .-]?\d){7,13}")
_NAME = re.compile(
    r"(?:je m'appelle|mon nom est|prénom est|je suis|my name is|this is|i am|i'm)\s+([^\W\d_][\w-]+)", re.I
)
_REPLIES = {
    "fr": (
        ("horaire", "Nous sommes ouverts du lundi au vendredi, de 9 heures à 18 heures."),
        ("merci", "Je vous en prie. Puis-je vous aider pour autre chose ?"),
        ("", "D'accord. Pouvez-vous préciser votre demande ?"),
    ),
    "en": (
        ("hours", "We are open from Monday to Friday, 9 to 6."),
        ("thank", "You are welcome. Can I help you with anything else?"),
        ("", "I see. Could you tell me more about it?"),
    ),
}


def reply(messages: Sequence[Mapping[str, Any]]) -> str:
    """Something fitting to say next."""
    said = text_of(messages, "user")[-1:]
    text = said[0] if said else ""
    return next(answer for sign, answer in _REPLIES[language_of(text)] if sign in text.lower())


def fill(schema: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> str:
    """JSON of the shape that a JSON Schema asks for, filled from what the last user message says."""
    said = text_of(messages, "user")[-1:]
    reader = _Reader(said[0] if said else "", " \n".join(text_of(messages, "system")))
    return json.dumps(reader.value("", schema), ensure_ascii=False)


def text_of(messages: Sequence[Mapping[str, Any]], role: str) -> list[str]:
    """The texts of one role; content may be a string or a list of parts."""
    texts = []
    for message in messages:
        content = message.get("content") or ""
        if message.get("role") == role:
            texts.append(content if isinstance(content, str) else " ".join(part.get("text", "") for part in content))
    return texts


class _Reader:
    """Reads values out of what was said; `explanations` say what the values mean."""

    def __init__(self, said: str, explanations: str) -> None:
        lines = _CALLER.findall(said)
        self._lines: list[str] = [line.strip() for line in lines] or [said.strip()]
        self._text = "\n".join(self._lines)
        self._answers: list[str] = _BOT.findall(said) if lines else []
        self._explanations = explanations.splitlines()

    def value(self, name: str, schema: Mapping[str, Any]) -> Any:
        if "anyOf" in schema:
            options = [option for option in schema["anyOf"] if option.get("type") != "null"]
            found = self.value(name, options[0])
            return found if found or len(options) == len(schema["anyOf"]) else None
        if "enum" in schema:
            return self._choice(schema["enum"])
        kinds = schema.get("type", "string")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        match next(kind for kind in kinds if kind != "null"):
            case "object":
                return {key: self.value(key, spec) for key, spec in schema.get("properties", {}).items()}
            case "array":
                items = schema.get("items", {})
                return [value for value in items.get("enum", []) if self._score(value) > 0]
            case "boolean":
                return self._choice(["yes", "no", "unclear"]) == "yes"
            case "integer" | "number":
                return schema.get("maximum", 1) if "confidence" in name else schema.get("minimum", 0)
            case _:
                return self._string(name.lower()) or (None if "null" in kinds else "")

    def _string(self, name: str) -> str:
        if "mail" in name:
            return _first(_EMAIL, self._text)
        if "phone" in name or "number" in name:
            return _first(_PHONE, self._text)
        if "name" in name:
            return _first(_NAME, self._text)
        if "language" in name:
            return language_of(self._text)
        if "tag" in name or "category" in name or "topic" in name:
            return max(words(self._text), key=len, default="")
        return self._summary()

    def _summary(self) -> str:
        """The line of the caller that tells the problem, and how the call ended."""
        told = max(self._lines, key=_telling)
        if not told:
            return ""
        cut = told if len(told) <= 200 else told[:200].rsplit(" ", 1)[0] + "…"
        asked = re.search(r"\bin (French|English)\b", "\n".join(self._explanations))
        language = {"French": "fr", "English": "en"}[asked[1]] if asked else language_of(self._text)
        summary = f'The caller says: "{cut}"' if language == "en" else f"L'appelant dit : « {cut} »"
        return " ".join([summary, *self._outcome(language)])

    def _outcome(self, language: str) -> list[str]:
        for answer in reversed(self._answers[-_LAST_LINES:]):
            if "?" in answer:  # what was offered is not what was done
                continue
            for sign, sentences in _OUTCOMES:
                if sign.search(answer):
                    return [sentences[language]]
        return []

    def _choice(self, values: Sequence[Any]) -> Any:
        scores = [self._score(value) for value in values]
        if max(scores) > 0:
            return values[scores.index(max(scores))]
        return next((value for value in _NEUTRAL if value in values), None if None in values else values[-1])

    def _score(self, value: Any) -> float:
        """How much of what was said speaks for a value."""
        if not isinstance(value, str):
            return 0
        said = stems(self._text)
        explained = " ".join(line for line in self._explanations if re.search(rf"\b{re.escape(value)}\b", line))
        signs = {word[:5] for word in _SIGNS.get(value.lower(), "").split()}
        spoken = {word[:5] for word in words(self._text)}
        return 2 * len(spoken & signs) + 2 * len(said & stems(value.replace("_", " "))) + len(said & stems(explained))


def _telling(line: str) -> tuple[int, int, int]:
    """How well a line tells a problem: names, e-mail addresses, keys, yes and no are no news."""
    spoken = words(_BRACKETS.sub(" ", line))
    is_news = not (_EMAIL.search(line) or _NAME.search(line)) and any(
        word not in _SIGNS["yes"].split() and word not in _SIGNS["no"].split() for word in spoken
    )
    return len({word[:5] for word in spoken} & _PROBLEM), int(is_news), len(line) if spoken else 0


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[found.lastindex or 0] if found else ""
