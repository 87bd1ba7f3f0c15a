import FoundationEssentials
import Marketplace
import PostgresClient

/// Inserts a row for each command.
struct InsertingHandler: ServiceHandler {
    struct Row: Codable, Sendable { var text: String }
    struct Desk: Sendable {
        var ids: [UUID] = []
        var texts: [String] = []
    }

    let service = Service.users

    func command(_ type: String, _ payload: Payload) throws -> Row { try payload.decode() }

    func event(_ type: EventType, _ payload: Payload) throws -> Never? { nil }

    func load(_ messages: [Message<Row, Never>], in transaction: PostgresTransaction) async throws -> Desk { Desk() }

    func decide(_ message: Message<Row, Never>, on desk: inout Desk, now: Timestamp) -> Decision {
        guard case .command(let head, let row) = message else { return .done }
        desk.ids.append(head.id.uuid)
        desk.texts.append(row.text)
        return .done
    }

    func changes(of desk: Desk) -> [SQL] {
        desk.ids.isEmpty ? [] : ["INSERT INTO drain.rows (id, text) SELECT * FROM unnest(\(desk.ids), \(desk.texts))"]
    }
}
