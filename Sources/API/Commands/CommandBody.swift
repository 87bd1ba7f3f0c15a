import FoundationEssentials
import Marketplace

/// The JSON of a command's payload.
enum CommandBody {
    static func json(of payload: some CommandPayload) throws -> [UInt8] {
        if let order = payload as? CreateOrder { return json(of: order) }
        return Array(try JSONEncoder().encode(payload))
    }

    /// Written by hand, for it is what a rush is made of, and takes Foundation's encoder ten times as long. No value of
    /// it holds a character that JSON escapes.
    private static func json(of order: CreateOrder) -> [UInt8] {
        var text = "{\"ticketId\":\"\(order.ticketId)\",\"quantity\":\(order.quantity)"
        if let price = order.price { text += ",\"price\":\(price)" }
        if let currency = order.currency { text += ",\"currency\":\"\(currency)\"" }
        text += ",\"ticketVersion\":\(order.ticketVersion),\"userVersion\":\(order.userVersion)}"
        return Array(text.utf8)
    }
}
