import CLibPQ
import Logging

/// Logs the server's notices and warnings, which libpq would otherwise write to standard error.
final class NoticeLogger: Sendable {
    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    /// Registers the logger with the connection. The logger must live as long as the connection.
    @unsafe
    func attach(to connection: OpaquePointer) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe PQsetNoticeProcessor(
            connection,
            { context, message in
                guard let context = unsafe context, let message = unsafe message else { return }
                let text = unsafe String(cString: message)
                unsafe Unmanaged<NoticeLogger>.fromOpaque(context).takeUnretainedValue().log(text)
            }, context)
    }

    private func log(_ text: String) {
        logger.debug("PostgreSQL notice", metadata: ["notice": "\(text.split(separator: "\n").first ?? "")"])
    }
}
