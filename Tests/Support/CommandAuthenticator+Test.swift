public import Streams

extension CommandAuthenticator {
    /// Of all harnesses that run in the tests' process.
    public static let test = CommandAuthenticator(secrets: ["a secret of the tests"])
}
