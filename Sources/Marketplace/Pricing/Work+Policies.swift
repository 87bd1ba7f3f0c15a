import FoundationEssentials

extension Work.Kind {
    /// Checks the listings of a country against policies that have changed.
    public static let checkPolicies = Work.Kind("check_policies")
}

extension Work {
    /// The check of a country's listings. The subject's bytes are the country's code.
    static func checkPolicies(in country: String) -> Work {
        let high = country.utf8.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Work(.checkPolicies, UUID(high: high << (64 - 8 * UInt64(country.utf8.prefix(8).count)), low: 0))
    }

    /// The country whose listings a work of the kind ``Kind/checkPolicies`` checks.
    public var country: String {
        let bytes = subject.uuid
        return String(decoding: [bytes.0, bytes.1], as: UTF8.self)
    }
}
