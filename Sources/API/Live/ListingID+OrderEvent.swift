import FoundationEssentials
import Marketplace

/// Quotes within values are escaped, so no value of the body contains this text.
private let idMember = Array(#""ticketId":""#.utf8)
private let idLength = 36

extension ListingID {
    /// Finds the listing's id in the JSON of an order's event, without decoding the order: decoding takes some 68,000
    /// instructions, and there may be thousands of events a second of orders without watchers.
    init?(inOrderEvent body: [UInt8]) {
        guard let found = body.firstRange(of: idMember), body.count >= found.upperBound + idLength else { return nil }
        self.init(String(decoding: body[found.upperBound..<found.upperBound + idLength], as: UTF8.self))
    }
}
