import pytest

from calls.scenarios.script import HangUp, Press, Say, ScriptError, StaySilent, parse_script


def test_a_line_is_a_step():
    script = """
        # Élodie calls
        Bonjour.

        Je suis [pause 1.5] Élodie.
        [interrupt 2] Attendez !
        [silence 8]
        [dtmf 12#]
        [hangup]
    """
    assert parse_script(script) == (
        Say(("Bonjour.",)),
        Say(("Je suis", 1.5, "Élodie.")),
        Say(("Attendez !",), interrupt_after=2.0),
        StaySilent(8.0),
        Press("12#"),
        HangUp(),
    )


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("[silence soon]", "'soon' is not a number of seconds"),
        ("[silence -1]", "not between 0 and 120"),
        ("Oui [pause nan] non", "not between"),
        ("[dtmf x]", r"there are: \[pause S\]"),
        ("[hang up]", "is not understood"),
        ("[interrupt 2]", "is not understood"),
    ],
)
def test_a_line_that_means_nothing_is_named(line, complaint):
    with pytest.raises(ScriptError, match=f"^line 2: .*{complaint}"):
        parse_script(f"Bonjour.\n{line}")
