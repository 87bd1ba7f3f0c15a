import Foundation
import Synchronization

/// Removes the servers, processes, directories and databases of this test process after its end.
///
/// A shell reads their names from a pipe and cleans up when the pipe closes. The kernel also closes it if the tests
/// crash or are killed.
final class Reaper: Sendable {
    static let shared = Reaper()

    private static let script = """
        trap '' INT TERM HUP
        pids=''; directories=''; databases=''
        while read -r verb name; do
            case $verb in
            watch) pids="$pids $name" ;;
            forget)
                rest=''
                for pid in $pids; do [ "$pid" = "$name" ] || rest="$rest $pid"; done
                pids=$rest
                ;;
            remove) directories="$directories $name" ;;
            server) server=$name ;;
            drop) databases="$databases $name" ;;
            esac
        done
        for pid in $pids; do kill -9 "$pid"; done
        for directory in $directories; do rm -rf "$directory"; done
        for database in $databases; do
            psql -X -q "$server" -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" || exit 0
        done
        """

    private let input: Mutex<FileHandle?>

    private init() {
        do {
            let pipe = try Spawn.pipe()
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
            _ = try Spawn.start(
                "/bin/sh", ["-c", Self.script], environment: ["PATH": path], input: pipe.reading, output: nil)
            try FileHandle(fileDescriptor: pipe.reading).close()
            input = Mutex(FileHandle(fileDescriptor: pipe.writing))
        } catch {
            input = Mutex(nil)
        }
    }

    func watch(_ pid: Int32) { send("watch \(pid)") }
    func forget(_ pid: Int32) { send("forget \(pid)") }
    func remove(directory: String) { send("remove \(directory)") }
    func drop(database: String, of server: String) { send("server \(server)\ndrop \(database)") }

    private func send(_ line: String) {
        input.withLock { try? $0?.write(contentsOf: Data("\(line)\n".utf8)) }
    }
}
