enum CurlClientStub {}
