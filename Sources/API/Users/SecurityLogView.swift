import Marketplace

/// The rows of the security log on a page.
enum SecurityLogView {
    /// Maximum number of entries on a page.
    static let limit = 50
    /// The kinds, in the order of a form's choices.
    static let kinds: [SecurityEntry.Kind] = [
        .signIn, .signInFailed, .signUp, .signOut, .sessionEnded, .otherSessionsEnded, .tokenReused, .emailChanged,
        .passwordChanged, .banned, .unbanned, .roleChanged,
    ]

    static func rows(_ entries: [SecurityEntry], _ visitor: Visitor, isAdmin: Bool) -> [View] {
        entries.map { entry in
            [
                "what": text(of: entry.kind), "device": entry.userAgent.map(UserAgent.name),
                "address": entry.address, "at": visitor.localTime(entry.at),
                "details": isAdmin ? details(entry) : nil,
            ]
        }
    }

    static func text(of kind: SecurityEntry.Kind) -> String {
        switch kind {
        case .signUp: "Account created"
        case .signIn: "Signed in"
        case .signInFailed: "Wrong password entered"
        case .signOut: "Signed out"
        case .sessionEnded: "A device was signed out"
        case .otherSessionsEnded: "All other devices were signed out"
        case .tokenReused: "A device was signed out because its session was used in two places"
        case .emailChanged: "E-mail address changed"
        case .passwordChanged: "Password changed"
        case .banned: "Account suspended"
        case .unbanned: "Suspension lifted"
        case .roleChanged: "Role changed"
        }
    }

    /// The actor, the change and the reason, for admins.
    private static func details(_ entry: SecurityEntry) -> String? {
        var parts: [String] = []
        switch entry.actor {
        case .user(let id) where id == entry.userId: break
        case .user(let id): parts.append("by user \(id)")
        case .operator: parts.append("by the operator")
        case .nobody, .stripe: break
        }
        if let before = entry.before, let after = entry.after { parts.append("from \(before) to \(after)") }
        if let reason = entry.reason { parts.append("reason: \(reason)") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
