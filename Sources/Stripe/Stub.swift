enum StripeStub {}
