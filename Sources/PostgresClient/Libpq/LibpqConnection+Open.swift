import CLibPQ

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension LibpqConnection {
    /// Opens a connection, trying the hosts of the URL in order.
    ///
    /// If a host refuses the connection, libpq tries the next host. But if a host does not respond, libpq's
    /// non-blocking calls do not try the next host. In that case this function moves the host to the end of the list
    /// and starts again.
    static func open(
        _ configuration: PostgresConfiguration, interruption: Interruption, deadline: ContinuousClock.Instant
    ) throws -> LibpqConnection {
        var target = configuration.target
        var attemptsLeft = target.hostCount
        while true {
            do {
                return try attempt(target, configuration, interruption, deadline)
            } catch let host as UnresponsiveHost {
                attemptsLeft -= 1
                guard attemptsLeft > 0, .now < deadline else {
                    throw PostgresError(
                        .connectionLost(sent: false), "\(host.name) did not respond within the connect timeout")
                }
                target.moveToEnd(host.name)
            }
        }
    }

    private struct UnresponsiveHost: Error {
        let name: String
    }

    private static func attempt(
        _ target: ConnectionTarget, _ configuration: PostgresConfiguration, _ interruption: Interruption,
        _ deadline: ContinuousClock.Instant
    ) throws -> LibpqConnection {
        guard let connection = unsafe startConnecting(target, configuration) else {
            throw PostgresError(.connectionLost(sent: false), "libpq is out of memory")
        }
        let noticeLogger = NoticeLogger(logger: configuration.logger)
        unsafe noticeLogger.attach(to: connection)
        // Only the verbose message of a refused connection contains its SQLSTATE.
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        do {
            unsafe try finishConnecting(connection, configuration, interruption, deadline)
        } catch {
            unsafe PQfinish(connection)
            throw error
        }
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        return unsafe try LibpqConnection(
            connection: connection, noticeLogger: noticeLogger, configuration: configuration,
            interruption: interruption)
    }

    @unsafe
    private static func startConnecting(
        _ target: ConnectionTarget, _ configuration: PostgresConfiguration
    ) -> OpaquePointer? {
        // The URL (`dbname`) overrides the options before it; the options after it override the URL.
        var options = [
            ("fallback_application_name", configuration.applicationName),
            ("keepalives_idle", String(configuration.keepaliveIdle_s)),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("dbname", configuration.url),
            ("client_encoding", "UTF8"),
        ]
        if let caFile = configuration.caFile {
            options.append(("sslmode", "verify-full"))
            options.append(("sslrootcert", caFile))
        }
        if target.hostCount > 1 {
            options.append(("host", target.hosts.joined(separator: ",")))
            options.append(("hostaddr", target.addresses.joined(separator: ",")))
            options.append(("port", target.ports.joined(separator: ",")))
        }
        let keywords = unsafe options.map { unsafe UnsafePointer(strdup($0.0)) } + [nil]
        let values = unsafe options.map { unsafe UnsafePointer(strdup($0.1)) } + [nil]
        defer {
            unsafe (keywords + values).forEach { unsafe free(UnsafeMutableRawPointer(mutating: $0)) }
        }
        return unsafe PQconnectStartParams(keywords, values, 1)
    }

    /// Drives libpq's connection state machine until the connection is established.
    @unsafe
    private static func finishConnecting(
        _ connection: OpaquePointer, _ configuration: PostgresConfiguration, _ interruption: Interruption,
        _ deadline: ContinuousClock.Instant
    ) throws {
        var host = ""
        var hostDeadline = deadline
        // libpq's manual: behave as if the first PQconnectPoll had returned PGRES_POLLING_WRITING.
        var state = PGRES_POLLING_WRITING
        while true {
            guard unsafe PQstatus(connection) != CONNECTION_BAD, state != PGRES_POLLING_FAILED else {
                throw PostgresError(refusal: unsafe String(cString: PQerrorMessage(connection)))
            }
            if state == PGRES_POLLING_OK { return }
            let current = unsafe String(cString: PQhost(connection)) + ":" + String(cString: PQport(connection))
            if current != host {
                host = current
                hostDeadline = min(deadline, .now + configuration.connectTimeout)
            }
            // The socket may change after each step.
            var descriptors = unsafe [
                pollfd(
                    fd: PQsocket(connection), events: Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                    revents: 0),
                pollfd(fd: interruption.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&descriptors, nfds_t(descriptors.count), milliseconds(until: hostDeadline))
            if interruption.isInterrupted { throw PostgresError(.cancelled, "while connecting to \(current)") }
            if ready == 0 && hostDeadline <= .now {
                throw UnresponsiveHost(name: unsafe String(cString: PQhost(connection)))
            }
            if descriptors[0].revents != 0 { state = unsafe PQconnectPoll(connection) }
        }
    }
}
