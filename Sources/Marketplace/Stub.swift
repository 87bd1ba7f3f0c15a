enum MarketplaceStub {}
