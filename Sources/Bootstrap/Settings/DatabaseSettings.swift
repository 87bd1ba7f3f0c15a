public import Marketplace

/// Which database holds each service's schema: one for all, or one each.
public struct DatabaseSettings: Sendable {
    /// Connections to each database.
    public let poolSize: Int
    private let urls: [Service: Secret]

    /// - Parameter override: A variable that, when set, stands for every service's URL.
    init(
        _ reader: SettingsReader, services: [Service], poolSize: Int, override: Variable? = nil
    ) throws(SettingsError) {
        self.poolSize = try reader.integer(.databasePoolSize, default: poolSize, in: 1...200)
        var urls: [Service: Secret] = [:]
        for service in services where service.hasSchema {
            let own = Variable.databaseURL(of: service)
            let named = [override, own, .databaseURL].compactMap(\.self).first { reader.text($0) != nil }
            urls[service] = try reader.databaseURL(named ?? .databaseURL)
        }
        self.urls = urls
    }

    /// The URL of the database that holds a service's schema; nil for a service without one, or one that this process
    /// does not run.
    public func url(of service: Service) -> Secret? {
        urls[service]
    }

    /// The services of each distinct URL: a pool is made for each URL, not for each service.
    public var servicesByURL: [Secret: [Service]] {
        Dictionary(grouping: urls.keys.sorted { $0.rawValue < $1.rawValue }) { urls[$0] ?? Secret("") }
    }
}

extension Variable {
    static func databaseURL(of service: Service) -> Variable {
        switch service {
        case .users: .usersDatabaseURL
        case .tickets: .ticketsDatabaseURL
        case .orders: .ordersDatabaseURL
        case .payments: .paymentsDatabaseURL
        case .expiration: .databaseURL
        }
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
