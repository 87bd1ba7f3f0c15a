enum StreamsStub {}
