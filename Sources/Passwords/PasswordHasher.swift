import CArgon2

/// Hashes and checks passwords with Argon2id, on threads of its own.
///
/// A hash takes some 20 ms of a core and 19 MiB, so it runs neither on the cooperative pool nor on an event loop, and
/// only as many run at once as are allowed to: the memory that sign-ins can take is `parallelism` times 19 MiB. What
/// comes when the queue is full is refused with ``PasswordError/busy``.
public struct PasswordHasher: Sendable {
    private let cost: PasswordCost
    private let threads: HashingThreads
    /// A hash that no password has, of the same cost: what an unknown user's password is checked against.
    let nobody: String

    /// - Parameters:
    ///   - parallelism: how many are hashed at once.
    ///   - queueLimit: how many may wait for their turn.
    public init(parallelism: Int = 2, queueLimit: Int = 64, cost: PasswordCost = .recommended) {
        _ = HashingMemory.isGivenBack
        self.cost = cost
        threads = HashingThreads(limit: max(1, parallelism), queueLimit: max(0, queueLimit))
        // Base64 of zeroes, without padding, as the encoded form has it.
        let salt = String(repeating: "A", count: 22)
        let hash = String(repeating: "A", count: 43)
        nobody = "$argon2id$v=19$m=\(cost.memoryKiB),t=\(cost.passes),p=1$\(salt)$\(hash)"
    }

    /// Hashes a password with a new salt.
    /// - Returns: the encoded form, which names its own cost: `$argon2id$v=19$m=19456,t=2,p=1$…$…`.
    public func hash(_ password: String) async throws(PasswordError) -> String {
        let cost = cost
        return try await threads.run { () throws(PasswordError) in try Self.encode(password, cost: cost) }
    }

    /// Whether a password is the one that was hashed.
    /// - Parameter encoded: what ``hash(_:)`` gave, or nil where there is no such user: that takes as long, and is false.
    public func verify(_ password: String, against encoded: String?) async throws(PasswordError) -> Bool {
        let known = encoded != nil
        let encoded = encoded ?? nobody
        let matches = try await threads.run { () throws(PasswordError) in try Self.matches(password, encoded) }
        return known && matches
    }

    private static let saltLength = 16
    private static let hashLength = 32

    private static func encode(_ password: String, cost: PasswordCost) throws(PasswordError) -> String {
        var random = SystemRandomNumberGenerator()
        let salt = (0..<saltLength).map { _ in UInt8.random(in: 0...255, using: &random) }
        let bytes = Array(password.utf8)
        let length = argon2_encodedlen(
            cost.passes, cost.memoryKiB, 1, UInt32(saltLength), UInt32(hashLength), Argon2_id)
        var encoded = [CChar](repeating: 0, count: length)
        let code = unsafe argon2id_hash_encoded(
            cost.passes, cost.memoryKiB, 1, bytes, bytes.count, salt, salt.count, hashLength, &encoded, encoded.count)
        guard code == ARGON2_OK.rawValue else { throw .failed(code: code) }
        return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func matches(_ password: String, _ encoded: String) throws(PasswordError) -> Bool {
        let bytes = Array(password.utf8)
        // libargon2 compares in constant time (argon2_compare in its core.c).
        let code = unsafe argon2id_verify(encoded, bytes, bytes.count)
        if code == ARGON2_OK.rawValue { return true }
        if code == ARGON2_VERIFY_MISMATCH.rawValue { return false }
        throw .failed(code: code)
    }
}
