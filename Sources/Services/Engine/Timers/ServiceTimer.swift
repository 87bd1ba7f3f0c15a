package import Marketplace
package import PostgresClient
package import Storage

/// A timer is a deadline that a service declares for its facts: the events that set and clear it, the command that is
/// sent when it is due, and the rows that have it.
///
/// The expiration service follows the events, keeps the due times in Redis, and sends the command when it is due. The
/// owner's ``TimerSweep`` reads the rows, so it finds overdue rows even if their events were lost.
package struct ServiceTimer: Sendable {
    package let name: TimerName
    /// All events of the owner that carry the fact's whole state. Each of them sets, moves or clears the timer.
    package let events: Set<EventType>
    /// The type of the command.
    package let command: String
    private let table: SQL
    private let column: SQL
    private let condition: SQL
    private let readState: @Sendable (Payload) throws -> (TimerSubjectID, due: Timestamp?)
    private let encode: @Sendable (DueTimer) throws -> [UInt8]
    private let decide: @Sendable (DueTimer, DirectDecider) async throws -> Void

    /// - Parameters:
    ///   - facts: The facts that are the timer's subjects.
    ///   - due: The time at which the timer is due in this state, or `nil` if none is set.
    ///   - command: Sent to the owner when the timer is due. The owner decides it by the current state of the subject.
    ///   - column: The due time in SQL: a column or an expression.
    ///   - condition: The condition in SQL for rows whose timer is set and has not been acted on. An index on `column`
    ///     with this condition must exist. After the decision on the command, the row no longer meets the condition.
    ///   - handler: Decides the doctor's repairs.
    package init<State: Fact & Decodable, Command: TimerCommand, Handler: ServiceHandler>(
        _ kind: TimerName.Kind, of facts: ServiceFacts<State>, events: Set<EventType>,
        due: @escaping @Sendable (State) -> Timestamp?, sends command: Command.Type, column: SQL,
        where condition: SQL, repairedBy handler: Handler
    ) {
        name = TimerName(facts.service, kind)
        self.events = events
        self.command = command.type
        self.column = column
        self.condition = condition
        table = facts.table
        readState = { payload in
            let state = try payload.decode(State.self)
            return (TimerSubjectID(state.factID), due(state))
        }
        encode = { try JSONBody.encode(Command($0)) }
        decide = { [type = command.type] timer, decider in
            let payload = Payload(version: 1, body: try JSONBody.encode(Command(timer)))
            try await decider.decide(try handler.command(type, payload), by: handler)
        }
    }

    /// Returns the subject of an event and the new due time of its timer. The time is `nil` if the event clears the
    /// timer.
    package func read(_ payload: Payload) throws -> (subject: TimerSubjectID, due: Timestamp?) {
        let (subject, due) = try readState(payload)
        return (subject, due)
    }

    /// Returns the body of the command.
    package func body(of timer: DueTimer) throws -> [UInt8] { try encode(timer) }

    /// Decides the command now, as a repair.
    package func perform(_ timer: DueTimer, by decider: DirectDecider) async throws { try await decide(timer, decider) }
}

// MARK: - Rows

extension ServiceTimer {
    /// Returns the timers of the owner's rows that are due up to a time, earliest first.
    ///
    /// - Parameters:
    ///   - start: Leaves out timers that are due at this time or before it.
    ///   - last: The last timer of the previous page.
    package func rows(
        after start: Timestamp? = nil, following last: DueTimer? = nil, until end: Timestamp,
        except excluded: [TimerSubjectID] = [], limit: Int, on session: some PostgresQueryable
    ) async throws -> [DueTimer] {
        try await session.query(select(after: start, following: last, until: end, except: excluded, limit: limit))
            .map(Self.timer)
    }

    func select(
        after start: Timestamp? = nil, following last: DueTimer?, until end: Timestamp,
        except excluded: [TimerSubjectID] = [], limit: Int
    ) -> SQL {
        let first: SQL = if let start { "AND \(column) > \(start)" } else { "" }
        let page: SQL = if let last { "AND (\(column), id) > (\(last.due), \(last.subject))" } else { "" }
        return """
            SELECT id, \(column) AS due FROM \(table)
            WHERE \(condition) AND \(column) <= \(end) \(first) \(page) AND id <> ALL(\(excluded))
            ORDER BY \(column), id LIMIT \(limit)
            """
    }

    /// Returns the timer of a subject's row, or `nil` if none is set.
    package func row(of subject: TimerSubjectID, on session: some PostgresQueryable) async throws -> DueTimer? {
        try await session.query(
            "SELECT id, \(column) AS due FROM \(table) WHERE \(condition) AND id = \(subject)"
        ).map(Self.timer).first
    }

    private static func timer(_ row: PostgresRow) throws -> DueTimer {
        DueTimer(
            subject: try row.decode("id", as: TimerSubjectID.self), due: try row.decode("due", as: Timestamp.self))
    }
}
