import Marketplace
import PostgresClient
import Storage

extension User {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: UserID.self), email: try row.known("email", EmailAddress.init),
            passwordHash: try row.decode("password_hash", as: String.self),
            role: UserState.Role(rawValue: try row.decode("role", as: String.self)),
            status: try row.known("status", UserState.Status.init),
            banReason: try row.decode("ban_reason", as: String?.self),
            ordersFrozen: try row.decode("orders_frozen", as: Bool?.self),
            version: try row.decode("version", as: Int64.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            updatedAt: try row.decode("updated_at", as: Timestamp.self))
    }
}

extension Session {
    init(row: PostgresRow) throws {
        var ended: End?
        if let at = try row.decode("ended_at", as: Timestamp?.self) {
            ended = End(at: at, reason: try row.known("ended_because", End.Reason.init))
        }
        self.init(
            id: try row.decode("id", as: SessionID.self), userId: try row.decode("user_id", as: UserID.self),
            userAgent: try row.decode("user_agent", as: String.self),
            createdAt: try row.decode("created_at", as: Timestamp.self),
            usedAt: try row.decode("used_at", as: Timestamp.self),
            expiresAt: try row.decode("expires_at", as: Timestamp.self), ended: ended)
    }
}

extension RefreshToken {
    init(row: PostgresRow) throws {
        self.init(
            hash: try row.tokenHash("hash"), sessionId: try row.decode("session_id", as: SessionID.self),
            issuedAt: try row.decode("issued_at", as: Timestamp.self),
            rotatedAt: try row.decode("rotated_at", as: Timestamp?.self))
    }
}

extension SecurityEntry {
    init(row: PostgresRow) throws {
        self.init(
            at: try row.decode("at", as: Timestamp.self), kind: try row.known("kind", Kind.init),
            actor: try row.known("actor", Actor.init(text:)), userId: try row.decode("user_id", as: UserID.self),
            session: try row.decode("session_id", as: SessionID?.self),
            address: try row.decode("address", as: String?.self),
            userAgent: try row.decode("user_agent", as: String?.self),
            before: try row.decode("before", as: String?.self), after: try row.decode("after", as: String?.self),
            reason: try row.decode("reason", as: String?.self))
    }
}

extension UserCopy {
    init(row: PostgresRow) throws {
        self.init(
            id: try row.decode("id", as: UserID.self), status: try row.known("status", UserState.Status.init),
            version: try row.decode("version", as: Int64.self))
    }
}
