import CLibPQ

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension Link {
    /// Makes a connection, each host of the URL in its turn.
    ///
    /// libpq goes on by itself when a host refuses, but only its blocking calls do so when a host is silent: then the
    /// silent one is put last here and the round starts again.
    static func open(
        _ configuration: PostgresConfiguration, interruption: Interruption, deadline: ContinuousClock.Instant
    ) throws -> Link {
        var target = configuration.target
        var attemptsLeft = target.hostCount
        while true {
            do {
                return try attempt(target, configuration, interruption, deadline)
            } catch let silence as SilentHost {
                attemptsLeft -= 1
                guard attemptsLeft > 0, .now < deadline else {
                    throw PostgresError(
                        .connectionLost(sent: false), "no answer from \(silence.name) within the time to connect")
                }
                target.putLast(silence.name)
            }
        }
    }

    private struct SilentHost: Error {
        let name: String
    }

    private static func attempt(
        _ target: ConnectionTarget, _ configuration: PostgresConfiguration, _ interruption: Interruption,
        _ deadline: ContinuousClock.Instant
    ) throws -> Link {
        guard let connection = unsafe start(target, configuration) else {
            throw PostgresError(.connectionLost(sent: false), "libpq is out of memory")
        }
        let notices = NoticeSink(logger: configuration.logger)
        unsafe notices.attach(to: connection)
        // The SQLSTATE of a refusal is told in no other way.
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        do {
            unsafe try finish(connection, configuration, interruption, deadline)
        } catch {
            unsafe PQfinish(connection)
            throw error
        }
        _ = unsafe PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        return unsafe try Link(
            connection: connection, notices: notices, configuration: configuration, interruption: interruption)
    }

    @unsafe
    private static func start(_ target: ConnectionTarget, _ configuration: PostgresConfiguration) -> OpaquePointer? {
        // What stands before the URL gives way to it; what stands behind it does not.
        var options = [
            ("fallback_application_name", configuration.applicationName),
            ("keepalives_idle", String(configuration.keepaliveIdle_s)),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("dbname", configuration.url),
            ("client_encoding", "UTF8"),
        ]
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

    /// Follows libpq through the steps of connecting.
    @unsafe
    private static func finish(
        _ connection: OpaquePointer, _ configuration: PostgresConfiguration, _ interruption: Interruption,
        _ deadline: ContinuousClock.Instant
    ) throws {
        var host = ""
        var limit = deadline
        // As libpq's manual has it: behave as if the first poll had said "writing".
        var state = PGRES_POLLING_WRITING
        while true {
            guard unsafe PQstatus(connection) != CONNECTION_BAD, state != PGRES_POLLING_FAILED else {
                throw PostgresError(refusal: unsafe String(cString: PQerrorMessage(connection)))
            }
            if state == PGRES_POLLING_OK { return }
            let current = unsafe String(cString: PQhost(connection)) + ":" + String(cString: PQport(connection))
            if current != host {
                host = current
                limit = min(deadline, .now + configuration.connectTimeout)
            }
            // The socket may be another after each step.
            var places = unsafe [
                pollfd(
                    fd: PQsocket(connection), events: Int16(state == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                    revents: 0),
                pollfd(fd: interruption.readEnd, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&places, nfds_t(places.count), milliseconds(until: limit))
            if interruption.isInterrupted { throw PostgresError(.cancelled, "while connecting to \(current)") }
            if ready == 0 && limit <= .now { throw SilentHost(name: unsafe String(cString: PQhost(connection))) }
            if places[0].revents != 0 { state = unsafe PQconnectPoll(connection) }
        }
    }
}
