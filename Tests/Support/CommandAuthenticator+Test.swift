public import Streams

extension CommandAuthenticator {
    /// The authenticator of all harnesses that run in the test process.
    public static let test = CommandAuthenticator(secrets: ["a secret of the tests"])
}
