import JSONCoding
package import Marketplace
package import PostgresClient

/// Prepares the rows of a source for the catalogue. It reads the catalogue to find the zones of venues, and the rows
/// that have not changed since the last import. Only commands to the catalogue's workers change the catalogue.
package struct CatalogueImport: Sendable {
    package let source: String
    private let pool: PostgresPool

    /// - Parameter pool: The database with the schema `catalogue`.
    package init(source: String, pool: PostgresPool) {
        self.source = source
        self.pool = pool
    }

    /// Rows that become commands, and the other rows of the slice.
    package struct Slice: Sendable {
        /// Rows that no earlier import of the source had, each with its line in the file.
        package var new: [(line: Int, performance: ImportedPerformance)] = []
        package var changed: [(line: Int, performance: ImportedPerformance)] = []
        package var unchanged = 0
        package var problems: [ImportProblem] = []
    }

    /// The number of rows that are prepared together.
    package static let sliceRows = ImportPerformances.limit
    /// Maximum length of the rows of one command, in bytes of JSON. The body of a command has room for a little more.
    package static let commandBytes = 60_000

    /// Resolves the times of rows, and compares the rows with the last import.
    package func prepare(_ records: some Sequence<ImportRecord> & Sendable) async throws -> Slice {
        let records = Array(records)
        let names = Set(records.map(\.venueName)).filter { !$0.name.contains("\0") && !$0.city.contains("\0") }
        var zones: [ImportLookup.VenueName: [(country: String, zone: String)]] = [:]
        for row in try await query(ImportQueries.venues(names)) {
            let name = ImportLookup.VenueName(
                name: try row.decode("name", as: String.self), city: try row.decode("city", as: String.self))
            let countries = try row.decode("countries", as: [String].self)
            zones[name] = Array(zip(countries, try row.decode("zones", as: [String].self)))
        }
        var slice = Slice()
        var rows: [(line: Int, performance: ImportedPerformance)] = []
        for record in records {
            let suitable = (zones[record.venueName] ?? [])
                .filter { record.country.isEmpty || $0.country == record.country }
            switch record.performance(zones: suitable.map(\.zone)) {
            case .success(let performance):
                if let refusal = Self.refusal(of: performance.venue, known: suitable.count) {
                    slice.problems.append(ImportProblem(line: record.line, refusal.message))
                } else {
                    rows.append((record.line, performance))
                }
            case .failure(let refusal): slice.problems.append(ImportProblem(line: record.line, refusal.message))
            }
        }
        let links = try await links(of: rows.map { ImportRow(source: source, performance: $0.performance) })
        for row in rows {
            switch links[row.performance.externalId] {
            case nil: slice.new.append(row)
            case row.performance.digest: slice.unchanged += 1
            default: slice.changed.append(row)
            }
        }
        return slice
    }

    /// The refusal that the service would give, so that the plan of an import shows it.
    private static func refusal(of place: ImportedPerformance.Place, known: Int) -> Refusal? {
        guard known <= 1 else { return .ambiguousVenue(known) }
        return known == 1 || place.country != nil && place.timeZone != nil ? nil : .unknownVenue
    }

    /// The tables grow while an import runs, so PostgreSQL must not keep a query plan for small tables.
    private func query(_ sql: SQL) async throws -> PostgresRows {
        try await pool.withTransaction { transaction in
            try await transaction.pipeline(["SET LOCAL plan_cache_mode = 'force_custom_plan'", sql])[1]
        }
    }

    /// The digests of the last import, by the row's id.
    private func links(of rows: [ImportRow]) async throws -> [String: String] {
        guard !rows.isEmpty else { return [:] }
        let links = try await query(ImportQueries.links(of: rows)).map(ImportLink.init(row:))
        return Dictionary(
            links.filter { $0.key.kind == .performance }.map { ($0.key.externalId, $0.digest) }
        ) { $1 }
    }
}

extension CatalogueImport.Slice {
    /// The rows to send, in the order of the file, in parts that fit into a command.
    package var commands: [[(line: Int, performance: ImportedPerformance)]] {
        var parts: [[(line: Int, performance: ImportedPerformance)]] = []
        var bytes = 0
        for row in (new + changed).sorted(by: { $0.line < $1.line }) {
            let size = row.performance.maximumBytes
            if let last = parts.last, last.count < ImportPerformances.limit,
                bytes + size <= CatalogueImport.commandBytes
            {
                parts[parts.count - 1].append(row)
                bytes += size
            } else {
                parts.append([row])
                bytes = size
            }
        }
        return parts
    }
}

extension ImportRecord {
    fileprivate var venueName: ImportLookup.VenueName { ImportLookup.VenueName(name: venue, city: city) }
}

extension ImportedPerformance {
    /// An upper bound for the length of the row as JSON. It counts each slash twice, because Foundation's encoder
    /// escapes slashes.
    fileprivate var maximumBytes: Int {
        let bytes = (try? JSONBytes.encode(self)) ?? []
        return bytes.count + bytes.count { $0 == UInt8(ascii: "/") } + 1
    }
}

extension CatalogueReads {
    /// The import of a source, with the connections of these reads.
    package func importing(_ source: String) -> CatalogueImport { CatalogueImport(source: source, pool: pool) }
}
