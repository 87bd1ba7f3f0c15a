import Support

extension ProductProcess {
    /// Runs an executable of GitTix to its end. Throws an error with its output if it fails.
    static func run(_ name: String, _ arguments: [String], environment: [String: String]) async throws {
        let process = try await start(name, arguments, environment: environment, ready: nil)
        let ending = try await process.waitForExit()
        guard ending == .exit(0) else {
            throw SupportError("\(name) \(arguments.joined(separator: " ")) failed (\(ending)): \(process.output)")
        }
    }
}
