/// Another service's copy of a user.
public struct UserCopy: Hashable, Sendable {
    public var id: UserID
    public var status: UserState.Status
    public var version: Int64

    public init(id: UserID, status: UserState.Status, version: Int64) {
        self.id = id
        self.status = status
        self.version = version
    }

    public init(_ state: UserState) { self.init(id: state.id, status: state.status, version: state.version) }
}

extension UserCopy {
    /// True if the copy holds exactly this state.
    public func isCopy(of state: UserState) -> Bool { self == UserCopy(state) }

    /// True if the copy already has the status of ``closingState``.
    public var isClosed: Bool { status == .banned }

    /// The final state for a user that the users service no longer knows (after a restore): banned.
    ///
    /// Applied as an event, it withdraws the user's listings and cancels the user's unpaid orders as usual.
    public var closingState: UserState { UserState(id: id, status: .banned, role: .member, version: version + 1) }
}
