import Foundation
import Marketplace

/// Days that a visitor names in a search.
enum SearchDays: Hashable, Sendable {
    /// From the first day to the last, both included, as `2027-01-20`.
    case dates(first: String, last: String)
    /// Days of the week, 1 for Monday to 7 for Sunday.
    case weekdays([Int64])

    struct Phrase: Hashable, Sendable {
        let days: SearchDays
        /// The words that the visitor typed.
        let text: String
        /// True if titles use the words too, such as "Saturday". A listing that contains them then matches as well.
        let mayBeTitle: Bool
    }

    static func today(at now: Timestamp, in zone: TimeZone) -> CivilDay {
        let seconds = now.microseconds / 1_000_000 + Int64(zone.secondsFromGMT(for: now.foundationDate))
        return CivilDay(daysSince1970: Int((Double(seconds) / 86_400).rounded(.down)))
    }

    /// Removes the first words that mean days, and returns them.
    static func extract(from tokens: inout [String], today: CivilDay) -> Phrase? {
        let keys = tokens.map(KnownCity.folded)
        for start in tokens.indices {
            let found = days(tokens[start...], keys[start...], today)
            guard let (days, count, mayBeTitle) = found else { continue }
            let text = tokens[start..<start + count].joined(separator: " ")
            tokens.removeSubrange(start..<start + count)
            return Phrase(days: days, text: text, mayBeTitle: mayBeTitle)
        }
        return nil
    }

    private typealias Found = (days: SearchDays, count: Int, mayBeTitle: Bool)

    /// Reads the days at the start of the words.
    private static func days(_ tokens: ArraySlice<String>, _ keys: ArraySlice<String>, _ today: CivilDay) -> Found? {
        guard let token = tokens.first, let key = keys.first else { return nil }
        if let day = numericDay(token, today) { return (dates(day), 1, false) }
        // "20 de enero" has a word between the day and the month.
        let keys = keys.dropFirst().first == "de" ? keys.prefix(1) + keys.dropFirst(2) : keys
        let skipped = tokens.count - keys.count
        let (second, third) = (keys.dropFirst().first, keys.dropFirst(2).first)
        let pairs = [(key, second), (second ?? "", key)] as [(String, String?)]
        for (number, name) in pairs {
            guard let name, let month = months[name], let number = dayNumber(number) else { continue }
            let year = third.flatMap(year)
            guard let day = day(number, month, year, today) else { continue }
            return (dates(day), (year == nil ? 2 : 3) + skipped, false)
        }
        if let month = months[key], let year = second.flatMap(year),
            let first = CivilDay(year: year, month: month, day: 1)
        {
            let last = CivilDay(daysSince1970: first.daysSince1970 + 31)
            let end = CivilDay(daysSince1970: last.daysSince1970 - last.day)
            return (.dates(first: first.text, last: end.text), 2 + skipped, false)
        }
        if let weekdays = weekdays[key] { return (.weekdays(weekdays), 1, true) }
        guard let later = relative[key] else { return nil }
        return (dates(CivilDay(daysSince1970: today.daysSince1970 + later)), 1, true)
    }

    private static func dates(_ day: CivilDay) -> SearchDays { .dates(first: day.text, last: day.text) }

    /// `2027-01-20`, `20.1.`, `20.01.2027`. Dates with slashes are not read, because the order of day and month depends
    /// on the country.
    private static func numericDay(_ token: String, _ today: CivilDay) -> CivilDay? {
        if let parts = numbers(token, separator: "-"), parts.map(\.digits) == [4, 2, 2] {
            return day(parts[2].value, parts[1].value ?? 0, parts[0].value, today)
        }
        guard let parts = numbers(token, separator: "."), parts.count == 3,
            parts.prefix(2).allSatisfy({ (1...2).contains($0.digits) }), [0, 4].contains(parts[2].digits)
        else { return nil }
        return day(parts[0].value, parts[1].value ?? 0, parts[2].value, today)
    }

