import Foundation

/// A file that an operator names on the command line.
enum OperatorFile {
    /// Reads at most 1 MiB more than `limit`, even if the file is endless. The caller refuses a longer result.
    ///
    /// - Throws: ``OperatorError`` if the file can't be opened.
    static func read(_ path: String, upTo limit: Int) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw OperatorError(message: "\(path) can not be read. Does it exist?")
        }
        defer { try? handle.close() }
        var bytes: [UInt8] = []
        while bytes.count <= limit, let part = try handle.read(upToCount: 1 << 20), !part.isEmpty { bytes += part }
        return bytes
    }
}
