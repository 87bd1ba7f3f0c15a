import Foundation

/// Command-line programs that tests run.
public enum Tool {
    /// The path of a program on PATH.
    public static func path(_ name: String) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = "\(directory)/\(name)"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw SupportError("\(name) is not on PATH: run bin/test, which installs it.")
    }

    /// Runs a program and returns its output. Throws with the output if the program fails.
    @discardableResult
    public static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        let process = try ChildProcess(path(name), arguments, environment: environment)
        let exitStatus = try await process.waitForExit()
        guard exitStatus == .exit(0) else {
            throw SupportError("\(name) \(arguments.joined(separator: " ")) failed (\(exitStatus)): \(process.output)")
        }
        return process.output
    }
}
