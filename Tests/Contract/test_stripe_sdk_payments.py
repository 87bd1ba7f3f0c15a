"""Stripe's SDK on the sandbox: from a Checkout Session to the refund."""

import itertools
from typing import Any

import pytest
import stripe
from stripe_sandbox import Sandbox

_keys = itertools.count()


def session_parameters(**more: Any) -> dict[str, Any]:
    price = {"currency": "eur", "unit_amount": 2500, "product_data": {"name": "Night & day <live>"}}
    return {
        "mode": "payment",
        "success_url": "https://shop.test/orders/1?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.test/orders/1",
        "line_items": [{"price_data": price, "quantity": 2}],
        "metadata": {"order_id": "o1", "attempt": "1"},
        "payment_intent_data": {"capture_method": "manual", "metadata": {"order_id": "o1"}},
    } | more


def new_session(sandbox: Sandbox, **more: Any) -> stripe.checkout.Session:
    options: Any = {"idempotency_key": f"session-{next(_keys)}"}
    parameters: Any = session_parameters(**more)
    return sandbox.client.v1.checkout.sessions.create(parameters, options)


def new_intent(sandbox: Sandbox, card: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
    """A confirmed PaymentIntent."""
    parameters: Any = {"amount": 5000, "currency": "usd", "payment_method": card, "confirm": True} | more
    return sandbox.client.v1.payment_intents.create(parameters)


def paid_intent(sandbox: Sandbox, card: str = "4242424242424242") -> stripe.PaymentIntent:
    """The PaymentIntent of a session that a buyer has paid on its page."""
    session = new_session(sandbox)
    assert sandbox.pay(session, card) == 303
    session = sandbox.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(session.payment_intent, stripe.PaymentIntent)
    return session.payment_intent


# Checkout Sessions


def test_session_is_created_and_retrieved(sandbox: Sandbox) -> None:
    session = new_session(sandbox)
    assert isinstance(session, stripe.checkout.Session)
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 5000)
    assert session.currency == "eur" and session.metadata.to_dict() == {"order_id": "o1", "attempt": "1"}
    found = sandbox.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert found.line_items is not None
    assert [item.description for item in found.line_items.data] == ["Night & day <live>"]
    assert found.last_response is not None and found.last_response.request_id.startswith("req_")


def test_session_is_expired(sandbox: Sandbox) -> None:
    session = new_session(sandbox)
    assert sandbox.client.v1.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        sandbox.client.v1.checkout.sessions.expire(session.id)


def test_session_is_paid_and_found_by_its_intent(sandbox: Sandbox) -> None:
    intent = paid_intent(sandbox)
    assert (intent.status, intent.amount_capturable) == ("requires_capture", 5000)
    assert intent.metadata.to_dict() == {"order_id": "o1"}
    sessions = sandbox.client.v1.checkout.sessions
    [session] = sessions.list({"payment_intent": intent.id}).data
    assert session.status == "complete"


@pytest.mark.parametrize("card", ["4000000000003220", "4000003800000446"])
def test_buyer_authenticates(sandbox: Sandbox, card: str) -> None:
    session = new_session(sandbox)
    assert sandbox.pay(session, card) == 303
    assert sandbox.authenticate(session) == 303
    assert sandbox.client.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_card_without_money_is_declined_after_authentication(sandbox: Sandbox) -> None:
    session = new_session(sandbox)
    assert sandbox.pay(session, "4000008260003178") == 303
    assert sandbox.authenticate(session) == 402
    found = sandbox.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(found.payment_intent, stripe.PaymentIntent)
    error = found.payment_intent.last_payment_error
    assert error is not None and error.decline_code == "insufficient_funds"


# PaymentIntents


def test_intent_is_created_confirmed_and_captured_in_part(sandbox: Sandbox) -> None:
    intents = sandbox.client.v1.payment_intents
    made = intents.create({
        "amount": 5000, "currency": "usd", "capture_method": "manual", "payment_method": "pm_card_amex",
        "description": "two tickets", "metadata": {"order_id": "o2"},
    })  # fmt: skip
    assert made.status == "requires_confirmation"
    confirmed = intents.confirm(made.id, {"expand": ["latest_charge"]})
    assert confirmed.status == "requires_capture"
    assert isinstance(confirmed.latest_charge, stripe.Charge)
    assert confirmed.latest_charge.payment_method_details.card.brand == "amex"
    captured = intents.capture(made.id, {"amount_to_capture": 2000})
    assert (captured.status, captured.amount_received) == ("succeeded", 2000)
    assert isinstance(captured.latest_charge, str)
    charge = sandbox.client.v1.charges.retrieve(captured.latest_charge)
    assert (charge.amount_captured, charge.amount_refunded) == (2000, 3000)


def test_intent_is_cancelled(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox, capture_method="manual")
    cancelled = sandbox.client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as failure:
        sandbox.client.v1.payment_intents.capture(intent.id)
    assert failure.value.code == "payment_intent_unexpected_state"


def test_capture_is_declined(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox, "pm_card_captureDeclined", capture_method="manual")
    with pytest.raises(stripe.CardError):
        sandbox.client.v1.payment_intents.capture(intent.id)
    assert sandbox.client.v1.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_buyer_must_act(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox, "pm_card_threeDSecure2Required")
    assert intent.status == "requires_action" and intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


# Refunds


def test_refunds_in_parts(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox)
    refunds = sandbox.client.v1.refunds
    first = refunds.create({"payment_intent": intent.id, "amount": 2000, "reason": "requested_by_customer"})
    assert (first.status, first.amount, first.reason) == ("succeeded", 2000, "requested_by_customer")
    second = refunds.create({"payment_intent": intent.id, "metadata": {"order_id": "o1"}, "expand": ["charge"]})
    assert second.amount == 3000 and second.metadata.to_dict() == {"order_id": "o1"}
    assert isinstance(second.charge, stripe.Charge) and second.charge.refunded
    assert [refund.id for refund in refunds.list({"payment_intent": intent.id}).data] == [second.id, first.id]
    with pytest.raises(stripe.InvalidRequestError) as failure:
        refunds.create({"payment_intent": intent.id})
    assert failure.value.code == "charge_already_refunded"


def test_refund_fails_later(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox, "pm_card_refundFail")
    refund = sandbox.client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    sandbox.advance_clock(60)
    failed = sandbox.client.v1.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    [event] = [
        event
        for event in sandbox.client.v1.events.list({"type": "refund.failed", "limit": 100}).data
        if event.data.object["id"] == refund.id
    ]
    assert event.data.object["status"] == "failed"


def test_refund_is_pending_at_first(sandbox: Sandbox) -> None:
    intent = new_intent(sandbox, "pm_card_pendingRefund")
    refund = sandbox.client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    sandbox.advance_clock(60)
    assert sandbox.client.v1.refunds.retrieve(refund.id).status == "succeeded"
