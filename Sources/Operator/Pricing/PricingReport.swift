import Marketplace

/// The result of applying a file, as the operator reads it.
struct PricingReport: Sendable {
    let reply: PricingReply
    /// True if nothing was stored.
    let isPlan: Bool

    var text: String {
        let entries = reply.fees.map { ("fees", $0) } + reply.policies.map { ("policy", $0) }
        var lines = entries.map { kind, entry in
            "\(kind) \(entry.id): version \(entry.version)" + (entry.isNew ? ", new" : ", unchanged")
        }
        let new = entries.filter(\.1.isNew).count
        lines.append("\(new) new, \(entries.count - new) unchanged")
        if isPlan { lines.append("Nothing was stored. Run with --execute to apply it.") }
        return lines.joined(separator: "\n")
    }

    /// The rules in force and the policies.
    static func list(_ book: PricingBook, now: Timestamp) -> String {
        let rules = book.rulesInForce(now: now)
        let policies = book.shownPolicies
        var parts: [String] = []
        if rules.isEmpty {
            parts.append("No fee rule is in force: there are no fees.")
        } else {
            var table = Table(columns: [
                ("SCOPE", .left), ("VERSION", .right), ("BUYER", .left), ("SELLER", .left), ("FROM", .left),
            ])
            for stored in rules {
                let rule = stored.content
                table.rows.append([
                    rule.id, "\(stored.version)", "\(rule.buyerBp) bp + \(rule.buyerFixed)",
                    "\(rule.sellerBp) bp + \(rule.sellerFixed)", rule.validFrom.rawValue,
                ])
            }
            parts.append(table.text)
        }
        if policies.isEmpty {
            parts.append("No price policy is stored: prices have no limit.")
        } else {
            var table = Table(columns: [
                ("PLACE", .left), ("VERSION", .right), ("STATUS", .left), ("LIMIT", .left), ("FROM", .left),
                ("CHECKED", .left),
            ])
            for stored in policies {
                let policy = stored.content
                let limit = policy.basis == .none ? "none" : policy.limitText(in: policy.currency ?? .usd)
                table.rows.append([
                    policy.jurisdiction, "\(stored.version)", policy.status.rawValue, limit,
                    policy.validFrom.rawValue, policy.checkedOn.rawValue,
                ])
            }
            parts.append(table.text)
        }
        return parts.joined(separator: "\n\n")
    }
}
