/// What another service keeps of a user.
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
