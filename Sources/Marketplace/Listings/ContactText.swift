/// A text in its plain spelling and lower case, in which contact details are searched.
struct ContactText {
    private let scalars: [Unicode.Scalar]

    init(_ text: String) {
        scalars = text.withoutPhraseLigatures.plainSpelling.lowercased().unicodeScalars.map { $0 == "’" ? "'" : $0 }
    }

    // MARK: - Phrases and links

    /// True if the phrase occurs anywhere.
    func contains(_ phrase: [Unicode.Scalar]) -> Bool {
        scalars.indices.contains { scalars[$0...].starts(with: phrase) }
    }

    /// True if the text has a sign @ between a name and a host with a dot.
    var hasEmailAddress: Bool {
        for at in scalars.indices where scalars[at] == "@" && at > 0 {
            let before = scalars[at - 1]
            guard before != "@", !before.properties.isWhitespace else { continue }
            let host = scalars[(at + 1)...].prefix { $0 != "@" && !$0.properties.isWhitespace }
            // A dot that is neither the first nor the last character.
            if host.dropFirst().dropLast().contains(".") { return true }
        }
        return false
    }

    /// True if the text has `http://`, `https://` or `www.` at the beginning of a word.
    var hasLink: Bool {
        scalars.indices.contains { start in
            guard isWordStart(start) else { return false }
            let rest = scalars[start...]
            if rest.starts(with: "http://".unicodeScalars) || rest.starts(with: "https://".unicodeScalars) {
                return true
            }
            return rest.starts(with: "www.".unicodeScalars) && rest.dropFirst(4).first.map(Self.isLetterOrDigit) == true
        }
    }

    /// True if the text has the name of a host under a domain that people write without `https`.
    var hasHostName: Bool {
        scalars.indices.contains { dot in
            guard scalars[dot] == ".", dot > 0, Self.isInHostName(scalars[dot - 1]) else { return false }
            let rest = scalars[(dot + 1)...]
            return Self.domains.contains { domain in
                rest.starts(with: domain) && rest.dropFirst(domain.count).first.map(Self.isInWord) != true
            }
        }
    }

    private static let domains = [
        "com", "net", "org", "info", "io", "me", "gg", "shop", "app", "co.uk", "de", "fr", "es", "it", "nl", "pl",
    ].map { Array($0.unicodeScalars) }

    // MARK: - Bank accounts

    /// True if the text has an IBAN with the right check digits. Spaces may separate its parts.
    var hasBankAccount: Bool {
        scalars.indices.contains { start in
            guard isWordStart(start), scalars.count - start >= 15, scalars[start..<start + 2].allSatisfy(Self.isLetter),
                scalars[start + 2..<start + 4].allSatisfy(Self.isDigit)
            else { return false }
            return isBankAccount(from: start)
        }
    }

    /// Maximum length of an IBAN (ISO 13616-1).
    private static let accountLimit = 34

    private func isBankAccount(from start: Int) -> Bool {
        var account: [Unicode.Scalar] = []
        var index = start
        while account.count <= Self.accountLimit {
            let part = scalars[index...].prefix(Self.accountLimit + 1).prefix { Self.isLetterOrDigit($0) }
            guard !part.isEmpty, part.endIndex == scalars.endIndex || !Self.isInWord(scalars[part.endIndex]) else {
                return false
            }
            account += part
            if (15...Self.accountLimit).contains(account.count), Self.hasRightCheckDigits(account) { return true }
            guard part.endIndex < scalars.endIndex, scalars[part.endIndex] == " " else { return false }
            index = part.endIndex + 1
        }
        return false
    }

    /// True if the number, in the order of ISO 13616-1, is 1 modulo 97.
    private static func hasRightCheckDigits(_ account: [Unicode.Scalar]) -> Bool {
        var rest = 0
        for scalar in account.dropFirst(4) + account.prefix(4) {
            let value = isDigit(scalar) ? Int(scalar.value) - 48 : Int(scalar.value) - 87
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97
        }
        return rest == 1
    }

    // MARK: - Telephone numbers

    /// True if the text has a number that is neither part of a date nor of a time, and looks like one to call.
    var hasPhoneNumber: Bool {
        let text = withoutTimes
        var index = 0
        while index < text.count {
            guard let number = Self.number(in: text, from: index) else {
                index += 1
                continue
            }
            if Self.isPhone(text[number]) { return true }
            index = number.upperBound
        }
        return false
    }

