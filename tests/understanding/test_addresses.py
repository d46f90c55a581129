"""How dictated addresses are read by what was learnt: what each word may be, which path is likeliest, how sure."""

from __future__ import annotations

import time
from math import exp

import numpy as np
import pytest

from calls.understanding.address_rules.reading import by_rules
from calls.understanding.addresses import ranking
from calls.understanding.addresses.changes import changes
from calls.understanding.addresses.clues import clues
from calls.understanding.addresses.decoder import addresses, is_whole, read, search
from calls.understanding.addresses.hearing import heard, is_plain, may_have_at
from calls.understanding.addresses.lattice import Label, lattice_of
from calls.understanding.addresses.network import network
from calls.understanding.email import email
from calls.understanding.learned import weights_file
from calls.understanding.letter_remarks import Remark
from tests.understanding.address_sentences import fingerprint
from tests.understanding.corpora import utterances
from tests.understanding.ways import AROUND, CHANGED, MISREAD

# These are dictations that the rules read, said with more around them.
ADDRESSES = [
    (text, address)
    for text, address in utterances("email", "fr", folder="heldout")[::20]
    if by_rules(text, "fr") == address
]
HARDLY_EVER, ASKED_AGAIN = 0.02, 0.08
# Of what changes an address, so many at most leave it as it was; that of a doubt was never taught.
LEFT = dict.fromkeys(CHANGED, HARDLY_EVER) | {"a doubt": 0.035, "a letter that it has not": 0.05}
# What is learnt against what the rules read has far to go.
NOTICED = {"letters that it has not": 0.35, "that it is wrong": 0.8}

PLAIN = "C'est pierre point martin arobase gmail point com"
SPELLED = "Alors c'est Luc Roy, R O Y, tout attaché, enfin non, luc point roy arobase free point fr"


def written(text: str, label: Label, language: str = "fr") -> list[str]:
    """What words of `text` are written as, as `label`."""
    return [edge.text for edges in lattice_of(text, language).edges for edge in edges if edge.label == label]


@pytest.mark.parametrize(
    ("text", "label", "found"),
    [
        ("B comme Bernard", Label.LETTER, "b"),
        ("deux L", Label.LETTER, "ll"),
        ("marie deux mille douze", Label.NUMBER, "2012"),
        ("luc mille neuf cent soixante-douze", Label.NUMBER, "1972"),
        ("teddy trois fois le chiffre un", Label.NUMBER, "111"),
        ("luc 75", Label.FIGURES, "75"),
        ("tiret du bas", Label.MARK, "_"),
        ("le a avec le rond", Label.AT, "@"),
        ("luc arobase la poste point net", Label.PROVIDER, "laposte"),
        ("luc arobase wana doux point fr", Label.PROVIDER, "wanadoo"),
        ("luc arobase gmail com", Label.DOT_COM, ".com"),
        ("commande, au pluriel", Label.CHANGED, "commandes"),
        ("rémi avec un y à la fin", Label.CHANGED, "remy"),
        ("luc arobase free point fr, ça s'écrit L U K", Label.RETOLD, "luk"),
        ("paul 75 arobase free point fr, ah non, 78", Label.RETOLD, "78"),
        ("paul point roy arobase free point fr, enfin, un tiret", Label.RETOLD, "-"),
        ("daniel arobase free point fr, pardon, danielle", Label.RETOLD, "danielle"),
        ("D U P O N T", Label.SPELLED, "dupont"),
        ("à l'international, Lima Echo Oscar", Label.SPELLED, "leo"),
        ("martin75", Label.FIGURES, "75"),
        ("treize mille sept", Label.NUMBER, "13007"),
        ("gaz eau, avec un tiret entre les deux", Label.MARKED, "-eau"),
    ],
)
def test_a_word_may_be_written_as_it_is_said(text, label, found):
    assert found in written(text, label)


