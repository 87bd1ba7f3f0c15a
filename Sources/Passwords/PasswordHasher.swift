import CArgon2

/// Hashes and verifies passwords with Argon2id, on its own threads.
///
/// A hash takes about 20 ms of a core and 19 MiB, so it does not run on the cooperative pool or on an event loop. At
/// most `parallelism` hashes run at the same time, so hashing takes at most `parallelism` times 19 MiB. If the queue is
/// full, a call throws ``PasswordError/busy``.
public struct PasswordHasher: Sendable {
    private let cost: PasswordCost
    private let threads: HashingThreadPool
    /// A hash of the same cost that matches no password. An unknown user's password is verified against it.
    let dummyHash: String

    /// - Parameters:
    ///   - parallelism: Maximum number of concurrent hashes.
    ///   - queueLimit: Maximum number of queued calls.
    public init(parallelism: Int = 2, queueLimit: Int = 64, cost: PasswordCost = .recommended) {
        _ = HashingMemory.configure
        self.cost = cost
        threads = HashingThreadPool(limit: max(1, parallelism), queueLimit: max(0, queueLimit))
        // Zeroes in base64 without padding, as in the encoded form.
        let salt = String(repeating: "A", count: 22)
        let hash = String(repeating: "A", count: 43)
        dummyHash = "$argon2id$v=19$m=\(cost.memoryKiB),t=\(cost.passes),p=1$\(salt)$\(hash)"
    }

    /// Hashes a password with a new salt.
    /// - Returns: The encoded form, which includes its cost: `$argon2id$v=19$m=19456,t=2,p=1$…$…`.
    public func hash(_ password: String) async throws(PasswordError) -> String {
        let cost = cost
        return try await threads.run { () throws(PasswordError) in try Self.encode(password, cost: cost) }
    }

    /// Returns true if the password matches the hash.
    /// - Parameter encoded: The result of ``hash(_:)``, or `nil` for an unknown user. For `nil`, the call takes the
    ///   same time and returns false.
    public func verify(_ password: String, against encoded: String?) async throws(PasswordError) -> Bool {
        let isKnown = encoded != nil
        let encoded = encoded ?? dummyHash
        let matches = try await threads.run { () throws(PasswordError) in try Self.matches(password, encoded) }
        return isKnown && matches
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
