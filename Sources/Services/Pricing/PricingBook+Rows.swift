package import Marketplace
package import PostgresClient
import Storage

// The tables `fee_rules` and `price_policies` of the schema `tickets`.
extension PricingBook {
    private static let ruleColumns: SQL = """
        version, country, category, currency, buyer_bp, buyer_fixed, seller_bp, seller_fixed, min_fee, max_fee, \
        valid_from::text AS valid_from, applied_at
        """

    private static let policyColumns: SQL = """
        version, jurisdiction, name, status, basis, cap_bp, plus, currency, measured, declared_events_only, \
        declared_events, restricted_tickets_only, occasional_only, needs_organiser, proof, discloses, \
        valid_from::text AS valid_from, valid_to::text AS valid_to, source, checked_on::text AS checked_on, note, \
        applied_at
        """

    /// The queries of a book. For each scope and first day, they read the latest version of the rule. For each
    /// jurisdiction, they read the latest announced policy and the latest other policy. Both tables have at most
    /// ``PricingBook/rowLimit`` rows.
    package static let queries: [SQL] = [
        """
        SELECT DISTINCT ON (id, fee_rules.valid_from) \(ruleColumns) FROM tickets.fee_rules
        ORDER BY id, fee_rules.valid_from, version DESC
        """,
        """
        SELECT DISTINCT ON (jurisdiction, status = 'announced') \(policyColumns) FROM tickets.price_policies
        ORDER BY jurisdiction, status = 'announced', version DESC
        """,
    ]

    /// Reads the results of ``queries``.
    package init(rules: PostgresRows, policies: PostgresRows) throws {
        self.init(
            rules: try rules.decodeKnown(Self.rule(row:)), policies: try policies.decodeKnown(Self.policy(row:)))
    }

    /// Reads the book as it is now.
    package static func read(from pool: PostgresPool) async throws -> PricingBook {
        let rows = try await pool.pipeline(queries)
        return try PricingBook(rules: rows[0], policies: rows[1])
    }

    private static func rule(row: PostgresRow) throws -> StoredRule {
        Versioned(
            version: try row.decode("version", as: Int64.self),
            content: FeeRule(
                scope: FeeRule.Scope(
                    country: try row.decode("country", as: String?.self),
                    category: try row.decode("category", as: String?.self).map(ShowCategory.init(rawValue:)),
                    currency: try currency(row)),
                buyerBp: try row.decode("buyer_bp", as: Int.self),
                buyerFixed: try row.decode("buyer_fixed", as: Int64.self),
                sellerBp: try row.decode("seller_bp", as: Int.self),
                sellerFixed: try row.decode("seller_fixed", as: Int64.self),
                min: try row.decode("min_fee", as: Int64?.self), max: try row.decode("max_fee", as: Int64?.self),
                validFrom: try row.known("valid_from", Day.init(rawValue:))),
            appliedAt: try row.decode("applied_at", as: Timestamp.self))
    }

    private static func policy(row: PostgresRow) throws -> StoredPolicy {
        Versioned(
            version: try row.decode("version", as: Int64.self),
            content: PricePolicy(
                jurisdiction: try row.decode("jurisdiction", as: String.self),
                name: try row.decode("name", as: String.self),
                status: try row.known("status", PricePolicy.Status.init),
                basis: try row.known("basis", PricePolicy.Basis.init), capBp: try row.decode("cap_bp", as: Int.self),
                plus: try row.decode("plus", as: Int64.self), currency: try currency(row),
                measured: try row.known("measured", PricePolicy.Measured.init),
                declaredEventsOnly: try row.decode("declared_events_only", as: Bool.self),
                declaredEvents: try row.decode("declared_events", as: [ShowID].self),
                restrictedTicketsOnly: try row.decode("restricted_tickets_only", as: Bool.self),
                occasionalOnly: try row.decode("occasional_only", as: Bool.self),
                needsOrganiser: try row.decode("needs_organiser", as: Bool.self),
                proof: try row.known("proof", PricePolicy.Proof.init),
                discloses: try row.decode("discloses", as: [String].self),
                validFrom: try row.known("valid_from", Day.init(rawValue:)),
                validTo: try row.decode("valid_to", as: String?.self).flatMap(Day.init(rawValue:)),
                source: try row.decode("source", as: String.self),
                checkedOn: try row.known("checked_on", Day.init(rawValue:)),
                note: try row.decode("note", as: String?.self)),
            appliedAt: try row.decode("applied_at", as: Timestamp.self))
    }

    private static func currency(_ row: PostgresRow) throws -> Currency? {
        guard try row.decode("currency", as: String?.self) != nil else { return nil }
        return try row.known("currency", Currency.init)
    }

    /// The statements that store the batch's rules and policies. There are few, so each statement inserts one row.
    var inserts: [SQL] {
        insertedRules.map { stored -> SQL in
            let (rule, scope) = (stored.content, stored.content.scope)
            return """
                INSERT INTO tickets.fee_rules (version, id, country, category, currency, buyer_bp, buyer_fixed,
                    seller_bp, seller_fixed, min_fee, max_fee, valid_from, applied_at)
                VALUES (\(stored.version), \(rule.id), \(scope.country), \(scope.category?.rawValue),
                    \(scope.currency?.rawValue), \(Int32(rule.buyerBp)), \(rule.buyerFixed), \(Int32(rule.sellerBp)),
                    \(rule.sellerFixed), \(rule.min), \(rule.max), \(rule.validFrom.rawValue)::text::date,
                    \(stored.appliedAt))
                """
        }
            + insertedPolicies.map { stored -> SQL in
                let policy = stored.content
                return """
                    INSERT INTO tickets.price_policies (version, jurisdiction, name, status, basis, cap_bp, plus,
                        currency, measured, declared_events_only, declared_events, restricted_tickets_only,
                        occasional_only, needs_organiser, proof, discloses, valid_from, valid_to, source, checked_on,
                        note, applied_at)
                    VALUES (\(stored.version), \(policy.jurisdiction), \(policy.name), \(policy.status.rawValue),
                        \(policy.basis.rawValue), \(Int32(policy.capBp)), \(policy.plus), \(policy.currency?.rawValue),
                        \(policy.measured.rawValue), \(policy.declaredEventsOnly), \(policy.declaredEvents),
                        \(policy.restrictedTicketsOnly), \(policy.occasionalOnly), \(policy.needsOrganiser),
                        \(policy.proof.rawValue), \(policy.discloses), \(policy.validFrom.rawValue)::text::date,
                        \(policy.validTo?.rawValue)::text::date, \(policy.source),
                        \(policy.checkedOn.rawValue)::text::date, \(policy.note), \(stored.appliedAt))
                    """
            }
    }
}
