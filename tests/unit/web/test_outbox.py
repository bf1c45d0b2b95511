"""The outbox: a message is stored before it is sent, once a recipient, and followed until it is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from django.db import transaction

from tests.fakes.hooks import Hook
from tests.fakes.mail_server import MailPeer, a_mail_server
from tests.fakes.sites import until
from tollbook.clock import now
from tollbook.engine.delivery.outbox import MessageOutbox
from tollbook.engine.engine import Engine
from tollbook.model.actor import TOLLBOOK
from tollbook.model.limits import LARGEST_MESSAGE, MESSAGE_TRIED_S
from tollbook.model.message import DeliveryMessage, MessageDestination, MessageFile, MessageState
from tollbook.model.problem import Misconfigured, NotThere
from tollbook.site.destinations import operations as destinations
from tollbook.site.outbox import operations as box
from tollbook.site.outbox.models import OutboxMessageRecord, OutboxRecipientRecord

ANNE, BOB = "anne@example.com", "bob@example.com"


def a_message(key: str = "alert/1", **more: object) -> DeliveryMessage:
    return msgspec.convert({"key": key, "subject": "Calls", "text": "12 calls", **more}, DeliveryMessage)


@pytest.fixture
def mails() -> Iterator[MailPeer]:
    with a_mail_server() as server:
        yield server


@pytest.fixture
def outbox(engine: Engine, mails: MailPeer) -> Iterator[MessageOutbox]:
    """The outbox of a site with a mail server, at work."""
    engine.outbox.directory = destinations.every
    office = MessageDestination(name="office", kind="mail", settings=mails.settings(timeout="2s"))
    destinations.add(TOLLBOOK, office, engine.outbox.in_reach)
    engine.outbox.start()
    engine.outbox.apply(run=True)
    yield engine.outbox
    engine.outbox.stop()


def states() -> list[tuple[str, str]]:
    return [(each.recipient, each.state.value) for each in reversed(box.entries(100))]


def test_a_message_comes_to_each_recipient_once(outbox: MessageOutbox, mails: MailPeer) -> None:
    assert outbox.put(a_message(), "office", [ANNE, BOB]) == 2
    until(lambda: states() == [(ANNE, "sent"), (BOB, "sent")])

    assert sorted(mail.recipient for mail in mails.taken) == [ANNE, BOB]
    assert box.entries(1)[0].reason == "250 OK, queued"
    assert outbox.health()[0].sent == 2


def test_a_message_that_is_put_again_is_the_same_message(outbox: MessageOutbox, mails: MailPeer) -> None:
    outbox.put(a_message(), "office", [ANNE])
    until(lambda: states() == [(ANNE, "sent")])

    assert outbox.put(a_message(), "office", [ANNE]) == 0
    assert outbox.put(a_message("alert/2"), "office", [ANNE]) == 1
    until(lambda: len(states()) == 2 and {state for _, state in states()} == {"sent"})

    assert len(mails.taken) == 2


def test_a_message_is_stored_with_what_else_a_transaction_keeps_or_not_at_all(outbox: MessageOutbox) -> None:
    with transaction.atomic():
        outbox.put(a_message(), "office", [ANNE])
        transaction.set_rollback(True)
    assert states() == []


def test_what_is_not_taken_now_is_tried_again_and_others_do_not_wait(outbox: MessageOutbox, mails: MailPeer) -> None:
    mails.refused = {ANNE: "451 greylisted"}
    outbox.put(a_message(), "office", [ANNE, BOB])
    until(lambda: states() == [(ANNE, "waiting"), (BOB, "sent")] and box.entries(2)[1].reason != "")

    entry = next(each for each in box.entries(10) if each.recipient == ANNE)
    assert (entry.tries, entry.reason) == (1, "the mail server answers 451 greylisted")
    assert entry.next_at > entry.made_at
    mails.refused = {}
    OutboxRecipientRecord.objects.update(next_at=now())
    outbox.news("office")
    until(lambda: states() == [(ANNE, "sent"), (BOB, "sent")])
    assert len(mails.taken) == 2


def test_what_is_refused_is_not_tried_again_until_a_person_says_so(outbox: MessageOutbox, mails: MailPeer) -> None:
    mails.refused = {ANNE: "550 no such user"}
    outbox.put(a_message(), "office", [ANNE])
    until(lambda: states() == [(ANNE, "refused")])
    assert outbox.health()[0].refused == 1

    mails.refused = {}
    box.again(box.entries(1)[0].number)
    outbox.news("office")
    until(lambda: states() == [(ANNE, "sent")])

    with pytest.raises(Misconfigured, match="it is sent"):
        box.again(box.entries(1)[0].number)


def test_what_was_tried_for_long_enough_is_given_up(outbox: MessageOutbox, mails: MailPeer) -> None:
    mails.refused = {ANNE: "451 greylisted"}
    outbox.put(a_message(), "office", [ANNE])
    until(lambda: states() == [(ANNE, "waiting")] and box.entries(1)[0].tries == 1)
    OutboxMessageRecord.objects.update(made_at=now() - timedelta(seconds=MESSAGE_TRIED_S + 1))
    OutboxRecipientRecord.objects.update(next_at=now())
    outbox.news("office")
    until(lambda: states() == [(ANNE, "given up")])


def test_a_server_that_is_away_gets_its_mails_once_it_is_back(engine: Engine, mails: MailPeer) -> None:
    engine.outbox.directory = destinations.every
    settings = mails.settings(port="1")
    office = MessageDestination(name="office", kind="mail", settings=settings)
    destinations.add(TOLLBOOK, office, engine.outbox.in_reach)
    engine.outbox.start()
    engine.outbox.apply(run=True)
    engine.outbox.put(a_message(), "office", [ANNE])
    until(lambda: "does not answer" in engine.outbox.health()[0].message)

    destinations.edit(TOLLBOOK, "office", {"port": str(mails.port)}, engine.outbox.in_reach)
    OutboxRecipientRecord.objects.update(next_at=now())
    engine.outbox.apply(run=True)
    until(lambda: states() == [(ANNE, "sent")])
    engine.outbox.stop()


def test_of_two_processes_one_claims_a_message(engine: Engine, mails: MailPeer) -> None:
    destinations.add(
        TOLLBOOK,
        MessageDestination(name="office", kind="mail", settings=mails.settings()),
        engine.outbox.in_reach,
    )
    for number in range(20):
        engine.outbox.put(a_message(f"alert/{number}"), "office", [ANNE])
    claimed: list[int] = []

    def take(process: str) -> None:
        from django.db import connections

        while found := box.claim("office", process):
            claimed.append(found.number)
        connections.close_all()

    threads = [threading.Thread(target=take, args=(name,)) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(claimed) == len(set(claimed)) == 20


def test_a_process_that_lost_a_message_to_another_says_nothing_about_it(engine: Engine, mails: MailPeer) -> None:
    destinations.add(
        TOLLBOOK,
        MessageDestination(name="office", kind="mail", settings=mails.settings()),
        engine.outbox.in_reach,
    )
    engine.outbox.put(a_message(), "office", [ANNE])
    claimed = box.claim("office", "one")
    assert claimed is not None
    assert box.claim("office", "two") is None

    assert box.release("two") == 1
    assert not box.sent(claimed.number, "one", "250")
    again = box.claim("office", "two")
    assert again is not None
    assert box.sent(again.number, "two", "250")


def test_whoever_left_a_topic_gets_nothing_of_it_even_what_waits(outbox: MessageOutbox, mails: MailPeer) -> None:
    mails.refused = {ANNE: "451 later"}
    outbox.put(a_message(topic="schedule 1"), "office", [ANNE])
    until(lambda: box.entries(1)[0].tries == 1 and states() == [(ANNE, "waiting")])

    box.unsubscribe("schedule 1", "Anne@example.com")

    assert states() == [(ANNE, "cancelled")]
    assert outbox.put(a_message("2", topic="schedule 1"), "office", [ANNE, BOB]) == 1
    assert outbox.put(a_message("3", topic="schedule 2"), "office", [ANNE]) == 1
    assert box.subscribe_again("schedule 1", ANNE)
    assert outbox.put(a_message("4", topic="schedule 1"), "office", [ANNE]) == 1


def test_what_waits_for_a_destination_that_is_removed_is_cancelled(engine: Engine, mails: MailPeer) -> None:
    destinations.add(
        TOLLBOOK,
        MessageDestination(name="office", kind="mail", settings=mails.settings()),
        engine.outbox.in_reach,
    )
    engine.outbox.put(a_message(), "office", [ANNE])
    destinations.remove(TOLLBOOK, "office")
    assert states() == [(ANNE, "cancelled")]


@pytest.mark.parametrize(
    ("recipients", "said"),
    [
        ([], "there is no recipient"),
        (["anne"], "cannot be a recipient"),
        ([ANNE, "eve@example.com\r\nBcc: x@example.com"], "cannot be a recipient"),
        (["a@b.example, c@d.example"], "cannot be a recipient"),
    ],
)
def test_a_message_for_nobody_who_can_get_it_is_not_stored(
    outbox: MessageOutbox,
    recipients: list[str],
    said: str,
) -> None:
    with pytest.raises(Misconfigured, match=said):
        outbox.put(a_message(), "office", recipients)
    assert states() == []


def test_a_message_for_a_destination_that_there_is_not_is_not_stored(outbox: MessageOutbox) -> None:
    with pytest.raises(NotThere, match="'ofice'") as fault:
        outbox.put(a_message(), "ofice", [ANNE])
    assert "did you mean 'office'?" in str(fault.value)


def test_a_message_that_is_too_large_is_not_stored(outbox: MessageOutbox) -> None:
    files = [MessageFile(name="calls.csv", type="text/csv", content=bytes(LARGEST_MESSAGE))]
    with pytest.raises(Misconfigured, match="too large"):
        outbox.put(a_message(files=files), "office", [ANNE])


def test_the_content_of_what_is_sent_is_deleted_and_of_what_was_refused_is_kept(
    outbox: MessageOutbox,
    mails: MailPeer,
) -> None:
    mails.refused = {BOB: "550 no"}
    outbox.put(a_message("1"), "office", [ANNE])
    outbox.put(a_message("2"), "office", [BOB])
    until(lambda: states() == [(ANNE, "sent"), (BOB, "refused")])

    assert box.tidy() == 0

    kept = dict(OutboxMessageRecord.objects.values_list("key", "size"))
    assert kept["1"] == 0
    assert kept["2"] > 0


def test_a_webhook_gets_a_message_signed_and_with_its_key(engine: Engine) -> None:
    engine.outbox.directory = destinations.every
    hook = Hook()
    try:
        settings = {"url": hook.url, "key": "long and random"}
        place = MessageDestination(name="desk", kind="webhook", settings=settings)
        destinations.add(TOLLBOOK, place, engine.outbox.in_reach)
        engine.outbox.start()
        engine.outbox.apply(run=True)
        engine.outbox.put(a_message(), "desk")
        until(lambda: states() == [("", MessageState.SENT.value)])
    finally:
        engine.outbox.stop()
        hook.close()

    told = msgspec.json.decode(hook.bodies[0])
    assert (told["message"], told["subject"], told["text"]) == ("alert/1", "Calls", "12 calls")
    assert hook.heads[0]["Idempotency-Key"] == "alert/1"
    assert hook.heads[0]["Tollbook-Signature"].startswith("t=")
