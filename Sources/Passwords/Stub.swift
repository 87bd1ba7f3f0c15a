enum PasswordsStub {}
