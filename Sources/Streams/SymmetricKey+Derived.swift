package import Crypto
import FoundationEssentials

extension SymmetricKey {
    /// Derives a key of 32 bytes from a secret (HKDF-SHA256, RFC 5869). Each purpose has a different key, so a code for
    /// one purpose is invalid for another.
    package static func derived(from secret: String, for purpose: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(secret.utf8)), info: Data("gittix \(purpose)".utf8),
            outputByteCount: 32)
    }
}
