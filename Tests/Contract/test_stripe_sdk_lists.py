"""Stripe's SDK on the sandbox: lists, their filters, and pages in both directions."""

import time

import pytest
from stripe_sandbox import Sandbox
from test_stripe_sdk_payments import new_intent, new_session


@pytest.fixture(scope="module")
def newest(sandbox: Sandbox) -> list[str]:
    """The ids of seven sessions, newest first."""
    return [new_session(sandbox).id for _ in range(7)][::-1]


def test_pages_forward(sandbox: Sandbox, newest: list[str]) -> None:
    sessions = sandbox.client.v1.checkout.sessions.list({"limit": 3, "status": "open"})
    ids = [session.id for session in sessions.auto_paging_iter()]
    assert ids[:7] == newest and len(set(ids)) == len(ids)


def test_pages_backward(sandbox: Sandbox, newest: list[str]) -> None:
    page = sandbox.client.v1.checkout.sessions.list({"limit": 2, "ending_before": newest[-1]})
    # The SDK reads towards newer objects.
    ids = [session.id for session in page.auto_paging_iter()]
    assert ids[:6] == newest[-2::-1]


def test_second_page(sandbox: Sandbox, newest: list[str]) -> None:
    page = sandbox.client.v1.checkout.sessions.list({"limit": 2})
    assert page.has_more and [session.id for session in page.data] == newest[:2]
    assert [session.id for session in page.next_page().data] == newest[2:4]


def test_all_pages_of_events(sandbox: Sandbox) -> None:
    intents = [new_intent(sandbox).id for _ in range(5)]
    events = sandbox.client.v1.events.list({"type": "payment_intent.succeeded", "limit": 2})
    ids = [event.data.object["id"] for event in events.auto_paging_iter()]
    assert ids[:5] == intents[::-1]


def test_filters_of_events(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox)
    events = sandbox.client.v1.events

    def types(**filters: object) -> set[str]:
        found = events.list({"limit": 100} | filters).data  # type: ignore[arg-type]
        return {event.type for event in found}

    assert types(type="charge.succeeded") == {"charge.succeeded"}
    assert all(name.startswith("payment_intent.") for name in types(type="payment_intent.*"))
    assert types(types=["charge.succeeded", "payment_intent.succeeded"]) == {
        "charge.succeeded", "payment_intent.succeeded",
    }  # fmt: skip
    now = int(time.time())
    assert types(created={"gt": now + 366 * 24 * 3600}) == set()
    assert "payment_intent.succeeded" in types(created={"gte": intent.created, "lte": intent.created + 60})
    newest = events.list({"limit": 1}).data[0]
    assert events.retrieve(newest.id).type == newest.type


def test_events_by_delivery(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox)
    body, _ = sandbox.webhooks.next_of_type("payment_intent.succeeded")
    assert body
    events = sandbox.client.v1.events
    deadline = time.monotonic() + 10
    while True:
        found = events.list({"type": "payment_intent.succeeded", "delivery_success": True, "limit": 100}).data
        if intent.id in {event.data.object["id"] for event in found}:
            return
        assert time.monotonic() < deadline, "the event is not shown as delivered"
        time.sleep(0.05)


def test_lapsed_authorisation(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox, capture_method="manual")
    sandbox.advance_clock(7 * 24 * 3600)
    lapsed = sandbox.client.v1.payment_intents.retrieve(intent.id)
    assert (lapsed.status, lapsed.cancellation_reason) == ("canceled", "automatic")
    expired = sandbox.client.v1.events.list({"type": "charge.expired", "limit": 100}).data
    assert intent.id in {event.data.object["payment_intent"] for event in expired}
