import FoundationEssentials
import Marketplace
import PostgresClient
import Services

/// Inserts a row for each command.
struct InsertingHandler: ServiceHandler {
    struct Row: Codable, Sendable { var text: String }
    struct State: Sendable {
        var ids: [UUID] = []
        var texts: [String] = []
    }

    let service = ServiceName.users

    func command(_ type: String, _ payload: Payload) throws -> Row { try payload.decode() }

    func event(_ type: EventType, _ payload: Payload) throws -> Never? { nil }

    func load(_ messages: [Message<Row, Never>], in transaction: PostgresTransaction) async throws -> State { State() }

    func decide(_ message: Message<Row, Never>, on state: inout State, now: Timestamp) -> Decision {
        guard case .command(let head, let row) = message else { return .done }
        state.ids.append(head.id.uuid)
        state.texts.append(row.text)
        return .done
    }

    func changes(of state: State) -> [SQL] {
        state.ids.isEmpty
            ? [] : ["INSERT INTO drain.rows (id, text) SELECT * FROM unnest(\(state.ids), \(state.texts))"]
    }
}