@pytest.mark.parametrize(
    ("text", "label", "found"),
    [
        ("Mike Alpha X-ray", Label.SPELLED, "max"),
        ("karl with a c", Label.CHANGED, "carl"),
        ("sarah no h", Label.CHANGED, "sara"),
        ("steven with a p h", Label.CHANGED, "stephen"),
        ("two thousand and five", Label.NUMBER, "2005"),
        ("double oh seven", Label.NUMBER, "00"),
        ("kovalsky at free dot com, that's K O W A L S K I", Label.RETOLD, "kowalski"),
    ],
)
def test_a_word_of_english_may_be_written_as_it_is_said(text, label, found):
    assert found in written(text, label, "en")


@pytest.mark.parametrize("text", ["Victor Hugo", "hôtel Sierra", "Mike Alpha"])
def test_a_word_or_two_of_the_alphabet_are_no_letters(text):
    assert not written(text, Label.LETTER)
    assert not written(text, Label.SPELLED)


def test_what_is_true_of_a_word_changes_nothing():
    assert not list(changes(Remark("y", place="end"), "remy"))
    assert list(changes(Remark("h", is_negated=True), "sarah")) == ["sara"]
    assert "brian" not in list(changes(Remark("y"), "brian"))


def test_all_words_may_be_talk():
    assert all(edges[0].label == Label.TALK for edges in lattice_of(SPELLED, "fr").edges)


def test_the_domain_comes_last_where_it_was_told_first():
    said = lattice_of("gmail point com, et devant c'est jacky point mallet", "fr")

    assert said.plain == ["cest", "jacky", "point", "mallet", "@", "gmail", "point", "com"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("The bit after the at is heron dash quay dot com. The bit before is ollie.", "ollie"),
        ("heron dash quay dot com and in front it's lars", "its"),
    ],
)
def test_the_domain_comes_last_where_it_was_told_first_in_english(text, first):
    assert lattice_of(text, "en").plain[:1] == [first]


def test_the_addresses_are_different_and_whole_and_the_likeliest_is_first():
    found = read(lattice_of(SPELLED, "fr"), network(), 5).candidates

    assert found[0].address == "luc.roy@free.fr"
    assert len({candidate.address for candidate in found}) == len(found)
    assert all(is_whole(candidate.address) for candidate in found)
    assert [candidate.score for candidate in found] == sorted((found_.score for found_ in found), reverse=True)


def test_how_likely_all_addresses_are_is_one_at_most():
    found = read(lattice_of(PLAIN, "fr"), network(), 5).candidates

    assert found[0].score > -1.0
    assert sum(exp(candidate.score) for candidate in found) <= 1.0 + 1e-6


def test_a_search_towards_an_address_finds_the_paths_that_make_it_and_no_others():
    said = lattice_of(PLAIN, "fr")
    scores = network().scores(clues(said))

    def found(target: str) -> set[str]:
        return {path.text for path in search(said, scores, network(), target=target)}

    assert "pierre.martin@gmail.com" in found("pierre.martin@gmail.com")
    assert all("pierre.martin@gmail.com".startswith(text) for text in found("pierre.martin@gmail.com"))
    assert "paul.martin@gmail.com" not in found("paul.martin@gmail.com")


def test_a_path_writes_its_address():
    said = lattice_of(SPELLED, "fr")

    for hypothesis in addresses(search(said, network().scores(clues(said)), network())):
        assert "".join(edge.text for _, edge in hypothesis.path()) == hypothesis.text


def test_words_that_nobody_said_before_are_worth_the_same():
    one, other = (network().scores([[f"w {word}", "k small"]]) for word in ("zzyzx", "qqfoo"))

    assert one == other


def test_at_signs_without_end_are_no_work_without_end():
    started = time.process_time()
    email("@, " * 266, "fr")

    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("text", ["luc/roy@free.fr", "luc%roy@free.fr", "luc@free#mobile.fr"])
