import Crypto
import FoundationEssentials
import Hummingbird
import Marketplace

/// A cookie that a browser keeps after a sign-up or a sign-in. Password guesses from that browser for the same account
/// have a separate counter, so that guesses by strangers do not lock the owner out (OWASP, "Slow Down Online Guessing
/// Attacks with Device Cookies"). The cookie has no other effect, and signing out does not remove it.
///
/// The value is 16 random bytes, the time in seconds in 8 bytes, and an authentication code of 16 bytes. The code
/// covers the other two parts and the user's id. So if an e-mail address moves to another account, a cookie of the
/// former account is not valid for the new one.
struct DeviceCookies: Sendable {
    let isSecure: Bool
    private let keys: [SymmetricKey]

    private static let lifetime = Duration.seconds(180 * 86_400)
    private static let idCount = 16
    private static let timeCount = 8
    private static let codeCount = 16

    init(isSecure: Bool, keys: DerivedKeys) {
        self.isSecure = isSecure
        self.keys = keys.devices
    }

    var name: String { isSecure ? "__Host-gittix_device" : "gittix_device" }

    /// Returns the id of the device, or `nil` if the request has no valid cookie for the user.
    func device(of request: Request, for user: UserID, now: Timestamp = .now()) -> String? {
        guard let text = request.cookie(name), let bytes = Base64URL.decode(text),
            bytes.count == Self.idCount + Self.timeCount + Self.codeCount
        else { return nil }
        let signed = Array(bytes.dropLast(Self.codeCount))
        let code = Array(bytes.suffix(Self.codeCount))
        guard keys.contains(where: { ConstantTime.equal(Self.code(signed, user, $0), code) }) else { return nil }
        let made = signed.suffix(Self.timeCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let seconds = Int64(exactly: made), Timestamp(seconds: seconds) + Self.lifetime > now else { return nil }
        return Base64URL.encode(signed.prefix(Self.idCount))
    }

    /// Sets a cookie with a new id. Use it only for a client that has proved that it owns the account, because the
    /// cookie gives the client a separate counter of guesses.
    func set(for user: UserID, on response: inout Response, now: Timestamp = .now()) {
        var random = SystemRandomNumberGenerator()
        let id = (0..<Self.idCount).map { _ in UInt8.random(in: 0...255, using: &random) }
        let seconds = UInt64(max(0, now.seconds))
        let time = (0..<Self.timeCount).reversed().map { UInt8(truncatingIfNeeded: seconds >> (8 * UInt64($0))) }
        let signed = id + time
        response.setCookie(
            Cookie(
                name: name, value: Base64URL.encode(signed + Self.code(signed, user, keys[0])),
                maxAge: Int(Self.lifetime.components.seconds), path: "/", secure: isSecure, httpOnly: true,
                sameSite: .lax))
    }

    private static func code(_ signed: [UInt8], _ user: UserID, _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: signed + user.uuid.bytes, using: key).prefix(codeCount))
    }
}
