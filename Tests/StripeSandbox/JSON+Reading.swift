@testable import StripeSandbox

extension JSON {
    subscript(_ name: String) -> JSON {
        guard case .object(let members) = self else { return .null }
        return members.first { $0.name == name }?.value ?? .null
    }

    var count: Int {
        switch self {
        case .array(let values): values.count
        case .object(let members): members.count
        default: 0
        }
    }

    /// Here, or in anything within.
    var hasAMemberTwice: Bool {
        switch self {
        case .array(let values): values.contains(where: \.hasAMemberTwice)
        case .object(let members):
            Set(members.map(\.name)).count < members.count || members.contains { $0.value.hasAMemberTwice }
        default: false
        }
    }
}
