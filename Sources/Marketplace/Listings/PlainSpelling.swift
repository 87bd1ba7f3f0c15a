// The whole Foundation, because FoundationEssentials can't compose characters.
import Foundation

extension String {
    /// The text in compatibility form (NFKC), without invisible characters, with ASCII digits, and with a hyphen for
    /// every dash. Texts that look alike become equal, unless they contain letters of different alphabets.
    var plainSpelling: String {
        // ASCII text is its own compatibility form, and most texts are ASCII.
        if utf8.allSatisfy({ $0 < 0x80 }) { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in precomposedStringWithCompatibilityMapping.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .format, .privateUse, .surrogate, .unassigned: continue
            case _ where scalar.properties.isDefaultIgnorableCodePoint || scalar == "\u{fffc}": continue
            case .dashPunctuation: scalars.append("-")
            case _ where scalar == "\u{2212}": scalars.append("-")
            // The empty pattern of Braille looks like a blank.
            case _ where scalar == "\u{2800}": scalars.append(" ")
            case .decimalNumber:
                let digit = scalar.properties.numericValue.map { String(Int($0)) }
                scalars.append(contentsOf: (digit ?? String(scalar)).unicodeScalars)
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// True if the text has an Arabic ligature that stands for a whole phrase. Such a ligature has up to 18 characters
    /// in compatibility form, all others at most six.
    var hasPhraseLigature: Bool { unicodeScalars.contains(where: \.isPhrase) }

    /// The text with a blank instead of each ligature that stands for a whole phrase.
    var withoutPhraseLigatures: String {
        guard hasPhraseLigature else { return self }
        var scalars = String.UnicodeScalarView()
        for scalar in unicodeScalars { scalars.append(scalar.isPhrase ? " " : scalar) }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    fileprivate var isPhrase: Bool { self == "\u{fdfa}" || self == "\u{fdfb}" }
}
