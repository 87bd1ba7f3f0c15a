import Passwords

extension PasswordHasher {
    /// Returns true if the password matches the hash, either normalized like ``NewPassword`` or exactly as typed,
    /// because version 0.9 hashed passwords without normalizing them.
    ///
    /// - Parameter encoded: `nil` for an unknown user. The check then takes the same time and returns false.
    func verify(typed: String, against encoded: String?) async throws -> Bool {
        let normalized = NewPassword.normalized(typed)
        if try await verify(normalized, against: encoded) { return true }
        // Compares bytes, because Swift compares strings by canonical equivalence.
        guard !normalized.utf8.elementsEqual(typed.utf8) else { return false }
        return try await verify(typed, against: encoded)
    }
}
