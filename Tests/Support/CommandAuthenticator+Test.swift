public import Streams

extension CommandAuthenticator {
    /// Used by all harnesses that run in the process of the tests.
    public static let test = CommandAuthenticator(secrets: ["a secret of the tests"])
}
