/// Stores fee rules and price policies that the operator has written. The command is safe to repeat: rules and policies
/// that are already stored do not change. It does not remove rules and policies that it does not contain.
public struct ApplyPricing: CommandPayload {
    public var fees: [FeeRule]
    public var policies: [PricePolicy]

    public init(fees: [FeeRule], policies: [PricePolicy]) {
        self.fees = fees
        self.policies = policies
    }

    /// Maximum number of rules, and of policies, in one command, which stores them in one transaction.
    public static let limit = 200

    /// The faults of the rules and policies.
    public func faults(now: Timestamp) -> [PricingFault] {
        var faults: [PricingFault] = []
        for (name, count) in [("fees", fees.count), ("policies", policies.count)] where count > Self.limit {
            faults.append(PricingFault(name, "must have at most \(Self.limit) elements"))
        }
        guard faults.isEmpty else { return faults }
        var scopes: Set<String> = []
        for (index, rule) in fees.enumerated() {
            faults += rule.faults(at: "fees[\(index)]")
            if !scopes.insert("\(rule.id) \(rule.validFrom)").inserted {
                faults.append(
                    PricingFault("fees[\(index)]", "has the same scope and first day as another rule: \(rule.id)"))
            }
        }
        var places: Set<String> = []
        for (index, policy) in policies.enumerated() {
            faults += policy.faults(at: "policies[\(index)]", now: now)
            if !places.insert("\(policy.jurisdiction) \(policy.status == .announced)").inserted {
                faults.append(
                    PricingFault("policies[\(index)]", "has the jurisdiction of another one: \(policy.jurisdiction)"))
            }
        }
        return faults
    }
}

/// The reply to ``ApplyPricing``.
public struct PricingReply: Codable, Hashable, Sendable {
    public struct Entry: Codable, Hashable, Sendable {
        /// The rule's scope or the policy's jurisdiction.
        public var id: String
        public var version: Int64
        /// False if it was already stored.
        public var isNew: Bool

        public init(id: String, version: Int64, isNew: Bool) {
            self.id = id
            self.version = version
            self.isNew = isNew
        }
    }

    public var fees: [Entry]
    public var policies: [Entry]

    public init(fees: [Entry], policies: [Entry]) {
        self.fees = fees
        self.policies = policies
    }
}

extension PricingBook {
    /// Adds the rules and policies that are not stored yet.
    public mutating func apply(_ command: ApplyPricing, now: Timestamp) -> PricingReply {
        PricingReply(
            fees: command.fees.map { apply($0, now: now) }, policies: command.policies.map { apply($0, now: now) })
    }

    private mutating func apply(_ rule: FeeRule, now: Timestamp) -> PricingReply.Entry {
        let known = rules.filter { $0.content.id == rule.id && $0.content.validFrom == rule.validFrom }
            .max { $0.version < $1.version }
        if let known, known.content == rule {
            return PricingReply.Entry(id: rule.id, version: known.version, isNew: false)
        }
        let new = Versioned(version: Self.count(rules) + 1, content: rule, appliedAt: now)
        rules.append(new)
        insertedRules.append(new)
        return PricingReply.Entry(id: rule.id, version: new.version, isNew: true)
    }

    private mutating func apply(_ policy: PricePolicy, now: Timestamp) -> PricingReply.Entry {
        let known = latest(in: policy.jurisdiction, isAnnounced: policy.status == .announced)
        if let known, known.content == policy {
            return PricingReply.Entry(id: policy.jurisdiction, version: known.version, isNew: false)
        }
        let new = Versioned(version: Self.count(policies) + 1, content: policy, appliedAt: now)
        policies.append(new)
        insertedPolicies.append(new)
        return PricingReply.Entry(id: policy.jurisdiction, version: new.version, isNew: true)
    }

    /// True if the rows of the command fit into the tables.
    func hasRoom(for command: ApplyPricing) -> Bool {
        Self.count(rules) + Int64(command.fees.count) <= Self.rowLimit
            && Self.count(policies) + Int64(command.policies.count) <= Self.rowLimit
    }

    /// The number of stored rows. Versions have no gaps, so it is the greatest version.
    private static func count<Content>(_ rows: [Versioned<Content>]) -> Int64 { rows.map(\.version).max() ?? 0 }
}
