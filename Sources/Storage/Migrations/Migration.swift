public import Marketplace

/// One step of a schema's making. Once applied anywhere, it is never changed.
public struct Migration: Sendable {
    /// `orders/V0003_orders`: the schema, and the file.
    public let name: String
    /// Whose schema it belongs to, and so which database.
    public let service: Service
    let sql: String

    init(_ service: Service, _ file: String, _ text: [UInt8]) {
        name = "\(service.rawValue)/\(file)"
        self.service = service
        sql = String(decoding: text, as: UTF8.self).replacing("{{schema}}", with: service.rawValue)
    }
}
