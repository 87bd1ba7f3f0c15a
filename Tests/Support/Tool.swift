import Foundation

/// Programs of the machine that tests call.
public enum Tool {
    /// Where a program lies on PATH.
    public static func path(_ name: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw SupportError("\(name) is not on PATH: bin/test installs what the tests need.")
    }

    /// Runs a program to its end and returns what it wrote; throws with it when it fails.
    @discardableResult
    public static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        let process = try ChildProcess(path(name), arguments, environment: environment)
        let ending = try await process.waitForExit()
        guard ending == .exit(0) else {
            throw SupportError("\(name) \(arguments.joined(separator: " ")) failed (\(ending)): \(process.output)")
        }
        return process.output
    }
}
