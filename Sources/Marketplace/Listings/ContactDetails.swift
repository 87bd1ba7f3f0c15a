/// Finds contact and payment details in the texts of a listing. Listings are public, and a buyer who pays outside the
/// marketplace loses its protection.
///
/// An unclear text is allowed: a date, a seat or an order number is not a telephone number.
enum ContactDetails: String {
    case email = "an e-mail address"
    case link = "a link"
    case bankAccount = "a bank account number"
    case phone = "a telephone number"
    case payment = "a way to pay outside GitTix"

    /// Returns the first kind of details in the text, or nil if there are none.
    ///
    /// - Parameter text: At most a few hundred characters, so that each pattern takes microseconds.
    static func find(in text: String) -> ContactDetails? {
        let text = text.plainSpelling
        if let found = find(inPlain: text) { return found }
        // Names of hosts under the domains that people write without `https`.
        if text.contains(/(?i)\b[a-z0-9-]+\.(?:com|net|org|info|io|me|gg|shop|app|co\.uk|de|fr|es|it|nl|pl)\b/) {
            return .link
        }
        let words = text.lowercased().replacing("’", with: "'")
        return phrases.contains { words.contains($0) } ? .payment : nil
    }

    /// Returns the first kind of details in the name of a show, a venue, a city or a place. Such a name may contain the
    /// name of a host or of a way to pay, as in "Crypto.com Arena".
    static func find(inName text: String) -> ContactDetails? { find(inPlain: text.plainSpelling) }

    private static func find(inPlain text: String) -> ContactDetails? {
        if text.contains(/[^\s@]@[^\s@]+\.[^\s@]/) { return .email }
        if text.contains(/(?i)\bhttps?:\/\/|\bwww\.[a-z0-9]/) { return .link }
        let accounts = text.matches(of: /\b[A-Za-z]{2}\d{2}(?:[ ]?[A-Za-z0-9]){11,30}\b/)
        if accounts.contains(where: { isIBAN($0.output) }) { return .bankAccount }
        let withoutTimes = text.replacing(/\d{4}-\d{2}-\d{2}/, with: ";")
            .replacing(/\d{1,2}[.\/-]\d{1,2}[.\/-]\d{2,4}/, with: ";").replacing(/\d{1,2}:\d{2}/, with: ";")
        let numbers = withoutTimes.matches(of: /[+(]?\d(?:[ \u{a0}().\/-]{0,2}\d){6,}/)
        return numbers.contains { isPhone($0.output) } ? .phone : nil
    }

    private static let phrases = [
        "paypal", "venmo", "cash app", "cashapp", "zelle", "revolut", "bizum", "western union", "moneygram", "bitcoin",
        "crypto", "iban", "bank transfer", "whatsapp", "telegram", "pay me", "pay outside", "not pay here",
        "don't pay here", "pay directly",
    ]

    /// True for digits with a country code, with a leading zero or in North American groups, and for nine or more
    /// digits in a row.
    private static func isPhone(_ text: Substring) -> Bool {
        let digits = text.filter(\.isNumber)
        guard (7...15).contains(digits.count) else { return false }
        if text.hasPrefix("+") { return true }
        if digits.hasPrefix("0") { return digits.count >= 8 }
        return text.wholeMatch(of: /\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4}/) != nil
            || digits.count >= 9 && text.allSatisfy(\.isNumber)
    }

    /// True if the text, or its beginning up to a space, has the right check digits: the number, in the order of ISO
    /// 13616-1, is 1 modulo 97.
    private static func isIBAN(_ text: Substring) -> Bool {
        var account: [UInt8] = []
        for part in text.uppercased().utf8.split(separator: UInt8(ascii: " ")) {
            account += part
            guard (15...34).contains(account.count) else { continue }
            var rest = 0
            for byte in account.dropFirst(4) + account.prefix(4) {
                let value = byte <= UInt8(ascii: "9") ? Int(byte) - 48 : Int(byte) - 55
                rest = (rest * (value > 9 ? 100 : 10) + value) % 97
            }
            if rest == 1 { return true }
        }
        return false
    }
}
