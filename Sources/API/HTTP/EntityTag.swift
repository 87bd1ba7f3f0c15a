import Bootstrap
import HTTPTypes
import JSONCoding
import Marketplace

/// A validator of a representation (RFC 9110, section 8.8.3).
///
/// The text of a strong tag of this API begins with the version of the resource. Usually, it continues with the other
/// values that the bytes of the representation depend on, such as the number of free units, and with the build, which
/// determines the format: `"7.3-0.9.0"`. The tag of a compressed representation has `-gzip` at its end.
struct EntityTag: Hashable, Sendable {
    /// The text between the quotes.
    let text: String
    var isWeak = false

    init(text: String, isWeak: Bool = false) {
        self.text = text
        self.isWeak = isWeak
    }

    init(_ listing: ListingRepresentation) {
        self.init(text: "\(listing.version).\(listing.available)\(Self.build)")
    }

    /// The tag of a listing in JSON.
    init?(listing json: [UInt8]) {
        guard let listing: ListingRepresentation = try? JSONBytes.decode(from: json) else { return nil }
        self.init(listing)
    }

    /// The tag of a representation that depends on the version alone.
    init(version: Int64) { self.init(text: "\(version)\(Self.build)") }

    /// The tag of an entry that is shown for another one, which was merged into it.
    init(version: Int64, of shown: String) { self.init(text: "\(version).\(shown)\(Self.build)") }

    private static let build = "-\(Version.current)"

    /// The value of an `ETag` header.
    var header: String { isWeak ? "W/\"\(text)\"" : "\"\(text)\"" }

    /// The version of the resource, if the tag has one. Tags of earlier builds, such as `"7"`, are accepted too.
    var version: Int64? {
        let digits = text.prefix { $0 != "." && $0 != "-" }
        guard !digits.hasPrefix("+"), let version = Int64(digits), version > 0 else { return nil }
        return version
    }

    /// The weak comparison of RFC 9110, section 8.8.3.2.
    func isWeaklyEqual(_ other: EntityTag) -> Bool { text == other.text }
}

extension EntityTag {
    /// The tags of an `If-Match` or `If-None-Match` header, or any tag (`*`).
    enum List: Hashable, Sendable {
        case any
        case tags([EntityTag])

        /// Maximum length in bytes, which is about a hundred tags.
        private static let lengthLimit = 4096

        /// Returns `nil` if the text is not a list of tags (RFC 9110, section 13.1.1), or too long.
        init?(_ text: String) {
            guard text.utf8.count <= Self.lengthLimit else { return nil }
            if text.trimmed == "*" {
                self = .any
                return
            }
            var tags: [EntityTag] = []
            var rest = text[...]
            while true {
                rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
                guard !rest.isEmpty else { break }
                let isWeak = rest.hasPrefix("W/")
                if isWeak { rest = rest.dropFirst(2) }
                guard rest.first == "\"" else { return nil }
                rest = rest.dropFirst()
                // A tag may contain a comma.
                guard let end = rest.firstIndex(of: "\""), rest[..<end].utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f })
                else { return nil }
                tags.append(EntityTag(text: String(rest[..<end]), isWeak: isWeak))
                rest = rest[rest.index(after: end)...]
                let next = rest.drop { $0 == " " || $0 == "\t" }
                guard next.isEmpty || next.first == "," else { return nil }
            }
            guard !tags.isEmpty else { return nil }
            self = .tags(tags)
        }
    }
}
