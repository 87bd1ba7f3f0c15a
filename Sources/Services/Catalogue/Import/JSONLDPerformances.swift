import JSONCoding
import Marketplace

/// Performances as JSON-LD with the vocabulary of schema.org: an `Event`, a list of them, an `ItemList` or an object
/// with `@graph`.
enum JSONLDPerformances {
    static func read(_ text: [UInt8]) throws(ImportFileError) -> ImportFile {
        let text = text.starts(with: [0xef, 0xbb, 0xbf]) ? Array(text.dropFirst(3)) : text
        var lines = LineCounter(text)
        let tree: JSONTree
        do {
            tree = try JSONTree(text, maximumDepth: ImportLimits.depth)
        } catch {
            throw ImportFileError(message: "line \(lines.line(at: error.offset)): invalid JSON: \(error.reason)")
        }
        var file = ImportFile()
        for element in events(of: tree) {
            try file.checkRoom()
            let event = element["item"] ?? element
            let line = lines.line(at: element.offset)
            guard event.isObject else {
                file.problems.append(ImportProblem(line: line, "the event is not a JSON object"))
                continue
            }
            guard let category = category(of: event) else {
                file.problems.append(ImportProblem(line: line, "the object's @type is not Event or a kind of Event"))
                continue
            }
            var record = record(of: event, line: line)
            record.category = category
            file.add(record, status: word(event["eventStatus"]).replacing("Event", with: ""))
        }
        return file
    }

    private static func events(of tree: JSONTree) -> [JSONTree] {
        if let list = tree.elements { return list }
        for name in ["@graph", "itemListElement"] {
            if let list = tree[name]?.elements { return list }
        }
        return [tree]
    }

    private static func record(of event: JSONTree, line: Int) -> ImportRecord {
        var record = ImportRecord(line: line)
        let ids = [event["@id"], event["identifier"], event["url"]].map(text)
        record.externalId = ids.first { !$0.isEmpty } ?? ""
        record.title = text(event["name"])
        record.performers = list(event["performer"]).map(name).filter { !$0.isEmpty }
        record.start = text(event["startDate"])
        record.doors = text(event["doorTime"])
        record.end = text(event["endDate"])
        // An event that is also online has two locations.
        guard let location = list(event["location"]).first(where: { word($0["@type"]) != "VirtualLocation" }) else {
            return record
        }
        record.venue = name(location)
        guard let address = location["address"] else { return record }
        guard address.isObject else {
            record.address = text(address)
            return record
        }
        record.address = text(address["streetAddress"])
        record.city = text(address["addressLocality"])
        record.country = name(address["addressCountry"])
        let region = text(address["addressRegion"])
        // Only a code identifies the part of the country. A name is ignored.
        if VenueDetails.isPlace("\(record.country)-\(region)", in: record.country) {
            record.place = "\(record.country)-\(region)"
        }
        return record
    }

    /// The category of the event's type: empty if the type has none, or `nil` if the object is not an event.
    private static func category(of event: JSONTree) -> String? {
        let types = list(event["@type"]).map { word($0) }
        let known = types.compactMap { categories[$0]?.rawValue }.first
        return known ?? (types.contains { $0.hasSuffix("Event") } ? "" : nil)
    }

    private static let categories: [String: ShowCategory] = [
        "MusicEvent": .concert, "Festival": .festival, "TheaterEvent": .theatre, "DanceEvent": .theatre,
        "ComedyEvent": .comedy, "SportsEvent": .sport, "ChildrensEvent": .family,
    ]

    // MARK: Values, which JSON-LD lets a source write in several ways

    /// The last word of an address or a prefixed name: `https://schema.org/MusicEvent` is `MusicEvent`.
    private static func word(_ value: JSONTree?) -> String {
        text(value).split { "/#:".contains($0) }.last.map(String.init) ?? ""
    }

    private static func text(_ value: JSONTree?) -> String {
        ImportText.line(
            StreamSafeText.limited(value?.string ?? value?["@value"]?.string ?? value?["value"]?.string ?? ""))
    }

    private static func name(_ value: JSONTree?) -> String {
        let own = text(value)
        return own.isEmpty ? text(value?["name"]) : own
    }

    private static func list(_ value: JSONTree?) -> [JSONTree] {
        value.map { value in value.elements.map { Array($0.prefix(ImportLimits.fields)) } ?? [value] } ?? []
    }
}

/// Converts offsets to line numbers. It is fast if the offsets rarely decrease, because it then counts from the last
/// offset.
struct LineCounter {
    private let text: [UInt8]
    private var offset = 0
    private var line = 1

    init(_ text: [UInt8]) { self.text = text }

    mutating func line(at target: Int) -> Int {
        if target < offset { (offset, line) = (0, 1) }
        let end = min(target, text.count)
        while offset < end {
            if text[offset] == UInt8(ascii: "\n") { line += 1 }
            offset += 1
        }
        return line
    }
}
