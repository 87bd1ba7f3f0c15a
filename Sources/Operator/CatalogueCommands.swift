import ArgumentParser
import Bootstrap
import Foundation
import Marketplace
import Services

struct CatalogueCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue", abstract: "Imports events into the catalogue.", subcommands: [Import.self])

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Imports the performances of a file.",
            discussion: """
                Without --execute it only prints what it would do.

                The file is CSV, JSON-LD of schema.org, or a calendar (iCalendar). Each row has an id that is \
                unique within the source. A row that was imported before changes only the facts that differ, so an \
                import is safe to repeat, also after an interruption. An entry that is missing in the file is not \
                removed. A row with an error is reported with its line, and the others are imported. The exit status \
                is then 1. docs/OPERATIONS.md describes the formats.
                """)
        @Argument(help: "The file, which ends with .csv, .json, .jsonld or .ics, or its URL at a host in IMPORT_HOSTS.")
        var file: String
        @Option(help: "The name of the source. Ids are unique within it. The default is the file's name or URL.")
        var source: String?
        @Option(help: "The format of a file with another extension: csv, jsonld or ics.") var format: String?
        @Option(help: "The city of rows without one.") var city = ""
        @Option(help: "The country of new venues without one, such as DE.") var country = ""
        @Option(help: "The time zone of new venues without one, such as Europe/Berlin.") var timeZone = ""
        @Option(help: "The category of rows without one.") var category = ShowCategory.other.rawValue
        @Flag(help: "Import the performances.") var execute = false

        func validate() throws {
            guard ImportPerformances.isSource(sourceName) else {
                throw ValidationError("--source must have 1 to \(ImportPerformances.sourceLimit) characters")
            }
            guard fileFormat != nil else {
                throw ValidationError("add --format csv, jsonld or ics: the file's extension does not show its format")
            }
            if !timeZone.isEmpty, !TimeZones.isGeographical(timeZone) {
                throw ValidationError("--time-zone must be a name such as Europe/Berlin")
            }
            if !country.isEmpty, !Country.isCode(country.uppercased()) {
                throw ValidationError("--country must be a code of ISO 3166-1 such as DE")
            }
            guard ShowCategory.known.map(\.rawValue).contains(category) else {
                throw ValidationError(
                    "--category must be one of \(ShowCategory.known.map(\.rawValue).joined(separator: ", "))")
            }
        }

        func run() async throws {
            guard let fileFormat else { return }
            var defaults = ImportFile.Defaults()
            (defaults.city, defaults.country) = (city, country)
            (defaults.timeZone, defaults.category) = (timeZone, category)
            let rows: ImportFile
            do {
                rows = try ImportFile(try await contents(), as: fileFormat, defaults: defaults)
            } catch let error as ImportFileError {
                throw OperatorError(message: Readable.line("\(file): \(error)"))
            }
            let (source, execute) = (sourceName, execute)
            let report = try await OperatorContext.open(databases: .operating) { context in
                let run = CatalogueImportRun(
                    source: CatalogueImport(source: source, pool: try context.pool(of: .catalogue)), file: rows)
                guard execute else { return try await run.plan() }
                return try await context.withCommands { client in
                    try await run.execute { try await client.send($0, to: .catalogue) }
                }
            }
            print(report.text(source: source))
            if !report.problems.isEmpty { throw ExitCode(1) }
        }

        private var sourceName: String {
            if let source { return source }
            if ImportDownload.isURL(file) {
                return ImportDownload.parts(of: file).map { "\($0.host)/\($0.name)" } ?? ""
            }
            return String(fileName.prefix { $0 != "." })
        }

        private var fileName: String {
            if ImportDownload.isURL(file) { return ImportDownload.parts(of: file)?.name ?? "" }
            return file.split(separator: "/").last.map(String.init) ?? ""
        }

        private var fileFormat: ImportFile.Format? {
            format.map(ImportFile.Format.init(rawValue:)) ?? ImportFile.Format(ofFileNamed: fileName)
        }

        private func contents() async throws -> [UInt8] {
            guard ImportDownload.isURL(file) else { return try OperatorFile.read(file, upTo: ImportLimits.bytes) }
            return try await ImportDownload(settings: try ImportSettings(SettingsReader())).fetch(file)
        }
    }
}
