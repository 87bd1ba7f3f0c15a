/// The services of a system, and the event streams that each of them follows.
public struct ServiceTopology: Sendable {
    public struct Node: Sendable {
        public var name: ServiceName
        /// The services whose event streams this service reads.
        public var follows: [ServiceName]
        /// True if the service stores its state in the PostgreSQL schema of its name.
        public var hasSchema: Bool

        public init(name: ServiceName, follows: [ServiceName] = [], hasSchema: Bool = true) {
            self.name = name
            self.follows = follows
            self.hasSchema = hasSchema
        }
    }

    /// The services, in declaration order.
    public let nodes: [Node]

    /// - Parameter nodes: The services. Names are unique, and each followed service is one of them.
    public init(_ nodes: [Node]) {
        let names = nodes.map(\.name)
        precondition(Set(names).count == names.count, "a service is declared twice")
        precondition(nodes.allSatisfy { $0.follows.allSatisfy(names.contains) }, "a followed service is not declared")
        self.nodes = nodes
    }

    /// All service names, in declaration order.
    public var names: [ServiceName] { nodes.map(\.name) }

    /// The services with a database schema, in declaration order.
    public var withSchema: [ServiceName] { nodes.filter(\.hasSchema).map(\.name) }

    /// The services whose events a service follows. Empty for an undeclared service.
    public func follows(_ name: ServiceName) -> [ServiceName] {
        nodes.first { $0.name == name }?.follows ?? []
    }

    /// The services that follow a service's events, in declaration order.
    ///
    /// They are the declared groups of its event stream. The outbox keeps an event until each of them has settled it.
    public func followers(of name: ServiceName) -> [ServiceName] {
        nodes.filter { $0.follows.contains(name) }.map(\.name)
    }

    /// The declared service of that name.
    public func named(_ text: String) -> ServiceName? {
        names.first { $0.rawValue == text }
    }
}
