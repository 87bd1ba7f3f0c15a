enum BootstrapStub {}
