import Foundation

/// Starts the built executables.
public enum ProductProcess {
    /// Starts `API`, `Workers`, `gittix` or `StripeSandbox`, and waits until it logs that it is ready.
    ///
    /// - Parameters:
    ///   - environment: The process's settings. Of the test's environment, only PATH and HOME are passed on.
    ///   - ready: The log text to wait for, or `nil` to return immediately.
    public static func start(
        _ name: String, _ arguments: [String] = [], environment: [String: String], ready: String? = "ready"
    ) async throws -> ChildProcess {
        var variables = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
        variables.merge(environment) { _, given in given }
        let label = ([name] + arguments).joined(separator: " ")
        let process = try ChildProcess(path(name), arguments, environment: variables, name: label)
        if let ready { try await process.waitForOutput(ready) }
        return process
    }

    /// The path of an executable, which lies beside the test bundle.
    public static func path(_ name: String) throws -> String {
        let besideBundle = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        for directory in [besideBundle, package.appendingPathComponent(".build/debug")] {
            let candidate = directory.appendingPathComponent(name).path
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw SupportError("\(name) is not built: run the tests with bin/test, which builds every product.")
    }
}