def test_what_no_address_can_have_is_not_left_out_of_one(text):
    assert email(text, "fr") is None


@pytest.mark.parametrize(
    ("text", "language", "address"),
    [
        ("howard . lunt @ sky . com", "en", "howard.lunt@sky.com"),
        ("paul _ roy @ orange.fr", "fr", "paul_roy@orange.fr"),
        ("c'est paul.roy@orange.fr . Merci", "fr", "paul.roy@orange.fr"),
    ],
)
def test_marks_between_spaces_are_of_the_address(text, language, address):
    assert email(text, language) == address


@pytest.mark.parametrize("text", ["", "…", "arobase", "point point arobase", "je ne sais pas"])
def test_where_nothing_was_dictated_there_is_no_address(text):
    assert ranking.likeliest(text, "fr") is None


@pytest.mark.parametrize("read_by_rules", ["luc.roy@free.fr", "as.they@read.it", None])
def test_the_likelihoods_of_all_answers_make_one_and_none_is_among_them(read_by_rules):
    said = lattice_of(SPELLED, "fr")
    answers = ranking.signs(said, read(said, network(), 5))
    alone = ranking.ranked(answers, ranking.weights().alone)
    beside = ranking.ranked(ranking.beside_rules(answers, read_by_rules), ranking.weights().beside_rules)

    for found in (alone, beside):
        assert sum(answer.likelihood for answer in found) == pytest.approx(1.0)
        assert ranking.NOTHING in [answer.address for answer in found]
    assert read_by_rules in [None, *(answer.address for answer in beside)]


def test_what_is_said_plainly_is_left_to_the_rules():
    assert is_plain(heard(PLAIN, "fr"))
    assert not is_plain(heard(SPELLED, "fr"))


def test_what_the_rules_read_is_not_taken_where_it_is_unlikely():
    text = "Allô ? Oui, pardon, il y a du bruit. Je répète : luc.tran@gmail.com."
    said = lattice_of(text, "fr")
    answers = ranking.beside_rules(ranking.signs(said, read(said, network(), 5)), "yadubruitluc.tran@gmail.com")

    assert ranking.ranked(answers, ranking.weights().beside_rules)[0].address != "yadubruitluc.tran@gmail.com"


@pytest.mark.parametrize("way", AROUND)
def test_what_is_said_around_an_address_hardly_ever_changes_it(way):
    heard = [(address, email(AROUND[way](text, address), "fr")) for text, address in ADDRESSES]

    assert sum(got not in (None, address) for address, got in heard) <= HARDLY_EVER * len(heard)
    assert sum(got is None for _, got in heard) <= ASKED_AGAIN * len(heard)


@pytest.mark.parametrize("way", LEFT)
def test_what_may_change_an_address_hardly_ever_leaves_it(way):
    heard = [email((CHANGED | MISREAD)[way](text, address), "fr") for text, address in ADDRESSES]

    assert sum(got is not None for got in heard) <= LEFT[way] * len(heard)


@pytest.mark.parametrize("way", NOTICED)
def test_what_the_rules_do_not_notice_is_noticed_often(way):
    read = [text for text, address in ADDRESSES if by_rules(MISREAD[way](text, address), "fr") == address]
    heard = [email(MISREAD[way](text, address), "fr") for text, address in ADDRESSES if text in read]

    assert sum(got is None for got in heard) >= NOTICED[way] * len(heard)


def test_only_where_an_at_sign_may_be_an_address_is_looked_for():
    assert may_have_at("c'est à rebase free", "fr")
    assert may_have_at("luc.roy@free.fr", "fr")
    assert not may_have_at("je préfère ne pas la donner", "fr")


@pytest.mark.parametrize("name", ["addresses", "address_ranking"])
def test_the_weights_were_made_from_the_corpora_as_they_are(name):
    with np.load(weights_file(name)) as stored:
        assert stored["made_from"] == fingerprint(), "run: python -m tests.understanding.address_training"
