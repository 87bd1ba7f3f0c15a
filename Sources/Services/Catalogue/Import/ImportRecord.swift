import Foundation
package import Marketplace

/// A row of an imported file. Its texts are as in the file, but with single spaces.
package struct ImportRecord: Hashable, Sendable {
    /// The line of the file on which it begins.
    package var line: Int
    package var externalId = ""
    package var title = ""
    /// Empty if the file has no category.
    package var category = ""
    package var performers: [String] = []
    package var venue = ""
    package var city = ""
    package var country = ""
    package var address = ""
    package var place = ""
    /// The zone of the times. Empty for the venue's zone.
    package var timeZone = ""
    /// The zone of the times if ``timeZone`` is empty and the catalogue does not have the venue.
    package var venueTimeZone = ""
    package var start = ""
    package var doors = ""
    package var end = ""
    package var status = ImportedPerformance.Status.scheduled

    package init(line: Int) { self.line = line }
}

/// The reason why a row is not imported, and what to do.
package struct ImportProblem: Error, Hashable {
    package var line: Int
    package var message: String

    package init(line: Int, _ message: String) {
        self.line = line
        self.message = message
    }
}

/// The reason why nothing of a file can be imported, and what to do.
package struct ImportFileError: Error, CustomStringConvertible {
    package var message: String
    package var description: String { message }

    package init(message: String) { self.message = message }
}

/// The bounds of an imported file. Its readers check each bound before they store a value.
package enum ImportLimits {
    package static let bytes = 32 << 20
    package static let rows = 50_000
    /// Maximum length of one field, in bytes. Every valid text is shorter.
    package static let fieldBytes = 4096
    /// Maximum number of levels in JSON. A list of events has about eight.
    package static let depth = 16
    /// Maximum number of columns or properties of one row.
    package static let fields = 64
}

package enum ImportText {
    /// Trims the text, and replaces each run of white space by one space.
    package static func line(_ text: String) -> String {
        text.split { $0.isWhitespace || $0 == "\u{feff}" }.joined(separator: " ")
    }
}
