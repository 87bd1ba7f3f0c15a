/// The catalogue's copy of a user. It shows whether the user may propose entries, and whether the user is an admin.
public struct CatalogueMember: Hashable, Sendable {
    public var id: UserID
    public var status: UserState.Status
    public var role: UserState.Role
    public var version: Int64

    public init(id: UserID, status: UserState.Status, role: UserState.Role, version: Int64) {
        self.id = id
        self.status = status
        self.role = role
        self.version = version
    }

    public init(_ state: UserState) {
        self.init(id: state.id, status: state.status, role: state.role, version: state.version)
    }
}
