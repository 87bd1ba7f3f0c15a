/// The failure to hash or verify a password. Never contains the password or a hash.
public enum PasswordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The queue is full: retry in a few seconds.
    case busy
    /// libargon2 failed, for example because memory ran out or the stored hash is malformed. `argon2.h` lists the
    /// codes.
    case failed(code: Int32)

    public var description: String {
        switch self {
        case .busy: "too many passwords are being hashed: retry in a few seconds"
        case .failed(let code): "libargon2 failed with code \(code) (see argon2.h)"
        }
    }
}
