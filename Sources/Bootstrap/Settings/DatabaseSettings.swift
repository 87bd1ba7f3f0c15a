public import Marketplace

/// The databases of the services' schemas. Services can share a database.
public struct DatabaseSettings: Sendable {
    static let defaultAPIPoolSize = 4
    static let defaultOperatorPoolSize = 2

    /// The number of connections to each database.
    public let poolSize: Int
    /// The file with the trusted root certificates (PEM).
    public let caFile: String?
    /// The weaknesses that a setting allows in production. The process logs them when it starts.
    public let weaknesses: [StoreWeakness]
    private let urls: [ServiceName: Secret]

    /// - Parameters:
    ///   - override: If this variable is set, it replaces the URL of every service.
    ///   - common: If this variable is set, it replaces `DATABASE_URL`.
    init(
        _ reader: SettingsReader, _ process: ProcessSettings, schemas: [ServiceName], poolSize: Int,
        override: Variable? = nil,
        common: Variable? = nil
    ) throws(SettingsError) {
        self.poolSize = try reader.integer(.databasePoolSize, default: poolSize, in: 1...200)
        caFile = try reader.file(.databaseCAFile)
        var urls: [ServiceName: Secret] = [:]
        var weaknesses: [StoreWeakness] = []
        for service in schemas {
            let own = Variable.databaseURL(of: service)
            let named = [override, own, common, .databaseURL].compactMap(\.self).first { reader.text($0) != nil }
            let variable = named ?? .databaseURL
            let url = try reader.databaseURL(variable)
            urls[service] = url
            let weakness = try StoreWeakness.allowed(of: url, caFile: caFile, variable, reader, process)
            if let weakness, !weaknesses.contains(weakness) { weaknesses.append(weakness) }
        }
        self.urls = urls
        self.weaknesses = weaknesses
    }

    /// Returns the URL of the database with a service's schema, or `nil` if the service has no schema or this process
    /// does not run it.
    public func url(of service: ServiceName) -> Secret? {
        urls[service]
    }

    /// The services by their URL. Each URL has one pool.
    public var servicesByURL: [Secret: [ServiceName]] {
        Dictionary(grouping: urls.keys.sorted { $0.rawValue < $1.rawValue }) { urls[$0] ?? Secret("") }
    }
}

extension Variable {
    /// Returns a service's variable, such as `ORDERS_DATABASE_URL`. It takes precedence over `DATABASE_URL` for the
    /// service's schema.
    static func databaseURL(of service: ServiceName) -> Variable {
        let name = service.rawValue.uppercased()
        return Variable("\(name)_DATABASE_URL", "URL", fallback: "`DATABASE_URL`", isSecret: true)
    }
}

extension SettingsReader {
    fileprivate func databaseURL(_ variable: Variable) throws(SettingsError) -> Secret {
        let value = try required(variable)
        guard value.hasPrefix("postgres://") || value.hasPrefix("postgresql://") else {
            throw .wrong(variable, value, "give postgresql://user:password@host:port/database")
        }
        return Secret(value)
    }
}
