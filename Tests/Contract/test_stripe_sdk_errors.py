"""Stripe's SDK with the sandbox: each error has the exception class that the SDK defines for it, and idempotency keys
are honoured."""

from collections.abc import Callable

import pytest
import stripe
from stripe_sandbox import Sandbox
from test_stripe_sdk_payments import new_intent, session_parameters


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_declines_are_card_errors(sandbox: Sandbox, card: str, code: str, decline_code: str | None) -> None:
    with pytest.raises(stripe.CardError) as failure:
        new_intent(sandbox, card)
    assert failure.value.http_status == 402
    error = failure.value.error
    assert error is not None and (error.code, error.decline_code) == (code, decline_code)
    assert error.payment_intent is not None and error.payment_intent.status == "requires_payment_method"


def test_card_that_requires_the_absent_buyer_is_declined(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.CardError) as failure:
        new_intent(sandbox, "pm_card_authenticationRequired", off_session=True)
    assert failure.value.code == "authentication_required"


def test_wrong_key_is_an_authentication_error(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.AuthenticationError) as failure:
        sandbox.new_client("sk_test_wrong0123456789").v1.events.list()
    assert failure.value.http_status == 401 and "0123456789" not in str(failure.value)


def test_unknown_version_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        sandbox.new_client(stripe_version="2099-01-01").v1.events.list()
    assert sandbox.new_client(stripe_version="2024-06-20").v1.events.list({"limit": 1}).object == "list"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.v1.customers.create({"email": "ada@example.com"}),
        lambda client: client.v1.webhook_endpoints.list(),
        lambda client: client.v1.disputes.list(),
        lambda client: client.v1.charges.list(),
        lambda client: client.v1.products.create({"name": "Ticket"}),
        lambda client: client.v1.payment_intents.update("pi_1", {"description": "x"}),
        lambda client: client.v1.payment_intents.search({"query": "amount>1"}),
    ],
)
def test_calls_that_the_sandbox_lacks_are_refused(
    sandbox: Sandbox, call: Callable[[stripe.StripeClient], object]
) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as failure:
        call(sandbox.client)
    assert failure.value.http_status == 404


@pytest.mark.parametrize(
    ("call", "parameter"),
    [
        (lambda client: client.v1.checkout.sessions.retrieve("cs_test_none"), "session"),
        (lambda client: client.v1.payment_intents.retrieve("pi_none"), "intent"),
        (lambda client: client.v1.refunds.create({"payment_intent": "pi_none"}), "payment_intent"),
        (lambda client: client.v1.refunds.list({"starting_after": "re_none"}), "starting_after"),
        (lambda client: client.v1.events.list({"ending_before": "evt_none"}), "ending_before"),
    ],
)
def test_missing_objects(sandbox: Sandbox, call: Callable[[stripe.StripeClient], object], parameter: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as failure:
        call(sandbox.client)
    assert (failure.value.code, failure.value.param) == ("resource_missing", parameter)


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"line_items": []}, "line_items"),
        ({"expires_at": 1}, "expires_at"),
        ({"customer": "cus_1"}, "customer"),
    ],
)
def test_invalid_parameters_are_named(sandbox: Sandbox, change: dict[str, object], parameter: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as failure:
        sandbox.client.v1.checkout.sessions.create(session_parameters(**change))
    assert failure.value.param == parameter


def test_rate_limit(sandbox: Sandbox) -> None:
    sandbox.add_fault(operation="payment_intents.list", kind="status", status=429)
    with pytest.raises(stripe.RateLimitError):
        sandbox.client.v1.payment_intents.list()


def test_lost_response_is_repeated_with_its_key(sandbox: Sandbox) -> None:
    """The first call takes effect, and its response is lost."""
    intents = sandbox.client.v1.payment_intents
    parameters: stripe.params.PaymentIntentCreateParams = {
        "amount": 700, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True, "metadata": {"t": "lost"},
    }  # fmt: skip
    sandbox.add_fault(operation="payment_intents.create", kind="lose_answer")
    with pytest.raises(stripe.APIConnectionError):
        intents.create(parameters, {"idempotency_key": "sdk-lost"})
    made = intents.create(parameters, {"idempotency_key": "sdk-lost"})
    found = intents.list({"limit": 100}).data
    assert [intent.id for intent in found if intent.metadata.to_dict() == {"t": "lost"}] == [made.id]


def test_sdk_repeats_a_call_after_a_lock(sandbox: Sandbox) -> None:
    sandbox.add_fault(operation="payment_intents.create", kind="status", status=409)
    client = sandbox.new_client(max_network_retries=2)
    assert client.v1.payment_intents.create({"amount": 700, "currency": "usd"}).amount == 700


def test_idempotency_key_replays_its_response(sandbox: Sandbox) -> None:
    intents = sandbox.client.v1.payment_intents
    options: stripe.RequestOptions = {"idempotency_key": "sdk-replay"}
    first = intents.create({"amount": 900, "currency": "usd"}, options)
    again = intents.create({"amount": 900, "currency": "usd"}, options)
    assert again.id == first.id and again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError) as failure:
        intents.create({"amount": 901, "currency": "usd"}, options)
    assert failure.value.http_status == 400
