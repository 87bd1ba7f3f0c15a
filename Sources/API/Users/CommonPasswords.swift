/// The passwords that attackers try first: `Resources/common-passwords.txt`, which names its source and licence.
enum CommonPasswords {
    /// About 5,000 passwords in lower case. All have the minimum length of a new password.
    private static let all: Set<String> = Set(
        String(decoding: PackageResources.common_passwords_txt, as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map(String.init))

    /// True if the list contains the password in upper or lower case, or if the password is so simple that the list
    /// omits it: it has fewer than four different characters, or is a sequence such as `12345678` or `hgfedcba`.
    static func contains(_ password: String) -> Bool {
        let lower = password.lowercased()
        let scalars = lower.unicodeScalars.map { Int64($0.value) }
        if Set(scalars).count < 4 || all.contains(lower) { return true }
        let steps = Set(zip(scalars, scalars.dropFirst()).map { $1 - $0 })
        return steps == [1] || steps == [-1]
    }
}
