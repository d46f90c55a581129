"""What was heard of a phrase."""

from calls.audio import Playback
from calls.settings import Spoken
from calls.speaking import Speech


def test_nothing_is_heard_of_a_phrase_that_is_cut_off_before_it_begins():
    assert Speech(Spoken("greet", "Bonjour."), Playback(), "Bonjour.").heard == ""
