"""What the notebook of a call stores while the call goes on."""

import asyncio
import contextlib
import threading
from unittest import mock

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from calls import journal, pulse
from calls.db import written
from calls.models import Call, Turn
from calls.scribe import Said, Scribe
from tenants.models import AsteriskServer, Tenant
from tenants.scope import acting_for, current_tenant

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE = 10


@pytest.fixture
async def call():
    tenant = await Tenant.objects.acreate(slug="house", name="House")
    with acting_for(tenant):
        server = await AsteriskServer.objects.acreate(name="pbx", network="127.0.0.1")
        yield await sync_to_async(Call.objects.create)(tenant=tenant, uuid="0" * 32, server=server)


class Nobody:
    def wants(self, kind):
        return False

    async def tell(self, events):
        raise AssertionError("nobody wants to hear it")


FIELDS = {"speaker": "caller", "text": "Allô ?", "started_at": 0, "ended_at": 1, "confidence": 0.9}


def said(text):
    return Said(speaker=Turn.Speaker.CALLER, text=text, started_at=0, ended_at=1, confidence=0.9)


class Away:
    """The database is, for turns."""

    def __init__(self, monkeypatch):
        self.save, self.is_away = Turn.save, True
        monkeypatch.setattr(Turn, "save", lambda turn, **options: self(turn, **options))

    def __call__(self, turn, **options):
        if self.is_away:
            raise OperationalError("nobody listens")
        self.save(turn, **options)


