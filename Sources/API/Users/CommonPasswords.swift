/// The passwords that attackers try first: `Resources/common-passwords.txt`, which names its source and licence.
enum CommonPasswords {
    /// About 5,000 passwords in lower case, none shorter than a new password may be.
    private static let all: Set<String> = Set(
        String(decoding: PackageResources.common_passwords_txt, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map(String.init))

    /// True if the password is in the list, in upper or lower case, or is so simple that listing it is not worthwhile:
    /// fewer than four different characters, or a sequence such as `12345678` and `hgfedcba`.
    static func contains(_ password: String) -> Bool {
        let lower = password.lowercased()
        let scalars = lower.unicodeScalars.map { Int64($0.value) }
        if Set(scalars).count < 4 || all.contains(lower) { return true }
        let steps = Set(zip(scalars, scalars.dropFirst()).map { $1 - $0 })
        return steps == [1] || steps == [-1]
    }
}
