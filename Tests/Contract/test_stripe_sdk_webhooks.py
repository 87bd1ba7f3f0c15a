"""Stripe's SDK with the sandbox: the SDK accepts the signatures of the sandbox's webhooks."""

import pytest
import stripe
from stripe_sandbox import WEBHOOK_SECRET, Sandbox
from test_stripe_sdk_payments import new_session


def test_signed_webhook_is_accepted(sandbox: Sandbox) -> None:
    session = new_session(sandbox)
    assert sandbox.pay(session) == 303
    while True:
        body, signature = sandbox.webhooks.next_of_type("checkout.session.completed")
        event = sandbox.client.construct_event(body, signature, WEBHOOK_SECRET)
        if event.data.object["id"] == session.id:
            break
    assert event.type == "checkout.session.completed" and event.livemode is False
    assert sandbox.client.v1.events.retrieve(event.id).data.object["id"] == session.id
    with pytest.raises(stripe.SignatureVerificationError):
        sandbox.client.construct_event(body, signature, "whsec_of_somebody_else")
    with pytest.raises(stripe.SignatureVerificationError):
        sandbox.client.construct_event(body + b" ", signature, WEBHOOK_SECRET)
