import Marketplace

extension StreamEntry {
    /// Decodes an entry. An entry that cannot be decoded becomes `.malformed`.
    init(
        source: StreamSource, id: StreamID, fields: StreamFields, deliveriesBefore: Int, suspectAfterDeliveries: Int
    ) {
        self.source = source
        streamID = id
        deliveries = deliveriesBefore + 1
        failures = fields.text("failures").flatMap { Int($0) }.map { min(max($0, 0), 1_000_000) } ?? 0
        history = fields.text("history").map { $0.split(separator: "\n").map(String.init) } ?? []
        origin = fields.text("origin").flatMap { Origin($0) }
        isSuspectedKiller = deliveriesBefore >= suspectAfterDeliveries
        isSuspect = isSuspectedKiller || fields["failures"] != nil
        self.fields = fields
        do throws(EnvelopeError) {
            content = try Self.content(of: fields, source: source, origin: origin)
        } catch {
            content = .malformed(reason: error.description, fields)
        }
    }

    private static func content(
        of fields: StreamFields, source: StreamSource, origin: Origin?
    ) throws(EnvelopeError) -> Content {
        switch source {
        case .events(let service), .catchUp(let service, _):
            return .event(try EventEnvelope(fields), from: service)
        case .commands where fields["subject"] == nil: return .command(try CommandEnvelope(fields))
        case .commands:
            guard case .events(let service) = origin?.source else {
                throw .malformed("origin", expected: "the stream and id of the event")
            }
            return .event(try EventEnvelope(fields), from: service)
        }
    }
}

extension StreamEntry.Origin: CustomStringConvertible {
    /// `events:tickets:17-0`.
    public var description: String { "\(source):\(id)" }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let source = StreamSource(text[..<colon]),
            let id = StreamID(text[colon...].dropFirst())
        else { return nil }
        self.init(source: source, id: id)
    }
}