async def on_disk(call, count):
    path = journal.path_of(call)
    async with asyncio.timeout(DEADLINE):
        while not path.exists() or len(path.read_text().splitlines()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_what_is_said_while_the_database_is_away_is_on_disk_and_stored_once(call, monkeypatch):
    database, notebook = Away(monkeypatch), Scribe(call, Nobody())
    with acting_for(call.tenant):
        writing = asyncio.create_task(notebook.run())
        notebook.turn(said("Allô ?"))
        await on_disk(call, 1)
        notebook.turn(said("Vous êtes là ?"))
        await on_disk(call, 2)
        database.is_away = False
        assert await notebook.flush()
        writing.cancel()
        assert [turn.text async for turn in Turn.objects.order_by("position")] == ["Allô ?", "Vous êtes là ?"]
        assert not journal.path_of(call).exists()


async def test_what_a_dead_worker_left_on_disk_is_stored_once(call, monkeypatch):
    with acting_for(call.tenant):
        notebook = Scribe(call, Nobody())
        writing = asyncio.create_task(notebook.run())
        notebook.turn(said("Allô ?"))
        assert await notebook.flush()
        Away(monkeypatch)
        notebook.turn(said("Vous êtes là ?"))
        await on_disk(call, 1)
        writing.cancel()
        with journal.path_of(call).open("a") as file:
            file.write('{"position": 3, "spea')  # it died here
        for _ in range(2):
            assert await sync_to_async(journal.replay)(call) == 1
        assert [turn.text async for turn in Turn.objects.order_by("position")] == ["Allô ?", "Vous êtes là ?"]


async def noted(call, text):
    """Once the words are on disk."""
    async with asyncio.timeout(DEADLINE):
        while text not in str(journal.notes(call)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@contextlib.contextmanager
def noting(call, notebook, words=lambda: None):
    journal.pen.follow(call, lambda: notebook.noted(words()))
    yield
    journal.pen.leave(call)


async def test_words_that_are_no_turn_yet_outlast_the_worker(call):
    words = [said("Allô ?")]
    with acting_for(call.tenant):
        with noting(call, Scribe(call, Nobody()), lambda: words[-1]):
            await noted(call, "Allô ?")
            words.append(said("Allô ? Ma box"))
            await noted(call, "Ma box")
        for count in (1, 0):
            assert await sync_to_async(journal.replay)(call) == count
        assert [turn.text async for turn in Turn.objects.all()] == ["Allô ? Ma box"]


async def test_words_that_became_a_turn_are_no_second_one(call):
    with acting_for(call.tenant):
        with noting(call, Scribe(call, Nobody()), lambda: said("Allô ?")):
            await noted(call, "Allô ?")
        await Turn(call=call, position=1, speaker="caller", text="[1]", started_at=0.5, ended_at=0.5).asave()
        await Turn(call=call, position=2, **FIELDS).asave()
        assert await sync_to_async(journal.replay)(call) == 0
        assert await Turn.objects.acount() == 2


async def test_a_turn_that_waits_for_its_statement_outlasts_the_worker(call):
    notebook = Scribe(call, Nobody())  # which stores nothing: it does not run
    with acting_for(call.tenant):
        with noting(call, notebook):
            notebook.turn(said("Allô ?"))
            await noted(call, "Allô ?")
        assert await sync_to_async(journal.replay)(call) == 1
        assert [turn.text async for turn in Turn.objects.all()] == ["Allô ?"]


async def test_a_worker_that_lives_knows_better_what_was_said(call):
    notebook = Scribe(call, Nobody())
    with acting_for(call.tenant):
        await Turn(call=call, position=1, **FIELDS).asave()  # it was given up in the middle of these words
        writing = asyncio.create_task(notebook.run())
        notebook.turn(said("Allô ? Ma box ne marche plus."))
        assert await notebook.flush()
        writing.cancel()
        assert [turn.text async for turn in Turn.objects.all()] == ["Allô ? Ma box ne marche plus."]


async def test_a_call_that_is_closed_leaves_nothing_on_disk(call):
    with noting(call, Scribe(call, Nobody()), lambda: said("Allô ?")):
        await noted(call, "Allô ?")
    await journal.forgotten(call)
    assert not list(journal.path_of(call).parent.iterdir())


async def test_writes_that_share_a_thread_act_each_for_its_own_company(call):
    other = await Tenant.objects.acreate(slug="other", name="Other")
    seen = []

    async def write(tenant):
        with acting_for(tenant):
            await written(lambda: seen.append((current_tenant(), threading.get_ident())))

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(write(call.tenant), write(other))
    assert [tenant for tenant, _ in seen] == [call.tenant, other]
    assert len({thread for _, thread in seen}) == 1


def turn_of(call, position, text):
    return Turn(tenant_id=call.tenant_id, call=call, position=position, **FIELDS | {"text": text})


@contextlib.contextmanager
def insertions():
    """The statements that insert turns, in the database's threads."""
    found = []
    plain = CursorWrapper.execute

    def execute(cursor, sql, params=None):
        if sql.startswith('INSERT INTO "calls_turn"'):
            found.append(sql)
        return plain(cursor, sql, params)

    with mock.patch.object(CursorWrapper, "execute", execute):
        yield found


async def test_what_is_said_in_many_calls_of_a_company_is_one_statement(call):
    other = await Tenant.objects.acreate(slug="other", name="Other")
    with acting_for(other):
        server = await AsteriskServer.objects.acreate(name="pbx", network="127.0.0.2")
        of_other = await sync_to_async(Call.objects.create)(tenant=other, uuid="1" * 32, server=server)

    async def write(of, position):
        with acting_for(of.tenant):
            turns = [turn_of(of, position, f"Phrase {position}")]
            await written(lambda: None, turns)
            return turns

    with insertions() as found:
        async with asyncio.timeout(DEADLINE):
            left = await asyncio.gather(write(call, 1), write(of_other, 1), write(call, 2), write(of_other, 2))
    assert not any(left)
    assert len(found) == 2
    assert await call.turns.acount() == 2
    with acting_for(other):
        assert await of_other.turns.acount() == 2


async def test_a_turn_that_is_there_already_costs_no_other_call_its_own(call):
    again = await sync_to_async(Call.objects.create)(tenant=call.tenant, uuid="2" * 32, server=call.server)
    await turn_of(call, 1, "Allô").asave()
    scribes = [Scribe(call, Nobody()), Scribe(again, Nobody())]
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        running = [group.create_task(scribe.run()) for scribe in scribes]
        for scribe in scribes:
            scribe.turn(said("Allô ?"))
        for scribe in scribes:
            assert await scribe.flush()
        for task in running:
            task.cancel()
    assert [turn.text async for turn in call.turns.all()] == ["Allô ?"]
    assert [turn.text async for turn in again.turns.all()] == ["Allô ?"]


async def test_what_cannot_be_written_of_one_call_costs_no_other(call):
    def fail():
        raise ValueError("of one call")

    async with asyncio.timeout(DEADLINE):
        first, second = await asyncio.gather(written(fail), written(lambda: None), return_exceptions=True)
    assert str(first) == "of one call"
    assert second is None


async def test_the_calls_of_all_companies_give_signs_of_life(call, monkeypatch):
    monkeypatch.setattr(pulse, "HEARTBEAT_SECONDS", 0.1)
    other = await Tenant.objects.acreate(slug="other", name="Other")
    with acting_for(other):
        theirs = await sync_to_async(Call.objects.create)(tenant=other, uuid="1" * 32)
    heart = pulse.Pulse()
    async with asyncio.timeout(DEADLINE):
        with heart.of(call), heart.of(theirs):
            for one in (call, theirs):
                with acting_for(one.tenant):
                    while (await Call.objects.aget(pk=one.pk)).heartbeat_at == one.heartbeat_at:
                        pass
    with acting_for(other):
        assert (await Call.objects.aget(pk=theirs.pk)).updated_at == theirs.updated_at


async def test_a_call_in_which_much_is_said_gives_signs_of_life(call, monkeypatch):
    monkeypatch.setattr(pulse, "HEARTBEAT_SECONDS", 0.2)
    notebook = Scribe(call, Nobody())
    with acting_for(call.tenant):
        writing = asyncio.create_task(notebook.run())
        async with asyncio.timeout(DEADLINE):
            while (await Call.objects.aget()).heartbeat_at == call.heartbeat_at:
                notebook.turn(Said(speaker=Turn.Speaker.CALLER, text="Allô ?", started_at=0, ended_at=1))
                await notebook.flush()
        writing.cancel()
        assert await Turn.objects.acount() >= 1
