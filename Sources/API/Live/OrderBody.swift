import FoundationEssentials
import Marketplace

/// Finds the ticket in the JSON of an order's event without reading the rest of it.
enum OrderBody {
    /// No text in the body can have this in it: its quotes would be escaped.
    private static let member = Array(#""ticketId":""#.utf8)
    private static let idLength = 36

    static func ticket(_ body: [UInt8]) -> TicketID? {
        guard let found = body.firstRange(of: member), body.count >= found.upperBound + idLength else { return nil }
        return TicketID(String(decoding: body[found.upperBound..<found.upperBound + idLength], as: UTF8.self))
    }
}