    /// Seven digits or more, with up to two separators between two of them, after an optional `+` or `(`.
    private static func number(in text: [Unicode.Scalar], from start: Int) -> Range<Int>? {
        var index = start
        if text[index] == "+" || text[index] == "(" { index += 1 }
        guard index < text.count, isDigit(text[index]) else { return nil }
        var digits = 1
        index += 1
        while let next = text[index...].prefix(3).firstIndex(where: { !isInNumber($0) }), isDigit(text[next]) {
            digits += 1
            index = next + 1
        }
        return digits >= 7 ? start..<index : nil
    }

    /// True for digits with a country code, with a leading zero or in North American groups, and for nine or more
    /// digits in a row.
    private static func isPhone(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        let digits = text.filter(isDigit)
        guard (7...15).contains(digits.count) else { return false }
        if text.first == "+" { return true }
        if digits.first == "0" { return digits.count >= 8 }
        return isInAmericanGroups(text) || digits.count >= 9 && text.allSatisfy(isDigit)
    }

    /// `(212) 555-0123`, `212-555-0123`, `212.555.0123`, `(212)555 0123`
    private static func isInAmericanGroups(_ text: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = text
        if rest.first == "(" { rest = rest.dropFirst() }
        guard takeDigits(3, from: &rest) else { return false }
        if rest.first == ")" { rest = rest.dropFirst() }
        if let separator = rest.first, isInGroups(separator) { rest = rest.dropFirst() }
        guard takeDigits(3, from: &rest), let separator = rest.first, isInGroups(separator) else { return false }
        rest = rest.dropFirst()
        return takeDigits(4, from: &rest) && rest.isEmpty
    }

    private static func takeDigits(_ count: Int, from text: inout ArraySlice<Unicode.Scalar>) -> Bool {
        let digits = text.prefix(count)
        guard digits.count == count, digits.allSatisfy(isDigit) else { return false }
        text = text.dropFirst(count)
        return true
    }

    /// The text with a semicolon instead of each date and time.
    private var withoutTimes: [Unicode.Scalar] {
        // A date may end with what looks like the beginning of another one, so each form is replaced by itself.
        var text = scalars
        for end in [Self.endOfISODate, Self.endOfDate, Self.endOfTime] {
            var changed: [Unicode.Scalar] = []
            changed.reserveCapacity(text.count)
            var index = 0
            while index < text.count {
                let next = Self.isDigit(text[index]) ? end(text, index) : nil
                changed.append(next == nil ? text[index] : ";")
                index = next ?? index + 1
            }
            text = changed
        }
        return text
    }

    /// The end of a date such as `2027-01-20` at an index, or nil.
    private static func endOfISODate(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        end(of: [4...4, 2...2, 2...2], separatedBy: "-", in: text, from: start)
    }

    /// The end of a date such as `20.1.27` or `20/01/2027` at an index, or nil.
    private static func endOfDate(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        end(of: [1...2, 1...2, 2...4], separatedBy: "./-", in: text, from: start)
    }

    /// The end of a time such as `9:30` at an index, or nil.
    private static func endOfTime(_ text: [Unicode.Scalar], _ start: Int) -> Int? {
        end(of: [1...2, 2...2], separatedBy: ":", in: text, from: start)
    }

    /// The end of numbers with these counts of digits, with one of the separators between two of them. The last number
    /// may be followed by further digits.
    private static func end(
        of counts: [ClosedRange<Int>], separatedBy separators: String, in text: [Unicode.Scalar], from start: Int
    ) -> Int? {
        var index = start
        for (position, count) in counts.enumerated() {
            let digits = text[index...].prefix(count.upperBound).prefix { isDigit($0) }
            guard digits.count >= count.lowerBound else { return nil }
            index = digits.endIndex
            guard position < counts.count - 1 else { break }
            guard index < text.count, separators.unicodeScalars.contains(text[index]) else { return nil }
            index += 1
        }
        return index
    }

    // MARK: - Characters

    /// True if a letter or digit begins a word here.
    private func isWordStart(_ index: Int) -> Bool {
        Self.isInWord(scalars[index]) && (index == 0 || !Self.isInWord(scalars[index - 1]))
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { ("a"..."z").contains(scalar) }
    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool { isLetter(scalar) || isDigit(scalar) }

    private static func isInWord(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || scalar == "_" || scalar.value > 0x7f && scalar.properties.isAlphabetic
    }

    private static func isInHostName(_ scalar: Unicode.Scalar) -> Bool { isInWord(scalar) || scalar == "-" }

    private static func isInNumber(_ scalar: Unicode.Scalar) -> Bool { " ().-/".unicodeScalars.contains(scalar) }
    private static func isInGroups(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "." || scalar == "-" }
}
