"""What callers say of their problem before they are asked."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from calls.case import Case
from calls.flow import early_answers
from calls.hearing import Hearing
from calls.scenarios.preset import preset
from tests.calls.stage import LEAVES, on_stage

ASKS = frozenset({"first_name"})


async def test_two_kinds_of_faults_are_both_kept() -> None:
    stage = on_stage(
        "Euh, ma box ne marche plus.",
        "Sophie, et mon portable ne capte plus.",
        LEAVES,
        settings=preset("fr", asks=ASKS),
    )
    await stage.play(Case(phone_number="+33611111111"))
    assert "ask_problem" not in stage.phrases
    assert stage.case.description == "Euh, ma box ne marche plus. Sophie, et mon portable ne capte plus."
    assert stage.case.problem is not None
    assert stage.case.problem.code == "internet"
    assert [problem.code for problem in stage.case.further] == ["mobile"]


async def test_a_second_telling_adds_nothing() -> None:
    stage = on_stage(
        "Euh, ma box ne marche plus.",
        "Sophie, et ma box ne marche plus du tout.",
        LEAVES,
        settings=preset("fr", asks=ASKS),
    )
    await stage.play(Case(phone_number="+33611111111"))
    assert stage.case.description == "Euh, ma box ne marche plus."


async def test_what_is_told_early_keeps_no_frame_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def read(text: str, *others: object, **more: object) -> None:
        threads.append(threading.get_ident())

    for reading in ("email", "company", "spelling"):
        monkeypatch.setattr(early_answers, reading, read)
    stage = on_stage("[ask_firstname] Isabelle Petit, petit arobase globex point com", LEAVES)
    stage.hearing.make_sense = partial(Hearing.make_sense, stage.hearing)  # type: ignore[arg-type, method-assign]
    await stage.play(Case(phone_number="+33611111111"))
    assert len(threads) >= 3
    assert threading.get_ident() not in threads
