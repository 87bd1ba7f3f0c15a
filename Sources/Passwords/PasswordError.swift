/// Why a password was neither hashed nor checked. It never holds the password or a hash.
public enum PasswordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Too many are waiting: to be asked again in some seconds.
    case busy
    /// libargon2 said no: out of memory, or a stored hash that is none. The codes are those of `argon2.h`.
    case failed(code: Int32)

    public var description: String {
        switch self {
        case .busy: "too many passwords are being hashed"
        case .failed(let code): "libargon2 failed with code \(code) (see argon2.h)"
        }
    }
}
