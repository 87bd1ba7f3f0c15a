import HTTPTypes
import Hummingbird
import Marketplace
import Services

/// The addresses of the catalogue's pages.
enum EventAddress {
    /// Maximum length of the words before the id.
    private static let wordsLimit = 60

    /// The path of an event's page: `/events/the-midnight-ferry-01a2…`. The words are only for readers, because the id
    /// alone identifies the event. They may be missing, for example if the title is not in Latin script.
    static func path(of id: ShowID, title: String) -> String {
        let words = words(of: title)
        return "/events/" + (words.isEmpty ? "" : words + "-") + id.description
    }

    static func path(of id: PerformanceID) -> String { "/performances/\(id)" }

    /// The id at the end of the last part of a path.
    static func id(in part: String) -> ShowID? {
        let id = part.suffix(36)
        guard part.count == id.count || part.dropLast(id.count).hasSuffix("-") else { return nil }
        return ShowID(String(id))
    }

    private static func words(of title: String) -> String {
        var words = ""
        for word in KnownCity.folded(title).split(separator: " ") {
            let plain = word.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.lowercased()
            guard !plain.isEmpty else { continue }
            let longer = words.isEmpty ? plain : words + "-" + plain
            guard longer.utf8.count <= wordsLimit else { break }
            words = longer
        }
        return words
    }
}

extension Response {
    /// Redirects with 308 to the current address of a page. Browsers ask again each time, because a title can be
    /// changed back.
    static func moved(to location: String) -> Response {
        Response(status: .permanentRedirect, headers: [.location: location, .cacheControl: "no-cache"])
    }
}
