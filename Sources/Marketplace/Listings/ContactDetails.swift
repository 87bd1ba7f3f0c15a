/// Finds contact and payment details in the texts of a listing. Listings are public, and a buyer who pays outside the
/// marketplace loses its protection.
///
/// An unclear text is allowed: a date, a seat or an order number is not a telephone number.
///
/// The texts are read by hand: Swift's regular expressions took 4 ms for a short text, and longer for texts that make
/// them try many positions. A worker reads these texts while it holds locks.
enum ContactDetails: String {
    case email = "an e-mail address"
    case link = "a link"
    case bankAccount = "a bank account number"
    case phone = "a telephone number"
    case payment = "a way to pay outside GitTix"

    /// Returns the first kind of details in the text, or nil if there are none. The time grows linearly with the length
    /// of the text.
    static func find(in text: String) -> ContactDetails? {
        let text = ContactText(text)
        if let found = find(inPlain: text) { return found }
        if text.hasHostName { return .link }
        return phrases.contains(where: text.contains) ? .payment : nil
    }

    /// Returns the first kind of details in the name of a show, a venue, a city or a place. Such a name may contain the
    /// name of a host or of a way to pay, as in "Crypto.com Arena".
    static func find(inName text: String) -> ContactDetails? { find(inPlain: ContactText(text)) }

    private static func find(inPlain text: ContactText) -> ContactDetails? {
        if text.hasEmailAddress { return .email }
        if text.hasLink { return .link }
        if text.hasBankAccount { return .bankAccount }
        return text.hasPhoneNumber ? .phone : nil
    }

    private static let phrases = [
        "paypal", "venmo", "cash app", "cashapp", "zelle", "revolut", "bizum", "western union", "moneygram", "bitcoin",
        "crypto", "iban", "bank transfer", "whatsapp", "telegram", "pay me", "pay outside", "not pay here",
        "don't pay here", "pay directly",
    ].map { Array($0.unicodeScalars) }
}