    /// `20`, `20.`, `20th`
    private static func dayNumber(_ key: String) -> Int? {
        let digits = key.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard (1...2).contains(digits.count), let day = Int(Substring(digits)), (1...31).contains(day) else {
            return nil
        }
        return ["", "st", "nd", "rd", "th"].contains(Substring(key.utf8[digits.endIndex...])) ? day : nil
    }

    /// The numbers between the separators, or nil if the token has other characters. A number without digits is nil.
    private static func numbers(_ token: String, separator: Unicode.Scalar) -> [(value: Int?, digits: Int)]? {
        guard token.utf8.count <= 10 else { return nil }
        let parts = token.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }) else { return nil }
        return parts.map { (Int(Substring($0)), $0.count) }
    }

    private static func year(_ key: String) -> Int? {
        guard key.utf8.count == 4, let year = Int(key), (2000...2100).contains(year) else { return nil }
        return year
    }

    /// The given day, or the next day with this date if there is no year.
    private static func day(_ day: Int?, _ month: Int, _ year: Int?, _ today: CivilDay) -> CivilDay? {
        // PostgreSQL has no year 0.
        guard let day, year != 0 else { return nil }
        if let year { return CivilDay(year: year, month: month, day: day) }
        // Up to eight years ahead, for 29 February.
        return (today.year...today.year + 8).lazy.compactMap { CivilDay(year: $0, month: month, day: day) }
            .first { $0.daysSince1970 >= today.daysSince1970 }
    }

    // MARK: Words, folded, in English, German, French, Spanish, Italian, Portuguese and Dutch

    private static let months = numbered([
        "january jan januar janner janvier enero gennaio janeiro januari",
        "february feb februar fevrier febrero febbraio fevereiro februari",
        "march mar marz maerz mars marzo marco maart",
        "april apr avril abril aprile",
        "may mai mayo maggio maio mei",
        "june jun juni juin junio giugno junho",
        "july jul juli juillet julio luglio julho",
        "august aug aout agosto augustus",
        "september sep sept septembre septiembre settembre setembro",
        "october oct oktober okt octobre octubre ottobre outubro",
        "november nov novembre noviembre novembro",
        "december dec dezember dez decembre diciembre dicembre dezembro",
    ])

    private static let weekdays: [String: [Int64]] = {
        var days = numbered([
            "monday montag lundi lunes lunedi maandag",
            "tuesday dienstag mardi martes martedi dinsdag",
            "wednesday mittwoch mercredi miercoles mercoledi woensdag",
            "thursday donnerstag jeudi jueves giovedi donderdag",
            "friday freitag vendredi viernes venerdi vrijdag",
            "saturday samstag sonnabend samedi sabado sabato zaterdag",
            "sunday sonntag dimanche domingo domenica zondag",
        ]).mapValues { [Int64($0)] }
        for word in ["weekend", "wochenende"] { days[word] = [6, 7] }
        return days
    }()

    private static let relative: [String: Int] = {
        var days: [String: Int] = [:]
        for word in ["today", "tonight", "heute", "hoy", "oggi", "hoje", "vandaag"] { days[word] = 0 }
        for word in ["tomorrow", "morgen", "demain", "manana", "domani", "amanha"] { days[word] = 1 }
        return days
    }()

    private static func numbered(_ lines: [String]) -> [String: Int] {
        var numbers: [String: Int] = [:]
        for (index, line) in lines.enumerated() {
            for word in line.split(separator: " ") { numbers[String(word)] = index + 1 }
        }
        return numbers
    }
}

extension CivilDay {
    /// `2027-01-20`
    fileprivate var text: String {
        func padded(_ number: Int, _ width: Int) -> String {
            String(repeating: "0", count: max(0, width - String(number).count)) + String(number)
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

extension Timestamp {
    fileprivate var foundationDate: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}
